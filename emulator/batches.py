"""What the contact batches have in common: how many rows they take, and the shape of their answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator import errors
from emulator.calls import Answer, Call
from emulator.errors import Body

MOST_INPUTS = 100
MOST_INPUTS_WITH_HISTORY = 50


def inputs(body: Body, most: int = MOST_INPUTS) -> list[dict[str, Any]]:
    """The rows of a batch. Raises :class:`~emulator.errors.RefusedError` for none and for too many."""
    rows: list[dict[str, Any]] = body["inputs"]
    if not rows:
        raise errors.invalid("inputs must not be empty")
    if len(rows) > most:
        raise errors.invalid(f"The maximum number of inputs for this batch is {most}, got {len(rows)}")
    return rows


def traced(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether every row carries a trace id, so that each may fail by itself."""
    return all("objectWriteTraceId" in row for row in rows)


def answer(call: Call, results: Iterable[Body], failures: list[Body], done: int = 200) -> Answer:
    """``done``, or 207 with ``failures``."""
    body: Body = {
        "status": "COMPLETE",
        "results": list(results),
        "startedAt": call.at,
        "completedAt": call.at,
    }
    if failures:
        body |= {"numErrors": len(failures), "errors": failures}
    return Answer(207 if failures else done, body)


def by_id(results: Iterable[Body]) -> list[Body]:
    """Records by record id, since HubSpot promises no order to lean on."""
    return sorted(results, key=lambda record: int(record["id"]))
