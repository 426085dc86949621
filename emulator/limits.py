"""HubSpot's two request limits: a rolling ten seconds and a day. Times come in as arguments, in milliseconds."""

import math
from collections import deque

from emulator.errors import RefusedError, burst_limit, daily_limit

WINDOW_MILLISECONDS = 10_000
BURST = 190
DAILY = 650_000


class Limits:
    """Counts the requests that were let through; a refused one costs nothing."""

    def __init__(self, *, burst: int, daily: int, portal_id: int) -> None:
        self.burst = burst
        self.daily = daily
        self._portal_id = portal_id
        self.clear()

    def clear(self) -> None:
        """Begin as if nothing had been asked yet."""
        self.used_today = 0
        self._recent: deque[int] = deque()

    def refusal(self, now: int) -> RefusedError | None:
        """The 429 this request gets, or None and it is counted. ``now``: milliseconds on any steady clock."""
        while self._recent and self._recent[0] <= now - WINDOW_MILLISECONDS:
            self._recent.popleft()
        if self.used_today >= self.daily:
            return daily_limit()
        if len(self._recent) >= self.burst:
            return burst_limit(self._portal_id)
        self._recent.append(now)
        self.used_today += 1
        return None

    def retry_after(self, now: int) -> str:
        """How many whole seconds until a request refused ``now`` would be let through: until the window
        rolls on, or a minute when the day is used up."""
        if self.used_today >= self.daily:
            return "60"
        return str(math.ceil((self._recent[0] + WINDOW_MILLISECONDS - now) / 1000))

    def headers(self) -> dict[str, str]:
        """HubSpot's rate-limit headers as of the last request."""
        return {
            "X-HubSpot-RateLimit-Max": str(self.burst),
            "X-HubSpot-RateLimit-Remaining": str(self.burst - len(self._recent)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(WINDOW_MILLISECONDS),
            "X-HubSpot-RateLimit-Daily": str(self.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(self.daily - self.used_today),
        }
