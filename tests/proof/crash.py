"""A run that dies in process: from some write on its warehouse is gone, and nothing that it does counts any more."""

from __future__ import annotations

from typing import Any

from tests.host import Host

WRITES = ("execute", "append", "execute_checked")


class KilledError(BaseException):
    """The process is gone; no handler of errors may catch it."""


class DyingWarehouse:
    """A warehouse that takes so many writes, and from then on nothing at all."""

    def __init__(self, real: Any, writes: int) -> None:
        self._real = real
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self._left -= name in WRITES
            if self._left < 0:
                raise KilledError
            return found(*arguments, **named)

        return call


def bury(host: Host) -> None:
    """Make the claim of the dead run that of a process elsewhere which has been silent for an hour."""
    host.state(
        "update {state}.run_events set host = 'elsewhere', occurred_at = occurred_at - interval '1 hour'"
        " where run_id not in (select run_id from {state}.run_events where event in ('finished', 'released'))"
    )
