"""When to send and when to send again: a status table, and arithmetic on given times. Nothing reads a clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from sync.answers import lacks_scope
from sync.records import Reply

ATTEMPTS = 5
"""Tries of one request before it is given up."""
LIMIT_ATTEMPTS = 10
"""The same where the portal's limit is what refuses it: that passes for sure, within ten seconds of quiet."""
ASSUMED_LIMIT = 100.0
"""Requests in ten seconds until HubSpot has told its limit: the smallest plan's (usage guidelines)."""
ASSUMED_PER_10_SECONDS = 0.9 * ASSUMED_LIMIT
"""The most that a job makes of them: HubSpot may not tell for long, and others are not seen."""
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 4.0)
_LIMIT_BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0)
_LOOK_AGAIN_SECONDS = 0.05
_CLOCK_SECONDS = 0.01
"""By so much two clocks may differ about ten seconds."""
_NOTHING = 1e-9
"""Seconds that are none: adding up fractions does not come out even, and nobody can wait so short."""
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
    if reply.status == 403 or lacks_scope(reply):
        return Stop("scope")
    if reply.status == 429 and reply.body.get("policyName") == "DAILY":
        return Stop("daily_limit")
    is_long = reply.retry_after is not None and reply.retry_after > _LONGEST_WAIT_SECONDS
    if is_long and is_passing(reply.status):
        return Stop("wait_too_long")
    if not is_passing(reply.status) or attempt >= (LIMIT_ATTEMPTS if reply.status == 429 else ATTEMPTS):
        return GiveUp()
    return TryAgain(_seconds(reply, attempt), everyone=reply.status in (429, 477))


def is_passing(status: int) -> bool:
    """Say whether a later try of the same request may do better; 0 means no answer came."""
    return status in (0, 408, 423, 429, 477) or status >= 500


def _seconds(reply: Reply, attempt: int) -> float:
    if reply.retry_after is not None:
        return reply.retry_after
    # The window rolls: after a 429 there is room again long before all of it has passed.
    backoffs = _LIMIT_BACKOFF_SECONDS if reply.status == 429 else _BACKOFF_SECONDS
    backoff = backoffs[min(attempt, len(backoffs)) - 1]
    # HubSpot: wait at least two seconds after 423.
    return max(backoff, 2.0) if reply.status == 423 else backoff


@dataclass(slots=True)
class TokenBucket:
    """A bucket that fills evenly, from one token on. All times are seconds of one clock."""

    per_second: float
    capacity: float
    """How many may go at once after a pause."""
    _level: float = field(init=False, default=1.0)
    _filled_at: float | None = field(init=False, default=None)
    """May lie ahead: a closed bucket does not fill, or all who waited would go at once when it opens."""

    def seconds_to_wait(self, now: float) -> float:
        """Seconds until there is a token; 0 when there is one now."""
        filled_at = self._fill(now)
        return filled_at - now + max(0.0, 1.0 - self._level) / self.per_second

    def take(self) -> None:
        """Take the token that was found there."""
        self._level -= 1

    def set_pace(self, now: float, per_second: float, capacity: float) -> None:
        """Fill at another rate from now on."""
        self._fill(now)
        self.per_second, self.capacity = per_second, capacity

    def close(self, until: float) -> None:
        """Let nobody pass before the given time, and nobody in a crowd then."""
        self._filled_at = until if self._filled_at is None else max(self._filled_at, until)
        self._level = min(self._level, 1.0)

    def _fill(self, now: float) -> float:
        start = now if self._filled_at is None else max(now, self._filled_at)
        passed = 0.0 if self._filled_at is None else start - self._filled_at
        self._level = min(self.capacity, self._level + passed * self.per_second)
        self._filled_at = start
        return start


class Pacer:
    """When a request may start; one for all workers of a process.

    Requests go out evenly, at the job's share of the portal's limit. HubSpot counts a request when it arrives,
    which is some moment between its start and its answer: so, whatever happens on the way, no more are ever
    under way or answered within one interval than the limit allows.
    """

    def __init__(self, ceiling: float | None, share_percent: float) -> None:
        """`ceiling` is the most requests in ten seconds, whatever HubSpot allows; None: as HubSpot says."""
        self._ceiling = ceiling
        self._share = share_percent / 100
        self._limit: int | None = None
        self._interval = 10.0
        self._others = 0.0
        self._others_until = float("-inf")
        self._under_way = 0
        self._started: deque[float] = deque()
        self._answered: deque[float] = deque()
        self._bucket = TokenBucket(self.per_10_seconds / 10, self._burst)

    @property
    def _most(self) -> float:
        """Requests in one interval that would be refused if there were one more."""
        known = [] if self._limit is None else [float(self._limit)]
        if self._ceiling is not None:
            known.append(self._ceiling * self._interval / 10)
        return min(known, default=min(ASSUMED_PER_10_SECONDS, self._share * ASSUMED_LIMIT))

    @property
    def _allowed(self) -> float:
        """Requests in one interval that this job may make."""
        return self._most if self._limit is None else min(self._most, self._limit * self._share)

    @property
    def _burst(self) -> float:
        # Small beside a small share, or the pauses of a run would give it a far larger one.
        return max(2.0, min(self._spare, self._allowed / 20))

    @property
    def _spare(self) -> float:
        # Half of what is left to others makes up for a pause; the other half is for requests that arrive late.
        return (self._most - self._allowed) / 2

    @property
    def per_10_seconds(self) -> float:
        """The pace as far as it is known: requests in ten seconds when nobody else makes any."""
        return self._allowed * 10 / self._interval

    def seconds_to_wait(self, now: float) -> float:
        """Seconds until a request may start; at 0 the caller has to start one, and it is counted."""
        self._set_pace(now)
        seconds = max(self._bucket.seconds_to_wait(now), self._seconds_to_room(now))
        if seconds > _NOTHING:
            return seconds
        self._bucket.take()
        self._under_way += 1
        self._started.append(now)
        return 0.0

    def answered(self, started_at: float, now: float, reply: Reply) -> None:
        """Take note that a request is over, and of what its answer tells of the limit."""
        self._under_way -= 1
        self._answered.append(now)
        told = reply.limit
        if told is not None:
            self._limit, self._interval = told.requests, told.seconds
        remaining = 0 if reply.status == 429 else told.remaining if told is not None else None
        if remaining is None or now - started_at > self._interval:
            return
        of_us = sum(started_at - self._interval < each <= started_at for each in self._started)
        limit = self._most if self._limit is None else self._limit
        self._others = max(0.0, limit - remaining - of_us)
        # By then they have left the window, unless a newer answer shows them again.
        self._others_until = now + self._interval

    def close(self, until: float) -> None:
        """Let no request start before the given time."""
        self._bucket.close(until)

    def _set_pace(self, now: float) -> None:
        left = min(self._allowed, self._room(now))
        self._bucket.set_pace(now, left / self._interval, self._burst)

    def _room(self, now: float) -> float:
        """Requests in one interval that others leave to this job."""
        if now >= self._others_until:
            return self._most
        limit = self._most if self._limit is None else self._limit
        # Never nothing: how others fare is only seen in answers.
        return min(self._most, max(limit - self._others - self._spare, limit / 10))

    def _seconds_to_room(self, now: float) -> float:
        interval = self._interval + _CLOCK_SECONDS
        _drop(self._started, now - 2 * self._interval)
        _drop(self._answered, now - interval + _NOTHING)
        if self._under_way + len(self._answered) + 1 <= max(1.0, self._room(now)):
            return 0.0
        return self._answered[0] + interval - now if self._answered else _LOOK_AGAIN_SECONDS


def _drop(times: deque[float], until: float) -> None:
    while times and times[0] <= until:
        times.popleft()
