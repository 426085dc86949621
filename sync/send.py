"""Carry the plan out: removals, then updates, then adds; each change gets the receipt its answer deserves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from sync.answers import named_in
from sync.asking import Asking
from sync.batches import CONTACTS_PER_REQUEST, BatchSize, chunks, cut
from sync.caller import CONTACTS, Answer, Caller, list_unavailable
from sync.errors import UnfinishedError
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.properties import payload_of
from sync.receipts import doubt_receipts, look_receipts, membership_receipts, refusal_receipt, update_receipts
from sync.records import Batch, Change, Receipt, Reply
from sync.refusals import Refusals, all_refused, lacks_a_property, list_gone, refuses_many
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
        self._refusals = Refusals()
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
                take(self.send_aside())
        finally:
            flush()

    def send_batch(self, batch: Batch) -> list[Receipt]:
        """Send one batch, halving it where HubSpot refuses it, and return the receipts it earned."""
        if self._refusals.is_closed(batch):
            return []
        if batch.action != "update":
            return self._send_fit(batch)
        receipts, writes = self._updates.settle(batch.changes)
        return receipts + (self._send_fit(replace(batch, changes=writes)) if writes else [])

    def send_aside(self) -> list[Receipt]:
        """Send what HubSpot refused whole once more, if by now it has taken others of its kind.

        Then each row is at fault by itself and gets its receipt. Without such others it is likelier to be the list,
        or a property: those changes get no receipt, and the next run tries them again.
        """
        receipts: list[Receipt] = []
        for batch, error in self._refusals.take_aside():
            if self._refusals.is_believed(batch):
                receipts += self._send_fit(batch, is_sure=True)
            else:
                self._refusals.close(batch, error)
        return receipts

    @property
    def closed(self) -> dict[str, UnfinishedError]:
        """Why changes of a list were left unsent, by list name."""
        return self._refusals.closed

    def _send_fit(self, batch: Batch, *, is_sure: bool = False) -> list[Receipt]:
        receipts: dict[int, Receipt] = {}

        def read(part: Sequence[Change], answer: Answer) -> None:
            receipts.update((each.change_no, each) for each in self._receipts(batch, part, answer))

        changes = self._send_changes(batch, batch.changes, read, receipts, is_sure)
        # An update that no answer names may have been overlooked: it is written once more.
        silent = [each for each in changes if _is_silent(receipts.get(each.change_no), batch)]
        if silent and self._caller.stopped_by is None:
            self._send_changes(batch, silent, read, receipts, is_sure)
        return list(receipts.values())

    def _send_changes(
        self,
        batch: Batch,
        changes: Sequence[Change],
        read: Callable[[Sequence[Change], Answer], None],
        receipts: dict[int, Receipt],
        is_sure: bool,
    ) -> Sequence[Change]:
        """Send some changes of a batch; return them, or none when HubSpot refuses them whole."""

        def is_for_all(part: Sequence[Change], reply: Reply) -> bool:
            return lacks_a_property(part, reply) or (not is_sure and refuses_many(part, reply))

        asking = Asking(
            self._caller,
            self._sizes[batch.action],
            lambda part: self._request(batch, part),
            read,
            name=lambda change: change.contact_id,
            about=self._about(batch),
            is_for_all=is_for_all,
            is_sure=is_sure,
        )
        refused = asking.send(changes)
        if asking.some_passed:
            self._refusals.note_passed(batch)
        if refused is None or (refused and not is_sure and self._may_be_the_list(batch, refused, asking)):
            doubtful = [each for each in changes if each.contact_id in asking.doubtful]
            receipts.update(
                (each.change_no, each) for each in doubt_receipts(doubtful, asking.newest_refusal)
            )
            rest = tuple(each for each in changes if each.change_no not in receipts)
            error = all_refused(batch, refusal_receipt(changes[0], asking.newest_refusal))
            if is_sure or lacks_a_property(changes, asking.newest_refusal):
                self._refusals.close(batch, error)
            elif rest:
                self._refusals.set_aside(replace(batch, changes=rest), error)
            return ()
        for change in refused:
            receipts[change.change_no] = refusal_receipt(change, asking.refusals[change.contact_id])
        return changes

    def _may_be_the_list(self, batch: Batch, refused: Sequence[Change], asking: Asking[Change]) -> bool:
        """Whether a membership change was refused with none to pass beside it, and not by its name."""
        return (
            batch.action != "update"
            and not self._refusals.has_passed(batch)
            and not all(named_in(asking.refusals[each.contact_id], [each.contact_id]) for each in refused)
        )

    def _about(self, batch: Batch) -> str:
        return CONTACTS if batch.action == "update" else self._list_ids[batch.list_name]

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
                # A page instead of JSON tells of no contact that it is gone.
                return doubt_receipts(part, reply) if reply.is_garbled else update_receipts(part, reply)
            return self._membership_receipts(batch, part, reply, doubtful=answer.doubtful)
        if reply is not None and reply.status == 404 and batch.action != "update":
            self._refusals.close(batch, list_gone(batch.list_name))
        # One list that HubSpot keeps locked must not cost the others.
        if reply is not None and batch.action != "update" and self._caller.gives_up_on(self._about(batch)):
            self._refusals.close(batch, list_unavailable(reply, batch.list_name))
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


def _is_silent(receipt: Receipt | None, batch: Batch) -> bool:
    return batch.action == "update" and receipt is not None and receipt.code == "not_named"


def _turns(batches: Iterable[Batch]) -> Iterable[Iterable[Batch]]:
    """Group batches by action, so that all removals are answered before the first add is sent."""
    return (group for _, group in groupby(batches, key=lambda batch: batch.action))
