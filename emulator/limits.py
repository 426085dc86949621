"""HubSpot's request limits: a rolling ten seconds, a second of searches, and a day of the portal's time zone.

Searches have a limit of their own, are exempt from the ten seconds, and their answers carry no headers.
"""

import math
from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from emulator.clock import Moment
from emulator.errors import RefusedError, burst_limit, daily_limit, secondly_limit

BURST = 190
SEARCHES_A_SECOND = 5
DAILY = 650_000
BURST_MILLISECONDS = 10_000


@dataclass(frozen=True, slots=True)
class Quota:
    """The daily quota: how many requests are allowed, how many were used, and when it starts anew (UTC)."""

    limit: int
    used: int
    resets_at: datetime


class Window:
    """At most ``most`` requests in any ``length`` milliseconds; a refused one does not count."""

    def __init__(self, most: int, length: int) -> None:
        self.most = most
        self.length = length
        self._recent: deque[int] = deque()

    def left(self, now: int) -> int:
        """How many more requests fit at ``now``, in milliseconds of any steady clock."""
        while self._recent and self._recent[0] <= now - self.length:
            self._recent.popleft()
        return self.most - len(self._recent)

    def count(self, now: int) -> None:
        """Count a request."""
        self._recent.append(now)

    def wait(self, now: int) -> float:
        """Seconds until one more fits, when none does."""
        return (self._recent[0] + self.length - now) / 1000


class Limits:
    """Counts the requests that were let through; a refused one costs nothing."""

    def __init__(self, *, burst: int, daily: int, portal_id: int, zone: tzinfo = UTC) -> None:
        """``burst``: requests in ten seconds. ``daily``: requests a day, which begins at midnight of ``zone``."""
        self._burst = burst
        self._daily = daily
        self._portal_id = portal_id
        self._zone = zone
        self.clear()

    def clear(self) -> None:
        """Begin as if nothing had been asked yet."""
        self._windows = {
            False: Window(self._burst, BURST_MILLISECONDS),
            True: Window(SEARCHES_A_SECOND, 1000),
        }
        self._used = 0
        self._day: date | None = None
        self._now = Moment(0, datetime.now(UTC))

    def refusal(self, moment: Moment, *, search: bool = False) -> RefusedError | None:
        """The 429 this request gets, or None and it is counted."""
        self._now = moment
        today = moment.utc.astimezone(self._zone).date()
        if self._day is None or today > self._day:
            self._day, self._used = today, 0
        window = self._windows[search]
        if self._used >= self._daily:
            return daily_limit()
        if window.left(moment.milliseconds) <= 0:
            return secondly_limit() if search else burst_limit(self._portal_id)
        window.count(moment.milliseconds)
        self._used += 1
        return None

    def retry_after(self, *, search: bool = False) -> str:
        """How many whole seconds after the last request, which was refused, one would be let through."""
        quota = self.quota()
        if quota.used >= quota.limit:
            return str(math.ceil((quota.resets_at - self._now.utc).total_seconds()))
        return str(math.ceil(self._windows[search].wait(self._now.milliseconds)))

    def quota(self) -> Quota:
        """The daily quota as of the last request."""
        tomorrow = self._now.utc.astimezone(self._zone).date() + timedelta(days=1)
        resets_at = datetime.combine(tomorrow, time.min, self._zone).astimezone(UTC)
        return Quota(self._daily, self._used, resets_at)

    def headers(self) -> dict[str, str]:
        """HubSpot's rate-limit headers as of the last request, which was no search."""
        left = self._windows[False].left(self._now.milliseconds)
        return {
            "X-HubSpot-RateLimit-Max": str(self._burst),
            "X-HubSpot-RateLimit-Remaining": str(left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(BURST_MILLISECONDS),
            "X-HubSpot-RateLimit-Daily": str(self._daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(self._daily - self._used),
        }
