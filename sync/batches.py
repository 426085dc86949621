"""Cut changes into requests within HubSpot's limits, and halve a request that was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from sync.records import Batch, Change

CONTACTS_PER_REQUEST = 100
"""HubSpot's limit for batch read and batch update (contacts guide, "Limits")."""

Row = TypeVar("Row")


def cut(changes: Iterable[Change], membership_batch: int) -> Iterator[Batch]:
    """Cut changes, sorted by action and list, into batches of one action and list each.

    Updates go by 100, membership changes by `membership_batch`. A contact is at most once in a batch,
    because the plan holds at most one change of an action per list and contact.
    """
    for (action, list_name), group in groupby(changes, key=lambda change: (change.action, change.list_name)):
        size = CONTACTS_PER_REQUEST if action == "update" else membership_batch
        for rows in chunks(group, size):
            yield Batch(action, list_name, tuple(rows))


def chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Cut rows into lists of at most `size`, in order."""
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def isolate(rows: Sequence[Row], refused: Callable[[Sequence[Row]], bool]) -> list[Row]:
    """Send rows so that the refused ones end up alone, and return those.

    `refused` sends its rows in one request and says whether HubSpot refused the request as a whole.
    For k bad rows among n it is called at most 1 + 2k⌈log2 n⌉ times, and every good row is in exactly one
    request that was not refused.
    """
    if not refused(rows):
        return []
    if len(rows) == 1:
        return list(rows)
    middle = len(rows) // 2
    return isolate(rows[:middle], refused) + isolate(rows[middle:], refused)
