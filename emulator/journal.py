"""The log of every request to HubSpot's own routes, and what it adds up to; admin calls are not in it."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from emulator.clock import Moment
from emulator.limits import BURST_MILLISECONDS

NO_ANSWER = "none"
"""The ``by_status`` key of requests that got no answer (yet): a reset, a hang, an answer cut in half."""


@dataclass(slots=True)
class Entry:
    """One request. ``no`` counts from 1; ``at`` and ``seconds`` are its arrival by the emulator's clock;
    ``bytes`` is its body's size; ``status`` is None until answered; ``fault`` names the trouble that hit it.
    """

    no: int
    at: str
    seconds: float
    method: str
    path: str
    route: str
    bytes: int
    status: int | None = None
    fault: str | None = None
    changed: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The entry as ``GET /_emulator/requests`` lists it."""
        counts = {"added": 0, "removed": 0, "created": 0, "updated": 0} | self.changed
        return {
            "no": self.no,
            "at": self.at,
            "seconds": self.seconds,
            "method": self.method,
            "path": self.path,
            "route": self.route,
            "status": self.status,
            "bytes": self.bytes,
            "fault": self.fault,
            **counts,
        }


class Journal:
    """Requests in the order they arrived, and how many were at work at once."""

    def __init__(self) -> None:
        self._at_work = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything but the requests still at work."""
        self._entries: list[Entry] = []
        self._recent: deque[int] = deque()
        self._busiest = 0
        self._peak = self._at_work

    def begin(self) -> None:
        """A request is at work from now on."""
        self._at_work += 1
        self._peak = max(self._peak, self._at_work)

    def end(self) -> None:
        """A request is done with, answered or not."""
        self._at_work -= 1

    def open(
        self, *, moment: Moment, method: str, path: str, route: str, size: int, is_search: bool
    ) -> Entry:
        """Enter a request that has just arrived; a search does not count in the busiest ten seconds."""
        entry = Entry(len(self._entries) + 1, str(moment), moment.seconds, method, path, route, size)
        self._entries.append(entry)
        if not is_search:
            self._note_pace(moment.milliseconds)
        return entry

    def _note_pace(self, now: int) -> None:
        while self._recent and self._recent[0] <= now - BURST_MILLISECONDS:
            self._recent.popleft()
        self._recent.append(now)
        self._busiest = max(self._busiest, len(self._recent))

    def since(self, no: int) -> list[dict[str, Any]]:
        """The entries after number ``no``."""
        return [entry.as_json() for entry in self._entries[no:]]

    def totals(self) -> dict[str, Any]:
        """How many requests came: in all, by route, by status, at once, and in the busiest ten seconds."""
        by_route = Counter(entry.route for entry in self._entries)
        by_status = Counter(str(entry.status or NO_ANSWER) for entry in self._entries)
        return {
            "total": len(self._entries),
            "by_route": dict(by_route),
            "by_status": dict(by_status),
            "peak_concurrency": self._peak,
            "busiest_10_seconds": self._busiest,
        }

    def per_second(self) -> list[dict[str, int]]:
        """How many requests arrived in each second of the emulator's clock that saw any, in order of time."""
        counts = Counter(int(entry.seconds) for entry in self._entries)
        return [{"second": second, "requests": count} for second, count in sorted(counts.items())]
