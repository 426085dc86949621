"""Carry the plan out: removals, then updates, then adds; each change gets the receipt its answer deserves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from sync.answers import (
    changed_ids,
    contacts_of,
    is_lasting,
    lists_of_contacts,
    missing_ids,
    refused_ids,
    unknown_properties,
)
from sync.asking import Asking
from sync.batches import CONTACTS_PER_REQUEST, BatchSize, chunks, cut
from sync.caller import Answer, Caller
from sync.errors import UnfinishedError
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.masking import mask_all
from sync.properties import payload_of
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
            self._close(batch, _all_refused(batch, _rejected(changes[0], asking.newest_refusal)))
            return ()
        for change in refused:
            receipts[change.change_no] = _rejected(change, asking.refusals[change.contact_id])
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
                return _update_receipts(part, reply)
            return self._membership_receipts(batch, part, reply, doubtful=answer.doubtful)
        if reply is not None and reply.status == 404 and batch.action != "update":
            self._close(batch, _list_gone(batch.list_name))
        if answer.doubtful:
            code = f"status_{reply.status}" if reply and reply.status else "no_answer"
            correlation_id = reply.correlation_id if reply else None
            return [Receipt(c.change_no, "failed", code, None, correlation_id) for c in part]
        # Surely not applied: no receipt, and the end of the run turns it into "not sent".
        return []

    def _membership_receipts(
        self, batch: Batch, part: Sequence[Change], reply: Reply, *, doubtful: bool
    ) -> list[Receipt]:
        added, removed, missing = changed_ids(reply)
        named = added if batch.action == "add" else removed
        receipts: list[Receipt] = []
        unnamed: list[Change] = []
        for change in part:
            if change.contact_id in named:
                receipts.append(Receipt(change.change_no, "applied", correlation_id=reply.correlation_id))
            elif change.contact_id in missing:
                receipts.append(Receipt(change.change_no, "missing", "not_in_hubspot"))
            else:
                unnamed.append(change)
        for some in chunks(unnamed, CONTACTS_PER_REQUEST):
            receipts += self._read_back(batch, some, doubtful=doubtful)
        return receipts

    def _read_back(self, batch: Batch, part: Sequence[Change], *, doubtful: bool) -> list[Receipt]:
        # HubSpot passes over what is so already, and a merged id vanishes the same way: only a look tells.
        ids = [change.contact_id for change in part]
        reply = self._caller.call(lambda: self._hubspot.memberships(ids)).reply
        if reply is None or reply.status not in (200, 207):
            return [Receipt(change.change_no, "failed", "not_named") for change in part]
        lists = lists_of_contacts(reply)
        list_id = self._list_ids[batch.list_name]
        return [
            _seen(
                change,
                list_id in lists.get(change.contact_id, set()),
                is_named=change.contact_id in lists,
                doubtful=doubtful,
            )
            for change in part
        ]


def _lacks_a_property(part: Sequence[Change], reply: Reply) -> bool:
    """Whether HubSpot refuses a property, not a value, that every one of many changes has."""
    unknown = unknown_properties(reply)
    return len(part) > 2 and all(not unknown.isdisjoint(payload_of(change.payload) or ()) for change in part)


def _is_silent(receipt: Receipt | None, batch: Batch) -> bool:
    return batch.action == "update" and receipt is not None and receipt.code == "not_named"


def _seen(change: Change, is_member: bool, *, is_named: bool, doubtful: bool) -> Receipt:
    if change.action == "remove":
        # Taken for gone on silence alone, somebody would be found there later, as a stranger who stays for good.
        if not is_named:
            return Receipt(change.change_no, "failed", "not_named")
        return Receipt(
            change.change_no, "failed" if is_member else "already_so", "still_on_list" if is_member else None
        )
    if not is_member:
        return Receipt(change.change_no, "missing", "not_named")
    # An earlier try without an answer may have put it there: doubt of ours beats a coincidence.
    return Receipt(change.change_no, "applied" if doubtful else "already_so")


def _update_receipts(part: Sequence[Change], reply: Reply) -> Iterable[Receipt]:
    done = {contact.contact_id for contact in contacts_of(reply)}
    missing = missing_ids(reply)
    refused = refused_ids(reply)
    for change in part:
        if change.contact_id in done:
            yield Receipt(change.change_no, "applied", correlation_id=reply.correlation_id)
        elif change.contact_id in refused and change.contact_id not in missing:
            category = refused[change.contact_id]
            yield Receipt(change.change_no, "rejected" if is_lasting(category) else "failed", category)
        else:
            yield Receipt(change.change_no, "missing", "not_named")


def _rejected(change: Change, reply: Reply) -> Receipt:
    code = str(reply.body.get("subCategory") or reply.body.get("category") or f"status_{reply.status}")
    message = mask_all(str(reply.body.get("message") or ""))[:500] or None
    return Receipt(change.change_no, "rejected", code, message, reply.correlation_id)


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
