"""Runs in process that never sleep: their clock moves on when they wait, so that patience costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sync.caller import Caller
from sync.cli.sync_commands import build_parts
from sync.config import Flags, load
from sync.errors import SyncError
from sync.results import Report
from sync.run import carry_out
from tests.emulator_process import EmulatorProcess
from tests.host import Host

GUARDS = frozenset({"empty", "shrink", "growth", "rejected", "newly_rejected", "stale", "failed_build"})


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 0.0

    def now(self) -> float:
        """Seconds so far."""
        with self._lock:
            return self._seconds

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        with self._lock:
            self._seconds += seconds


@dataclass(frozen=True)
class Ending:
    """How a run ended; `report` is None when there was nothing to report."""

    error: SyncError | None
    report: Report | None


def run(
    host: Host,
    hubspot: EmulatorProcess,
    *,
    timeout_seconds: float = 60,
    workers: int = 4,
    steps: bool = False,
    warehouse: Any = None,
    tell: Callable[..., None] = lambda event, **fields: None,
    **flags: Any,
) -> Ending:
    """Carry a run out; `warehouse` stands for the host's own. With `steps` HubSpot's clock moves on too."""
    given = Flags(**{"sends": True, **flags})
    parts = make_parts(
        host,
        hubspot,
        warehouse or host.warehouse,
        tell,
        given,
        timeout_seconds=timeout_seconds,
        workers=workers,
        steps=steps,
    )
    try:
        report, error = carry_out(parts)
    except SyncError as ending:
        return Ending(ending, None)
    return Ending(error, report)


def make_parts(
    host: Host,
    hubspot: EmulatorProcess,
    warehouse: Any,
    tell: Callable[..., None],
    flags: Flags,
    *,
    timeout_seconds: float = 60,
    workers: int = 4,
    steps: bool = False,
) -> Any:
    """The parts of a run whose caller lives by a clock of its own."""
    job = load(host.environment(hubspot), host.warehouse.call("hubspot_sync_settings"), flags)
    parts = build_parts(warehouse, replace(job, timeout_seconds=timeout_seconds, workers=workers), tell)
    clock = Clock()

    def wait(seconds: float) -> bool:
        clock.wait(seconds)
        if steps:
            hubspot.clock(step=seconds)
        return parts.caller.stopped_by is not None

    parts.caller = Caller(job.requests_per_10_seconds, parts.runs.may_send, now=clock.now, wait=wait)
    return parts
