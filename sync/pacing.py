"""When to send and when to send again: a status table and token-bucket arithmetic on given times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sync.records import Reply

ATTEMPTS = 5
"""Tries of one request before it is given up."""
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 4.0)
_LONGEST_WAIT_SECONDS = 60.0
"""A Retry-After beyond this is a reason to end the run and come back (HubSpot's 477 waits up to a day)."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Wait, then send the same request again."""

    seconds: float
    everyone: bool
    """Whether all workers wait: the limit is the account's, not the request's."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The answer stands: its caller reads what it means for its rows."""


@dataclass(frozen=True, slots=True)
class Stop:
    """No later request of this run could do better."""

    reason: Literal["token", "scope", "daily_limit", "wait_too_long"]


Decision = TryAgain | GiveUp | Stop


def decide(reply: Reply, attempt: int) -> Decision:
    """Say what to do after an answer.

    `attempt` counts from 1. Statuses are those of HubSpot's error-handling page; 0 means no answer came.
    """
    if reply.status == 401:
        return Stop("token")
    if reply.status == 403:
        return Stop("scope")
    if reply.status == 429 and reply.body.get("policyName") == "DAILY":
        return Stop("daily_limit")
    if reply.retry_after is not None and reply.retry_after > _LONGEST_WAIT_SECONDS:
        return Stop("wait_too_long")
    if not is_passing(reply.status) or attempt >= ATTEMPTS:
        return GiveUp()
    return TryAgain(_seconds(reply, attempt), everyone=reply.status in (429, 477))


def is_passing(status: int) -> bool:
    """Say whether a later try of the same request may do better; 0 means no answer came."""
    return status in (0, 408, 423, 429, 477) or status >= 500


def _seconds(reply: Reply, attempt: int) -> float:
    if reply.retry_after is not None:
        return reply.retry_after
    if reply.status == 429:
        # The rolling window is ten seconds, the one of search a second.
        return 10.0 if reply.body.get("policyName") == "TEN_SECONDLY_ROLLING" else 1.0
    backoff = _BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS)) - 1]
    # HubSpot: wait at least two seconds after 423.
    return max(backoff, 2.0) if reply.status == 423 else backoff


@dataclass(slots=True)
class TokenBucket:
    """A bucket that fills evenly and lets a tenth of a window go at once. All times are seconds of one clock."""

    requests_per_10_seconds: float
    _level: float = field(init=False)
    _filled_at: float = field(init=False, default=float("-inf"))
    """May lie ahead: a closed bucket does not fill, or all who waited would go at once when it opens."""

    def __post_init__(self) -> None:
        self._level = self._capacity

    @property
    def _capacity(self) -> float:
        return max(1.0, self.requests_per_10_seconds / 10)

    def take(self, now: float) -> float:
        """Take a token and return how many seconds to wait before using it."""
        start = max(now, self._filled_at)
        self._level = min(self._capacity, self._level + (start - self._filled_at) * self._per_second)
        self._filled_at = start
        self._level -= 1
        return start - now + max(0.0, -self._level) / self._per_second

    @property
    def _per_second(self) -> float:
        return self.requests_per_10_seconds / 10

    def close(self, until: float) -> None:
        """Let nobody pass before the given time."""
        self._filled_at = max(self._filled_at, until)
