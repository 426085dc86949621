"""Take a person off the lists of this ledger, then erase it from every state row."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sync.batches import CONTACTS_PER_REQUEST, BatchSize, chunks
from sync.emails import clean, judge, ruleset
from sync.errors import BusyError, SyncError, UnfinishedError, WarehouseError
from sync.hubspot import HubSpot
from sync.lists import read_members
from sync.lookup import named_beside, resolve
from sync.masking import mask
from sync.opening import Parts, confirmed_portal
from sync.person import Membership, Person, PersonTables
from sync.records import Batch, Change, Lookup, Receipt
from sync.send import Sender


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What of a person was erased, or would be. Addresses are masked."""

    email: str
    other_emails: tuple[str, ...]
    """Further addresses that lead to the same contacts."""
    contact_ids: tuple[str, ...]
    memberships: tuple[Membership, ...]
    """Where this ledger put the person."""
    row_counts: dict[str, int]
    """Rows that spoke of the person, by state table."""
    wanted_on: tuple[str, ...]
    """Lists whose audience still has one of the addresses."""

    @property
    def is_known(self) -> bool:
        """Whether the ledger held anything about the address."""
        return any(self.row_counts.values())


def find(tables: PersonTables, email: str) -> Forgotten:
    """Say what would be erased; ask HubSpot nothing, and change nothing."""
    with Person(tables, email) as person:
        person.find()
        return _traces(person, email)


def forget(parts: Parts, tables: PersonTables, email: str) -> Forgotten:
    """Take the person off the lists, make sure that HubSpot has done so, then erase.

    Holds the lock of a run. Raises `SyncError`, and has erased nothing, when HubSpot does not say that the
    person is on no list any more.
    """
    with _locked(parts), Person(tables, email) as person:
        person.find()
        traces = _traces(person, email)
        step = 0
        if traces.is_known:
            _take_off(parts, person)
            step = parts.runs.next_step()
        # Also for an address that nobody knows: an erasure that died may have left old rows in a file.
        person.erase(step)
    return traces


def _traces(person: Person, email: str) -> Forgotten:
    own = {clean(email).lower(), judge(email).wire_email}
    return Forgotten(
        email=mask(email),
        other_emails=tuple(mask(each) for each in person.emails() if each not in own),
        contact_ids=tuple(contact_id for _, contact_id in person.contacts()),
        memberships=tuple(person.memberships()),
        row_counts=person.row_counts(),
        wanted_on=tuple(person.wanted_on()),
    )


@contextlib.contextmanager
def _locked(parts: Parts) -> Iterator[None]:
    parts.runs.acquire(0)
    try:
        yield
    except BaseException as error:
        # Where the warehouse itself fails, its error is the one to show.
        with contextlib.suppress(WarehouseError):
            _give_back(parts, error)
        raise
    if parts.runs.run_no:
        parts.runs.finish("done", _figures(parts))
    else:
        parts.runs.release()


def _give_back(parts: Parts, error: BaseException) -> None:
    if isinstance(error, BusyError):
        return  # A run whose lease is lost has no say any more.
    if parts.runs.run_no and isinstance(error, SyncError) and not isinstance(error, WarehouseError):
        status = "unfinished" if isinstance(error, UnfinishedError) else "failed"
        parts.runs.finish(status, _figures(parts) | {"error": error.code})
    else:
        # Without an end in order, what was sent and has no receipt stays in doubt.
        parts.runs.release()


def _figures(parts: Parts) -> dict[str, object]:
    hubspot = parts.hubspot
    return {"command": "forget", "requests": hubspot.requests if hubspot else 0, "lists": {}}


def _take_off(parts: Parts, person: Person) -> None:
    assert parts.hubspot is not None  # noqa: S101 a job that sends is never offline
    portal_id = confirmed_portal(parts)
    parts.runs.start(ruleset=ruleset(), portal_id=portal_id, version=parts.version)
    current = _current_contacts(parts, parts.hubspot, person, portal_id)
    here = [each for each in person.memberships() if each.portal_id == portal_id]
    # A contact that was merged into another one left it its place on the list.
    heirs = {replace(each, contact_id=contact_id) for each in here for contact_id in current}
    removals = [*here, *sorted(heirs.difference(here), key=lambda each: (each.list_id, each.contact_id))]
    person.record_removals(removals, parts.runs.run_no, parts.runs.next_step())
    step = parts.runs.next_step()
    for number, membership in enumerate(removals, start=1):
        parts.check_in()
        receipts = _remove(parts, parts.hubspot, membership, number)
        parts.ledger.record_receipts(receipts, parts.runs.run_no, step)
    if parts.caller.stopped_by is not None:
        raise parts.caller.stopped_by
    _look_for(parts, parts.hubspot, person, portal_id)
    if left := person.memberships():
        raise _still_listed(left, portal_id)


def _current_contacts(parts: Parts, hubspot: HubSpot, person: Person, portal_id: str) -> set[str]:
    """Ask which contacts have the addresses now, and let the person know them too."""
    emails = [email for email in person.emails() if judge(email).wire_email == email]
    found: list[Lookup] = []
    for some in chunks(emails, CONTACTS_PER_REQUEST):
        found += resolve(hubspot, parts.caller, some, BatchSize(CONTACTS_PER_REQUEST))
    if parts.caller.stopped_by is not None:
        raise parts.caller.stopped_by
    if len(found) < len(emails):
        raise UnfinishedError(
            "lookup_unanswered",
            "Nothing is erased: HubSpot did not say which contact has the address.",
            "Run forget again.",
        )
    parts.ledger.record_lookups(named_beside(found), portal_id, parts.runs.next_step())
    parts.ledger.record_lookups(found, portal_id, parts.runs.next_step())
    person.find()
    return {each.contact.contact_id for each in found if each.contact}


def _look_for(parts: Parts, hubspot: HubSpot, person: Person, portal_id: str) -> None:
    """Read the lists from which a removal had no clear answer: HubSpot says nothing of a contact that is no more."""
    step = parts.runs.next_step()
    for each in person.memberships():
        if each.portal_id == portal_id:
            pages = read_members(hubspot, parts.caller, each.list_id, parts.check_in)
            if not any(each.contact_id in page for page in pages):
                person.record_absence(each, step)


def _remove(parts: Parts, hubspot: HubSpot, membership: Membership, number: int) -> Sequence[Receipt]:
    found = parts.caller.call(lambda: hubspot.list_by_id(membership.list_id)).reply
    if found is not None and found.status == 404:
        return [Receipt(number, "missing", "list_gone")]
    name = membership.list_name or membership.list_id
    sender = Sender(hubspot, parts.caller, {name: membership.list_id}, 1)
    change = Change(number, name, "remove", membership.contact_id, None)
    return sender.send_batch(Batch("remove", name, (change,)))


def _still_listed(left: Sequence[Membership], portal_id: str) -> UnfinishedError:
    told = ", ".join(
        f"{each.list_name or each.list_id!r} (HubSpot list {each.list_id}, portal {each.portal_id})"
        for each in left
    )
    elsewhere = sorted({each.portal_id for each in left} - {portal_id})
    mend = f"Run forget with the token of portal {elsewhere[0]} too." if elsewhere else "Run forget again."
    return UnfinishedError("still_on_list", f"Nothing is erased: the person may be on {told}.", mend)
