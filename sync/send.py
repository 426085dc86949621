"""Carry the plan out: removals, then updates, then adds; each change gets the receipt its answer deserves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from sync.answers import unknown_properties
from sync.asking import Asking
from sync.batches import CONTACTS_PER_REQUEST, BatchSize, chunks, cut
from sync.caller import Answer, Caller
from sync.errors import UnfinishedError
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.properties import payload_of
from sync.receipts import doubt_receipts, look_receipts, membership_receipts, refusal_receipt, update_receipts
from sync.records import Batch, Change, Receipt, Reply
from sync.updates import Updates
from sync.workers import work

_FLUSH_SECONDS = 3.0
_FLUSH_ROWS = 5_000


class Sender:
    """Sends the changes of one run. `list_ids` holds the HubSpot list of each list name."""

    def __init__(
        self,
        hubspot: HubSpot,
        caller: Caller,
        list_ids: Mapping[str, str],
        membership_batch: int,
        updates: Updates | None = None,
    ) -> None:
        self._hubspot = hubspot
        self._caller = caller
        self._list_ids = list_ids
        self._membership_batch = membership_batch
        members = BatchSize(membership_batch)
        self._sizes = {"add": members, "remove": members, "update": BatchSize(CONTACTS_PER_REQUEST)}
        self._closed: dict[tuple[bool, str], UnfinishedError] = {}
        self._updates = updates or Updates(hubspot, caller)

    def send(
        self,
        ledger: Ledger,
        *,
        first_no: int,
        last_no: int,
        run_no: int,
        step: int,
        workers: int,
        keep_lease: Callable[[], None],
        tell: Callable[..., None],
    ) -> None:
        """Send the changes `first_no` to `last_no` of the plan and record receipts, whatever happens."""
        buffer: list[Receipt] = []
        flushed_at = time.monotonic()
        done = 0

        def flush() -> None:
            nonlocal flushed_at
            ledger.record_receipts(buffer, run_no, step)
            buffer.clear()
            flushed_at = time.monotonic()

        def take(receipts: list[Receipt]) -> None:
            nonlocal done
            buffer.extend(receipts)
            done += len(receipts)
            tell("sending", done=done, total=last_no - first_no + 1)

        def between() -> None:
            keep_lease()
            if len(buffer) >= _FLUSH_ROWS or time.monotonic() - flushed_at > _FLUSH_SECONDS:
                flush()

        try:
            for batches in _turns(cut(ledger.changes(first_no, last_no), self._membership_batch)):
                work(
                    batches,
                    self.send_batch,
                    take,
                    workers=workers,
                    stopped=lambda: self._caller.stopped_by is not None,
                    between=between,
                )
                # Asking for the next turn would read the rest of this one.
                if self._caller.stopped_by is not None:
                    break
        finally:
            flush()

    def send_batch(self, batch: Batch) -> list[Receipt]:
        """Send one batch, halving it where HubSpot refuses it, and return the receipts it earned."""
        if (batch.action == "update", batch.list_name) in self._closed:
            return []
        if batch.action != "update":
            return self._send_fit(batch)
        receipts, writes = self._updates.settle(batch.changes)
        return receipts + (self._send_fit(replace(batch, changes=writes)) if writes else [])

    def _send_fit(self, batch: Batch) -> list[Receipt]:
        receipts: dict[int, Receipt] = {}

        def read(part: Sequence[Change], answer: Answer) -> None:
            receipts.update((each.change_no, each) for each in self._receipts(batch, part, answer))

        changes = self._send_changes(batch, batch.changes, read, receipts)
        # An update that no answer names may have been overlooked: it is written once more.
        silent = [each for each in changes if _is_silent(receipts.get(each.change_no), batch)]
        if silent and self._caller.stopped_by is None:
            self._send_changes(batch, silent, read, receipts)
        return list(receipts.values())

    def _send_changes(
        self,
        batch: Batch,
        changes: Sequence[Change],
        read: Callable[[Sequence[Change], Answer], None],
        receipts: dict[int, Receipt],
    ) -> Sequence[Change]:
        """Send some changes of a batch; return them, or none once the rest of their list is to be left."""
        asking = Asking(
            self._caller,
            self._sizes[batch.action],
            lambda part: self._request(batch, part),
            read,
            name=lambda change: change.contact_id,
            is_for_all=_lacks_a_property,
        )
        refused = asking.send(changes)
        if refused is None:
            self._close(batch, _all_refused(batch, refusal_receipt(changes[0], asking.newest_refusal)))
            return ()
        for change in refused:
            receipts[change.change_no] = refusal_receipt(change, asking.refusals[change.contact_id])
        return changes

    def _close(self, batch: Batch, error: UnfinishedError) -> None:
        """Send no more such changes for the list; the other lists go on."""
        self._closed.setdefault((batch.action == "update", batch.list_name), error)

    @property
    def closed(self) -> dict[str, UnfinishedError]:
        """Why changes of a list were left unsent, by list name."""
        return {list_name: error for (_, list_name), error in self._closed.items()}

    def _request(self, batch: Batch, part: Sequence[Change]) -> Reply:
        ids = [change.contact_id for change in part]
        if batch.action == "update":
            return self._hubspot.update_contacts([(c.contact_id, payload_of(c.payload) or {}) for c in part])
        list_id = self._list_ids[batch.list_name]
        if batch.action == "add":
            return self._hubspot.change_members(list_id, add=ids, remove=[])
        return self._hubspot.change_members(list_id, add=[], remove=ids)

    def _receipts(self, batch: Batch, part: Sequence[Change], answer: Answer) -> Iterable[Receipt]:
        reply = answer.reply
        if reply is not None and 200 <= reply.status < 300:
            if batch.action == "update":
                return update_receipts(part, reply)
            return self._membership_receipts(batch, part, reply, doubtful=answer.doubtful)
        if reply is not None and reply.status == 404 and batch.action != "update":
            self._close(batch, _list_gone(batch.list_name))
        if answer.doubtful:
            return doubt_receipts(part, reply)
        # Surely not applied: no receipt, and the end of the run turns it into "not sent".
        return []

    def _membership_receipts(
        self, batch: Batch, part: Sequence[Change], reply: Reply, *, doubtful: bool
    ) -> list[Receipt]:
        receipts, unnamed = membership_receipts(part, reply)
        for some in chunks(unnamed, CONTACTS_PER_REQUEST):
            receipts += self._read_back(batch, some, doubtful=doubtful)
        return receipts

    def _read_back(self, batch: Batch, part: Sequence[Change], *, doubtful: bool) -> list[Receipt]:
        # HubSpot passes over what is so already, and a merged id vanishes the same way: only a look tells.
        ids = [change.contact_id for change in part]
        reply = self._caller.call(lambda: self._hubspot.memberships(ids)).reply
        return look_receipts(part, reply, self._list_ids[batch.list_name], doubtful=doubtful)


def _lacks_a_property(part: Sequence[Change], reply: Reply) -> bool:
    """Whether HubSpot refuses a property, not a value, that every one of many changes has."""
    unknown = unknown_properties(reply)
    return len(part) > 2 and all(not unknown.isdisjoint(payload_of(change.payload) or ()) for change in part)


def _is_silent(receipt: Receipt | None, batch: Batch) -> bool:
    return batch.action == "update" and receipt is not None and receipt.code == "not_named"


def _list_gone(list_name: str) -> UnfinishedError:
    return UnfinishedError(
        "list_gone",
        f"The list {list_name!r} was deleted in HubSpot while the run was under way.",
        "Run again: the next run makes it anew.",
    )


def _all_refused(batch: Batch, receipt: Receipt) -> UnfinishedError:
    # Refused one by one, they would stay refused for weeks; what is wrong is likelier to concern them all.
    reason = receipt.message or receipt.code
    return UnfinishedError(
        "all_refused",
        f"HubSpot refuses every {batch.action} of a batch for the list {batch.list_name!r}: {reason}",
        "Mend what it names (the list's type, a property's name or value), then run again.",
    )


def _turns(batches: Iterable[Batch]) -> Iterable[Iterable[Batch]]:
    """Group batches by action, so that all removals are answered before the first add is sent."""
    return (group for _, group in groupby(batches, key=lambda batch: batch.action))
