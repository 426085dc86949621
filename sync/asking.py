"""One batch of rows on its way through HubSpot: asked together, and ever fewer of them where it is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

from sync.answers import named_in
from sync.batches import BatchSize, Isolation, Outcome, Refused, Row
from sync.caller import Answer, Caller
from sync.records import Reply

_REFUSED = (400, 409, 413, 414, 422)
_TOO_LARGE = (413, 414)
_SPLITS = 3
"""So often a batch is split because an answer took too long; later it is tried as it is, like after any trouble."""


class _AllRefusedError(Exception):
    """HubSpot's answer holds for every row."""


class Asking(Generic[Row]):
    """Sends the rows of one batch; the size of its requests is shared with the other batches of the kind.

    `request` sends some of the rows, `read` takes an answer that stands for all of these. `name` is how HubSpot calls
    a row; `is_for_all` says whether a refusal is for no row in particular.
    """

    def __init__(
        self,
        caller: Caller,
        size: BatchSize,
        request: Callable[[Sequence[Row]], Reply],
        read: Callable[[Sequence[Row], Answer], None],
        name: Callable[[Row], str],
        is_for_all: Callable[[Sequence[Row], Reply], bool] = lambda rows, reply: False,
    ) -> None:
        self._caller = caller
        self._size = size
        self._request = request
        self._read = read
        self._name = name
        self._is_for_all = is_for_all
        self._timeouts = 0
        self._doubtful: set[str] = set()
        self.refusals: dict[str, Reply] = {}
        """HubSpot's newest refusal of each row alone, by name."""
        self.newest_refusal = Reply(0, {})

    def send(self, rows: Sequence[Row]) -> list[Row] | None:
        """Send all rows; return those that HubSpot refuses, or None when it refuses every one for the same reason."""
        isolation = Isolation(self._ask, self._size)
        try:
            return isolation.refused if isolation.run(rows) else None
        except _AllRefusedError:
            return None

    def _ask(self, part: Sequence[Row]) -> Outcome[Row]:
        may_split = len(part) > 1 and self._timeouts < _SPLITS
        answer = self._caller.call(lambda: self._request(part), splits=may_split)
        names = [self._name(row) for row in part]
        if answer.doubtful:
            self._doubtful.update(names)
        reply = answer.reply
        if reply is not None and reply.timed_out and may_split and self._caller.stopped_by is None:
            self._timeouts += 1
            return "too_much"
        if reply is None or reply.status not in _REFUSED:
            # A request that was split, or refused after it, may have been carried out as a whole before.
            self._read(part, Answer(reply, doubtful=not self._doubtful.isdisjoint(names)))
            return "taken" if reply is not None and 200 <= reply.status < 300 else "unclear"
        self.newest_refusal = reply
        if self._is_for_all(part, reply):
            raise _AllRefusedError
        if len(part) == 1:
            self.refusals[names[0]] = reply
        elif reply.status in _TOO_LARGE:
            return "too_much"
        named = named_in(reply, names)
        return Refused([row for row, name in zip(part, names, strict=True) if name in named])
