"""Cut rows into requests within HubSpot's limits, and find the rows for which a request is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, Literal, TypeVar

from sync.records import Batch, Change

CONTACTS_PER_REQUEST = 100
"""HubSpot's limit for batch read and batch update (contacts guide, "Limits")."""
_GROW_AFTER = 10
"""Full requests in a row that HubSpot took, before a size that had shrunk doubles."""
_SUSPICIOUS = 3
"""Rows refused while none has passed: then the rest is tried in a few places before going on."""
_PROBES = 8

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


class BatchSize:
    """How many rows of one kind travel in a request: fewer after a request that was too much, then more again.

    Workers share it; that two of them change it at a time does no harm.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.now = most
        self._in_a_row = 0

    def shrink(self, rows: int) -> None:
        """A request of so many rows was too much."""
        self.now = max(1, min(self.now, rows // 2))
        self._in_a_row = 0

    def taken(self, rows: int) -> None:
        """HubSpot took a request of so many rows."""
        if rows < self.now or self.now == self.most:
            return
        self._in_a_row += 1
        if self._in_a_row == _GROW_AFTER:
            self.now = min(self.most, 2 * self.now)
            self._in_a_row = 0


@dataclass(frozen=True, slots=True)
class Refused(Generic[Row]):
    """A request that HubSpot refuses as a whole."""

    named: Sequence[Row] = ()
    """The rows that its answer names as the reason, as far as it does."""
    may_be_too_many: bool = True
    """Whether the number of rows may be the reason."""


Outcome = Literal["taken", "too_much", "unclear"] | Refused[Row]
"""Of a request: `too_much` for one that a smaller one may do better, `unclear` when nothing can be concluded."""


class Isolation(Generic[Row]):
    """Sends rows so that the refused ones end up alone; `ask` sends its rows in one request.

    A row counts as refused once HubSpot has refused it alone, and before that in a request for which no other row
    is to blame: one odd answer is thin evidence. For k bad rows among n, cut by a size of at least 16, it is
    ⌈n/size⌉ + 2k⌈log2 size⌉ requests at most; every good row is in exactly one request that was not refused. `size`
    is shared and may shrink meanwhile. With `is_sure` it is believed that every single row is bad.
    """

    def __init__(
        self, ask: Callable[[Sequence[Row]], Outcome[Row]], size: BatchSize, *, is_sure: bool = False
    ) -> None:
        self._ask_once = ask
        self._size = size
        self._is_sure = is_sure
        self._believes_names = True
        self._some_passed = False
        self.refused: list[Row] = []

    def run(self, rows: Sequence[Row]) -> bool:
        """Send all of them; False when HubSpot seems to refuse every single one, and the rest was left."""
        waiting: list[Sequence[Row]] = [rows]
        while waiting:
            group = waiting.pop()
            if not group:
                continue
            if len(group) > self._size.now:
                waiting += reversed(list(chunks(group, self._size.now)))
                continue
            waiting += reversed(self._send(group))
            if len(self.refused) >= _SUSPICIOUS and not self._some_passed and not self._is_sure:
                left = [row for each in waiting for row in each]
                passing = self._one_that_passes(left)
                if not passing:
                    return False
                waiting = [[row for row in left if row not in passing]]
        return True

    def _ask(self, rows: Sequence[Row]) -> Outcome[Row]:
        outcome = self._ask_once(rows)
        self._some_passed |= outcome in ("taken", "unclear")
        if outcome == "taken":
            self._size.taken(len(rows))
        return outcome

    def _send(self, group: Sequence[Row]) -> list[Sequence[Row]]:
        """Send rows together; return the groups that are still to be sent."""
        outcome = self._ask(group)
        if outcome == "too_much" and len(group) > 1:
            self._size.shrink(len(group))
            return _halves(group)
        if not isinstance(outcome, Refused):
            return []
        if len(group) == 1:
            self._confirm(group[0])
            return []
        named = [row for row in group if row in outcome.named]
        if self._believes_names and 0 < len(named) < len(group):
            return self._send_apart(group, named)
        return self._search(group, may_be_too_many=outcome.may_be_too_many)

    def _send_apart(self, group: Sequence[Row], named: Sequence[Row]) -> list[Sequence[Row]]:
        before = len(self.refused)
        # Called by name and refused alone: that is twice.
        left = self._send_named(named) if len(named) == 1 else self._send(named)
        if len(self.refused) == before and not left:
            self._believes_names = False
        return [*left, [row for row in group if row not in named]]

    def _send_named(self, named: Sequence[Row]) -> list[Sequence[Row]]:
        if isinstance(self._ask(named), Refused):
            self.refused.append(named[0])
        return []

    def _search(self, group: Sequence[Row], *, may_be_too_many: bool) -> list[Sequence[Row]]:
        """Find one row for which a group is refused; return what is left to be sent, as one group."""
        left: list[Row] = []
        is_first_half_that_passes = True
        while len(group) > 1:
            first, second = _halves(group)
            outcome = self._ask(first)
            if isinstance(outcome, Refused):
                left = [*second, *left]
                group = first
                continue
            if outcome == "too_much":
                self._size.shrink(len(first))
                return [[*group, *left]]
            if outcome == "unclear":
                return [[*second, *left]]
            if is_first_half_that_passes:
                is_first_half_that_passes = False
                outcome = self._ask(second)
                if outcome == "too_much":
                    self._size.shrink(len(second))
                    return [[*second, *left]]
                if not isinstance(outcome, Refused):
                    if outcome == "taken" and may_be_too_many and 2 * len(group) > self._size.now:
                        # Each half passes and both together do not: it was their number.
                        self._size.shrink(len(group))
                    return [left]
            # The refusal is then for the other half, which need not be asked.
            group = second
        self._confirm(group[0])
        return [left]

    def _confirm(self, row: Row) -> None:
        if isinstance(self._ask([row]), Refused):
            self.refused.append(row)

    def _one_that_passes(self, rows: Sequence[Row]) -> list[Row]:
        for row in rows[:: max(1, len(rows) // _PROBES)][:_PROBES]:
            if not isinstance(self._ask([row]), Refused):
                return [row]
        return []


def _halves(rows: Sequence[Row]) -> list[Sequence[Row]]:
    middle = len(rows) // 2
    return [rows[:middle], rows[middle:]]
