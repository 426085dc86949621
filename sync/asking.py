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
_SEARCHES = 3
"""So many rows of a batch are looked for at which HubSpot itself fails (500): with more it is no row's doing."""


class _AllRefusedError(Exception):
    """HubSpot refuses for no row in particular."""


class Asking(Generic[Row]):
    """Sends the rows of one batch; the size of its requests is shared with the other batches of the kind.

    `request` sends some of the rows, `read` takes an answer that stands for all of these. `name` is how HubSpot calls
    a row; `is_for_all` says whether a refusal, or a 207, is for no row in particular. `about` is what all the
    requests are about, as the caller counts them. With `is_sure` it is believed that every single row is bad.
    """

    def __init__(
        self,
        caller: Caller,
        size: BatchSize,
        request: Callable[[Sequence[Row]], Reply],
        read: Callable[[Sequence[Row], Answer], None],
        name: Callable[[Row], str],
        *,
        about: str,
        is_for_all: Callable[[Sequence[Row], Reply], bool] = lambda rows, reply: False,
        is_sure: bool = False,
    ) -> None:
        self._caller = caller
        self._size = size
        self._request = request
        self._read = read
        self._name = name
        self._about = about
        self._is_for_all = is_for_all
        self._is_sure = is_sure
        self._timeouts = 0
        self._is_searching = False
        self._failing = 0
        self.doubtful: set[str] = set()
        """Names of rows that an earlier request may have changed."""
        self.refusals: dict[str, Reply] = {}
        """HubSpot's newest refusal of each row alone, by name."""
        self.newest_refusal = Reply(0, {})
        self.some_passed = False
        """Whether HubSpot took any row."""

    def send(self, rows: Sequence[Row]) -> list[Row] | None:
        """Send all rows; return those that HubSpot refuses, or None when it refuses every one for the same reason."""
        isolation = Isolation(self._ask, self._size, is_sure=self._is_sure)
        try:
            return isolation.refused if isolation.run(rows) else None
        except _AllRefusedError:
            return None

    def _ask(self, part: Sequence[Row]) -> Outcome[Row]:
        may_split = len(part) > 1 and self._timeouts < _SPLITS
        answer = self._caller.call(
            lambda: self._request(part), about=self._about, splits=may_split, once=self._is_searching
        )
        names = [self._name(row) for row in part]
        if answer.doubtful:
            self.doubtful.update(names)
        reply = answer.reply
        if reply is not None and reply.timed_out and may_split and self._caller.stopped_by is None:
            self._timeouts += 1
            return "too_much"
        if self._is_one_rows_failure(part, reply):
            return Refused(may_be_too_many=False)
        if reply is not None and reply.status in (207, *_REFUSED):
            self.newest_refusal = reply
            if self._is_for_all(part, reply):
                raise _AllRefusedError
        if reply is None or reply.status not in _REFUSED:
            # A request that was split, or refused after it, may have been carried out as a whole before.
            self._read(part, Answer(reply, doubtful=not self.doubtful.isdisjoint(names)))
            is_taken = reply is not None and 200 <= reply.status < 300
            self.some_passed |= reply is not None and is_taken and not reply.is_garbled
            return "taken" if is_taken else "unclear"
        if len(part) == 1:
            self.refusals[names[0]] = reply
        elif reply.status in _TOO_LARGE:
            return "too_much"
        named = named_in(reply, names)
        return Refused([row for row, name in zip(part, names, strict=True) if name in named])

    def _is_one_rows_failure(self, part: Sequence[Row], reply: Reply | None) -> bool:
        """Whether HubSpot may fail at one row of many: left together, all of them would fail every night."""
        if reply is None or reply.status != 500 or self._caller.stopped_by is not None:
            return False
        self._is_searching = True
        self._failing += len(part) == 1
        return len(part) > 1 and self._failing < _SEARCHES
