"""Runs and the lock: claims, starts, signs of life and ends, as rows of `run_events`."""

from __future__ import annotations

import json
import os
import platform
import time
import uuid
from collections.abc import Sequence

from sync.errors import BusyError
from sync.lease import HEARTBEAT_SECONDS, LEASE_SECONDS, Claim, decide_claim, is_dead, is_overtaken
from sync.records import Tables

_WAIT_SECONDS = 1.0


class Runs:
    """This process's run among the runs of the ledger."""

    def __init__(self, tables: Tables, settle_seconds: float) -> None:
        self._tables = tables
        self._settle_seconds = settle_seconds
        self._run_id = uuid.uuid4().hex
        self._host = platform.node()
        self._stage = 0
        self._confirmed_at = time.monotonic()
        self.run_no = 0
        """Number of this run; 0 until it has started."""

    def create_state(self) -> None:
        """Create what is missing of the state schema."""
        self._tables.execute("hubspot_state_ddl")

    def acquire(self, wait_seconds: float) -> None:
        """Take the lock, waiting at most so long. Raises `BusyError`."""
        deadline = time.monotonic() + wait_seconds
        while True:
            self._event("claimed", host=self._host, pid=os.getpid())
            while (decision := decide_claim(self._run_id, others := self._living_claims())) == "wait":
                time.sleep(_WAIT_SECONDS / 10)
            if decision == "won":
                self._confirmed_at = time.monotonic()
                return
            self._event("released")
            if time.monotonic() >= deadline:
                raise _busy(others)
            time.sleep(_WAIT_SECONDS)
            self._run_id = uuid.uuid4().hex

    def _living_claims(self) -> list[Claim]:
        rows = self._tables.rows("hubspot_open_claims", run_id=self._run_id)
        claims = [
            Claim(run_id, run_no, host, int(pid), float(silent)) for run_id, run_no, host, pid, silent in rows
        ]
        return [
            claim for claim in claims if not is_dead(claim, self._settle_seconds, self._host, _is_running)
        ]

    def start(self, *, ruleset: str, portal_id: str, version: str) -> None:
        """Begin the run: it has a number from here on, and all views speak of it."""
        identity = {"host": self._host, "pid": os.getpid(), "version": version}
        self._tables.execute(
            "hubspot_start_run", run_id=self._run_id, ruleset=ruleset, portal_id=portal_id, **identity
        )
        ((self.run_no,),) = self._tables.rows("hubspot_run_no", run_id=self._run_id)

    def keep_lease(self) -> None:
        """Show a sign of life when it is time. Raises `BusyError` when another run has taken over."""
        if time.monotonic() - self._confirmed_at < HEARTBEAT_SECONDS:
            return
        asked_at = time.monotonic()
        self._event("heartbeat", run_no=self.run_no)
        if is_overtaken(self.run_no, self._living_claims()):
            raise BusyError(
                "lease_lost",
                "Another run took over, since this one gave no sign of life for too long.",
                "Nothing more is sent; the other run reconciles.",
            )
        self._confirmed_at = asked_at

    def has_fresh_lease(self) -> bool:
        """Say, without asking the warehouse, whether others must still respect this run."""
        return time.monotonic() - self._confirmed_at < LEASE_SECONDS

    def finish(self, status: str, figures: dict[str, object]) -> None:
        """End the run in order: a change without a receipt was not sent."""
        self._event(
            "finished", run_no=self.run_no, status=status, figures=json.dumps(figures, sort_keys=True)
        )

    def release(self) -> None:
        """Give the lock back without having run."""
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
