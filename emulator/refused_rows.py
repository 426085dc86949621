"""Rows of a contact batch that a scripted fault refuses: taken out before, told of in a 207 after.

The handlers know nothing of it: they see a batch without those rows, and their answer gets the errors added.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulator.calls import Answer

_MESSAGE = "There was a problem with this row."


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row to refuse: by its ``place`` in the request, from 0, or by the ``id`` it names."""

    place: int | None
    id: str | None
    category: str
    message: str = _MESSAGE

    def is_meant(self, place: int, row: object) -> bool:
        """Whether that row of a request is the one."""
        return place == self.place or (self.id is not None and _id(row) == self.id)


Refusal = tuple[RefusedRow, dict[str, Any]]


def take_out(raw: bytes, chosen: Sequence[RefusedRow]) -> tuple[bytes, list[Refusal], bool]:
    """The body without the chosen rows, what is refused, and whether no row is left.

    A body that is no batch comes back as it is: the handler says what is wrong with it.
    """
    try:
        body = json.loads(raw) if chosen else None
    except (ValueError, RecursionError):
        body = None
    rows = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(rows, list):
        return raw, [], False
    refused: list[Refusal] = []
    kept = []
    for place, row in enumerate(rows):
        hit = next((each for each in chosen if each.is_meant(place, row)), None)
        if hit and isinstance(row, dict):
            refused.append((hit, row))
        else:
            kept.append(row)
    return json.dumps({**body, "inputs": kept}).encode(), refused, bool(refused) and not kept


def add_refusals(answer: Answer, refused: Sequence[Refusal], at: str) -> Answer:
    """The answer to the other rows, as a 207 that also tells of the refused ones."""
    if not refused:
        return answer
    body = answer.body if isinstance(answer.body, dict) else nothing_done(at)
    told = [*body.get("errors", []), *_entries(refused)]
    return Answer(207, {**body, "numErrors": len(told), "errors": told})


def nothing_done(at: str) -> dict[str, Any]:
    """The body of a batch that did nothing at all."""
    return {"status": "COMPLETE", "results": [], "startedAt": at, "completedAt": at}


def _entries(refused: Sequence[Refusal]) -> list[dict[str, Any]]:
    """One entry for each row with a trace id, and one for the others of each category and message."""
    entries: dict[tuple[str, ...], dict[str, Any]] = {}
    for rule, row in refused:
        trace = row.get("objectWriteTraceId")
        key = (rule.category, rule.message, *([trace] if isinstance(trace, str) else []))
        blank = {"status": "error", "category": rule.category, "message": rule.message, "context": {}}
        context = entries.setdefault(key, blank)["context"]
        if (row_id := _id(row)) is not None:
            context.setdefault("ids", []).append(row_id)
        if isinstance(trace, str):
            context.setdefault("objectWriteTraceId", []).append(trace)
    return list(entries.values())


def _id(row: object) -> str | None:
    found = row.get("id") if isinstance(row, dict) else None
    return found if isinstance(found, str) else None
