"""Find the contact behind each address whose lookup is due, with batch reads that never cost a good address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sync.answers import contacts_of, is_lasting, missing_ids, named_in, refused_ids
from sync.asking import Asking
from sync.batches import CONTACTS_PER_REQUEST, BatchSize, chunks
from sync.caller import CONTACTS, Answer, Caller
from sync.emails import judge
from sync.errors import UnfinishedError
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.records import Contact, Lookup, Reply
from sync.workers import work

_FLUSH_ROWS = 5_000


def look_up(
    ledger: Ledger,
    hubspot: HubSpot,
    caller: Caller,
    *,
    due: int,
    most_requests: int | None,
    portal_id: str,
    named_step: int,
    step: int,
    workers: int,
    keep_lease: Callable[[], None],
    tell: Callable[..., None],
) -> tuple[int, int]:
    """Look up `due` prepared addresses and record what HubSpot says; return how many it answered, and put off.

    Once `most_requests` are made (None: no matter) no further addresses are asked for: these are put off. Where HubSpot
    wants requests repeated or smaller, those under way by then come on top.
    What it says of addresses that were not asked for gets `named_step`, which is the step before `step`: an answer
    to a question about the address itself counts more.
    """
    buffer: list[Lookup] = []
    answered = asked = 0
    first_request = hubspot.requests
    in_turn = due if most_requests is None else min(due, most_requests * CONTACTS_PER_REQUEST)
    size = BatchSize(CONTACTS_PER_REQUEST)

    def flush() -> None:
        # First the others: who is found without them might be a contact that a hold reaches.
        ledger.record_lookups(named_beside(buffer), portal_id, named_step)
        ledger.record_lookups(buffer, portal_id, step)
        buffer.clear()

    def take(result: tuple[int, list[Lookup]]) -> None:
        nonlocal answered, asked
        addresses, lookups = result
        buffer.extend(lookups)
        asked += addresses
        answered += len(lookups)
        tell("looking_up", done=answered, total=in_turn)

    def between() -> None:
        keep_lease()
        if len(buffer) >= _FLUSH_ROWS:
            flush()

    def has_used_its_share() -> bool:
        return most_requests is not None and hubspot.requests - first_request >= most_requests

    try:
        work(
            _batches(ledger, in_turn),
            lambda emails: (len(emails), resolve(hubspot, caller, emails, size)),
            take,
            workers=workers,
            stopped=lambda: caller.stopped_by is not None or has_used_its_share(),
            between=between,
        )
    finally:
        flush()
    return answered, 0 if caller.stopped_by is not None else due - asked


def _batches(ledger: Ledger, due: int) -> Iterator[list[str]]:
    read_size = 100 * CONTACTS_PER_REQUEST
    for start in range(1, due + 1, read_size):
        yield from chunks(ledger.due_lookups(start, min(start + read_size - 1, due)), CONTACTS_PER_REQUEST)


def resolve(hubspot: HubSpot, caller: Caller, emails: Sequence[str], size: BatchSize) -> list[Lookup]:
    """Look up at most 100 addresses. An address that HubSpot says nothing about, asked twice, is not in the result."""
    lookups: list[Lookup] = []
    asked = list(emails)
    for is_last in (False, True):
        told, answered, refused = _ask_for(hubspot, caller, asked, size)
        if refused is None:
            # The strict verdict let each of them pass: it is the request that HubSpot dislikes, not the addresses.
            caller.stop(
                UnfinishedError(
                    "lookup_refused",
                    "HubSpot refuses to look up any address of a batch.",
                    "Check HUBSPOT_API_VERSION and HubSpot's changelog; no lookup was recorded.",
                )
            )
            return []
        # One that a partial answer refuses was refused once: as little as a silence it counts at once.
        lookups += [each for each in told if is_last or each.outcome != "refused"]
        lookups += [Lookup(email, "refused", None) for email in refused]
        known = {each.wire_email for each in lookups}
        asked = [email for email in answered if email not in known]
        if not asked:
            break
    return lookups


def named_beside(lookups: Sequence[Lookup]) -> list[Lookup]:
    """The other addresses of the contacts that were found, each as a lookup of its own, in wire form."""
    asked = {each.wire_email for each in lookups}
    contacts = {each.contact.contact_id: each.contact for each in lookups if each.contact}
    others = {
        (_wire(email), contact)
        for contact in contacts.values()
        for email in (contact.primary_email, *contact.additional_emails)
        if email
    }
    return [
        Lookup(email, "found", contact)
        for email, contact in sorted(others, key=lambda other: (other[0], other[1].contact_id))
        if email not in asked
    ]


def _ask_for(
    hubspot: HubSpot, caller: Caller, emails: Sequence[str], size: BatchSize
) -> tuple[list[Lookup], list[str], list[str] | None]:
    """What HubSpot tells, the addresses of the requests that it answered, and those it refuses."""
    told: list[Lookup] = []
    answered: list[str] = []

    def read(part: Sequence[str], answer: Answer) -> None:
        if answer.reply is not None and answer.reply.status in (200, 207):
            told.extend(_lookups(part, answer.reply))
            answered.extend(part)

    def ask(*, is_sure: bool) -> tuple[Asking[str], list[str] | None]:
        asking = Asking(caller, size, hubspot.read_contacts, read, str, about=CONTACTS, is_sure=is_sure)
        return asking, asking.send(emails)

    def named(asking: Asking[str]) -> set[str]:
        return {email for email, reply in asking.refusals.items() if named_in(reply, [email])}

    # With nobody to pass beside them only their names tell that it is the addresses, not the request.
    asking, refused = ask(is_sure=False)
    if refused is None and len(named(asking)) == len(asking.refusals):
        asking, refused = ask(is_sure=True)
    if refused and not answered:
        by_name = named(asking)
        refused = [email for email in refused if email in by_name]
    return told, answered, refused


def _lookups(emails: Sequence[str], reply: Reply) -> Iterator[Lookup]:
    found = _by_address(contacts_of(reply))
    missing = missing_ids(reply)
    refused = refused_ids(reply)
    for email in emails:
        if contact := found.get(email):
            yield Lookup(email, "found", contact)
        elif email in missing:
            yield Lookup(email, "absent", None)
        elif email in refused and is_lasting(refused[email]):
            yield Lookup(email, "refused", None)


def _by_address(contacts: Sequence[Contact]) -> dict[str, Contact]:
    # HubSpot does not say which input led to which contact, and compares without case.
    found: dict[str, Contact] = {}
    for contact in contacts:
        for email in contact.additional_emails:
            found.setdefault(_wire(email), contact)
    # A primary address is written last: it wins over another contact's secondary one.
    return found | {_wire(contact.primary_email): contact for contact in contacts}


def _wire(email: str) -> str:
    # HubSpot may store an international domain in either form.
    return email if email.isascii() else judge(email).wire_email or email
