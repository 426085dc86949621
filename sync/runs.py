"""Runs and the lock: claims, starts, signs of life and ends, as rows of `run_events`."""

from __future__ import annotations

import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Callable, Sequence

from sync.errors import BusyError, SettingsError
from sync.lease import HEARTBEAT_SECONDS, LEASE_SECONDS, Claim, decide_claim, is_dead
from sync.records import Tables

_WAIT_SECONDS = 1.0


class Runs:
    """This process's run among the runs of the ledger. `now` is a steady clock in seconds, `pause` sleeps."""

    def __init__(
        self,
        tables: Tables,
        settle_seconds: float,
        *,
        requests: Callable[[], int] = lambda: 0,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tables = tables
        self._settle_seconds = settle_seconds
        self._requests = requests
        self._now = now
        self._pause = pause
        self._run_id = uuid.uuid4().hex
        self._host = platform.node()
        self._stage = 0
        self._confirmed_at = now()
        self._keeper = threading.get_ident()
        self.run_no = 0
        """Number of this run; 0 until it has started."""

    def create_state(self) -> None:
        """Create what is missing of the state schema. Raises `SettingsError` when it is newer than this package."""
        self._tables.execute("hubspot_state_ddl")
        ((step_no, known_step_no),) = self._tables.rows("hubspot_schema_step")
        if step_no > known_step_no:
            raise SettingsError(
                "state_is_newer",
                f"The state's schema is at step {step_no}; this version knows {known_step_no}.",
                "Somebody ran a newer version against this warehouse: use that one.",
            )

    def acquire(self, wait_seconds: float) -> None:
        """Take the lock, waiting at most so long. Raises `BusyError`."""
        deadline = self._now() + wait_seconds
        while True:
            self._event("claimed", host=self._host, pid=os.getpid())
            while True:
                living, dead = self._claims_of_others()
                decision = decide_claim(self._run_id, living)
                if decision != "wait":
                    break
                self._pause(_WAIT_SECONDS / 10)
            if decision == "won":
                self._take_over(dead)
                self._confirmed_at = self._now()
                return
            self._event("released")
            if self._now() >= deadline:
                raise _busy(living)
            self._pause(_WAIT_SECONDS)
            self._run_id = uuid.uuid4().hex

    def _claims_of_others(self) -> tuple[list[Claim], list[Claim]]:
        """The claims that have not ended: those of the living, those of the dead."""
        living: list[Claim] = []
        dead: list[Claim] = []
        for run_id, run_no, host, pid, silent in self._tables.rows(
            "hubspot_open_claims", run_id=self._run_id
        ):
            claim = Claim(run_id, run_no, host, int(pid), float(silent))
            gone = is_dead(claim, self._settle_seconds, self._host, _is_running)
            (dead if gone else living).append(claim)
        return living, dead

    def _take_over(self, dead: Sequence[Claim]) -> None:
        # A run that was only asleep must find its claim ended when it wakes, also after this one is done.
        for claim in dead:
            self._tables.execute("hubspot_run_event", run_id=claim.run_id, event="released", columns={})

    def hold(self) -> None:
        """Keep the lock without starting a run: for work on the state itself."""
        self._event("held")

    def start(self, *, ruleset: str, portal_id: str, version: str) -> None:
        """Begin the run: it has a number from here on, and all views speak of it."""
        identity = {"host": self._host, "pid": os.getpid(), "version": version}
        self._tables.execute(
            "hubspot_start_run", run_id=self._run_id, ruleset=ruleset, portal_id=portal_id, **identity
        )
        ((self.run_no,),) = self._tables.rows("hubspot_run_no", run_id=self._run_id)

    def keep_lease(self) -> None:
        """Show a sign of life when it is time. Raises `BusyError` when another run has taken over."""
        asked_at = self._now()
        if asked_at - self._confirmed_at < HEARTBEAT_SECONDS:
            return
        # A run that dies is told by its last sign of life: its requests count for the day as well.
        self._event("heartbeat", run_no=self.run_no, figures=json.dumps({"requests": self._requests()}))
        open_claims = self._tables.rows("hubspot_open_claims", run_id="")
        if not any(run_id == self._run_id for run_id, *_ in open_claims):
            raise BusyError(
                "lease_lost",
                "Another run took over, since this one gave no sign of life for too long.",
                "Nothing more is sent; the other run reconciles.",
            )
        self._confirmed_at = asked_at

    def has_fresh_lease(self) -> bool:
        """Say, without asking the warehouse, whether others must still respect this run."""
        return self._now() - self._confirmed_at < LEASE_SECONDS

    def may_send(self) -> bool:
        """Say whether a request may start now; no worker may while the lease is not fresh.

        The thread that keeps the lease shows its sign of life here, or it would wait for itself for ever.
        Before its start a run holds no lease: it only asks which portal it is at. Raises `BusyError`.
        """
        if not self.run_no:
            return True
        if threading.get_ident() == self._keeper:
            self.keep_lease()
        return self.has_fresh_lease()

    def finish(self, status: str, figures: dict[str, object]) -> None:
        """End the run in order: a change without a receipt was not sent."""
        self._event(
            "finished", run_no=self.run_no, status=status, figures=json.dumps(figures, sort_keys=True)
        )

    def release(self) -> None:
        """Give the lock back without an end in order: what was sent and has no receipt stays in doubt."""
        self._event("released")

    def _event(self, event: str, **columns: object) -> None:
        self._tables.execute("hubspot_run_event", run_id=self._run_id, event=event, columns=columns)

    def next_step(self) -> int:
        """The step of the next stage of this run: the only order among state rows."""
        self._stage += 1
        return int(self.run_no) * 100 + self._stage


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _busy(others: Sequence[Claim]) -> BusyError:
    holder = min(others, key=lambda claim: claim.seconds_silent)
    return BusyError(
        "locked",
        f"Another run holds the lock: process {holder.pid} on {holder.host}, "
        f"last seen {holder.seconds_silent:.0f} s ago.",
        "Wait for it, or use --wait SECONDS.",
    )
