"""The log of every request to HubSpot's own routes; admin calls are not in it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

NO_ANSWER = "none"
"""The ``by_status`` key of requests that got no answer (yet): a reset or a hang."""


@dataclass(slots=True)
class Entry:
    """One request: ``no`` counts from 1, ``status`` is None until answered, ``bytes`` is its body's size."""

    no: int
    at: str
    method: str
    path: str
    route: str
    bytes: int
    status: int | None = None
    changed: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The entry as ``GET /_emulator/requests`` lists it."""
        counts = {"added": 0, "removed": 0, "created": 0, "updated": 0} | self.changed
        return {
            "no": self.no,
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "route": self.route,
            "status": self.status,
            "bytes": self.bytes,
            **counts,
        }


class Journal:
    """Requests in the order they arrived."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def open(self, *, at: str, method: str, path: str, route: str, size: int) -> Entry:
        """Enter a request that has just arrived."""
        entry = Entry(len(self._entries) + 1, at, method, path, route, size)
        self._entries.append(entry)
        return entry

    def since(self, no: int) -> list[dict[str, Any]]:
        """The entries after number ``no``."""
        return [entry.as_json() for entry in self._entries[no:]]

    def totals(self) -> dict[str, Any]:
        """How many requests came, by route and by status."""
        by_route = Counter(entry.route for entry in self._entries)
        by_status = Counter(str(entry.status or NO_ANSWER) for entry in self._entries)
        return {"total": len(self._entries), "by_route": dict(by_route), "by_status": dict(by_status)}
