"""Who holds the lock: decisions over the claims that the ledger shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

HEARTBEAT_SECONDS = 15.0
"""Between two signs of life of a run."""
LEASE_SECONDS = 60.0
"""A run whose last sign of life is older must look again before it sends; others may think it dead."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim or run of somebody else that has not ended."""

    run_id: str
    run_no: int | None
    """None until the run has started."""
    host: str
    pid: int
    seconds_silent: float
    """By the warehouse's clock, since the last sign of life."""


def is_dead(claim: Claim, settle_seconds: float, host: str, is_running: Callable[[int], bool]) -> bool:
    """Say whether a claim's process is gone and nothing it sent can still land."""
    if claim.seconds_silent < settle_seconds:
        return False
    if claim.host == host and not is_running(claim.pid):
        return True
    return claim.seconds_silent >= max(settle_seconds, LEASE_SECONDS)


def decide_claim(run_id: str, others: Sequence[Claim]) -> Literal["won", "wait", "lost"]:
    """Decide over a claim that is already in the ledger, given the living claims of others.

    Each claimant appends first and reads afterwards, so of two at least one sees the other. The higher id
    gives way at once; the lower waits until the other has given way or has started, since the other may
    have read before the lower was there. So at most one wins.
    """
    if any(other.run_no is not None or other.run_id < run_id for other in others):
        return "lost"
    return "wait" if others else "won"
