"""Turn HubSpot's answers into receipts, one for each change that an answer says something of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.answers import (
    changed_ids,
    contacts_of,
    is_lasting,
    lists_of_contacts,
    missing_ids,
    refusal_of,
    refused_ids,
)
from sync.masking import mask_all
from sync.records import Change, ChangeOutcome, Receipt, Reply


def membership_receipts(part: Sequence[Change], reply: Reply) -> tuple[list[Receipt], list[Change]]:
    """Receipts of adds or removals, from the answer to them; and the changes that it does not name."""
    added, removed, missing = changed_ids(reply)
    receipts: list[Receipt] = []
    unnamed: list[Change] = []
    for change in part:
        if change.contact_id in (added if change.action == "add" else removed):
            receipts.append(Receipt(change.change_no, "applied", correlation_id=reply.correlation_id))
        elif change.contact_id in missing:
            receipts.append(Receipt(change.change_no, "missing", "not_in_hubspot"))
        else:
            unnamed.append(change)
    return receipts, unnamed


def look_receipts(
    part: Sequence[Change], reply: Reply | None, list_id: str, *, doubtful: bool
) -> list[Receipt]:
    """Receipts of adds or removals that no answer named, from a look at the lists of their contacts.

    `doubtful` says whether an earlier try had no answer.
    """
    if reply is None or reply.status not in (200, 207):
        return [Receipt(change.change_no, "failed", "not_named") for change in part]
    lists = lists_of_contacts(reply)
    return [
        _seen(
            change,
            list_id in lists.get(change.contact_id, set()),
            is_named=change.contact_id in lists,
            doubtful=doubtful,
        )
        for change in part
    ]


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


def update_receipts(part: Sequence[Change], reply: Reply) -> Iterator[Receipt]:
    """Receipts of property updates, from the answer to writing them."""
    done = {contact.contact_id for contact in contacts_of(reply)}
    missing = missing_ids(reply)
    refused = refused_ids(reply)
    for change in part:
        if change.contact_id in done:
            yield Receipt(change.change_no, "applied", correlation_id=reply.correlation_id)
        elif change.contact_id in refused and change.contact_id not in missing:
            outcome: ChangeOutcome = "rejected" if is_lasting(refused[change.contact_id]) else "failed"
            yield refusal_receipt(change, reply, outcome)
        else:
            yield Receipt(change.change_no, "missing", "not_named")


def refusal_receipt(change: Change, reply: Reply, outcome: ChangeOutcome = "rejected") -> Receipt:
    """The receipt of a change that HubSpot refused by itself, with its sentence masked."""
    said = refusal_of(reply, change.contact_id)
    # In partial answers the narrower name is an object, of which no page says what is in it.
    narrower = said.get("subCategory")
    code = str((isinstance(narrower, str) and narrower) or said.get("category") or f"status_{reply.status}")
    message = mask_all(str(said.get("message") or ""))[:500] or None
    return Receipt(change.change_no, outcome, code, message, reply.correlation_id)


def doubt_receipts(part: Sequence[Change], reply: Reply | None) -> list[Receipt]:
    """Receipts of changes that may have been applied: nobody knows."""
    code = f"status_{reply.status}" if reply and reply.status else "no_answer"
    correlation_id = reply.correlation_id if reply else None
    return [Receipt(c.change_no, "failed", code, None, correlation_id) for c in part]
