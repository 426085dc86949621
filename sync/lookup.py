"""Find the contact behind each address whose lookup is due, with batch reads that never cost a good address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sync.answers import contacts_of, missing_ids
from sync.batches import CONTACTS_PER_REQUEST, chunks, isolate
from sync.caller import Caller
from sync.emails import judge
from sync.errors import UnfinishedError
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.records import Contact, Lookup, Reply
from sync.workers import work

_FLUSH_ROWS = 5_000
_REFUSED = (400, 413, 414)


def look_up(
    ledger: Ledger,
    hubspot: HubSpot,
    caller: Caller,
    *,
    due: int,
    portal_id: str,
    step: int,
    workers: int,
    keep_lease: Callable[[], None],
    tell: Callable[..., None],
) -> int:
    """Look up `due` prepared addresses and record what HubSpot says; return how many it said nothing about."""
    buffer: list[Lookup] = []
    answered = 0

    def flush() -> None:
        ledger.record_lookups(buffer, portal_id, step)
        buffer.clear()

    def take(lookups: list[Lookup]) -> None:
        nonlocal answered
        buffer.extend(lookups)
        answered += len(lookups)
        tell("looking_up", done=answered, total=due)

    def between() -> None:
        keep_lease()
        if len(buffer) >= _FLUSH_ROWS:
            flush()

    try:
        work(
            _batches(ledger, due),
            lambda emails: resolve(hubspot, caller, emails),
            take,
            workers=workers,
            stopped=lambda: caller.stopped_by is not None,
            between=between,
        )
    finally:
        flush()
    return due - answered


def _batches(ledger: Ledger, due: int) -> Iterator[list[str]]:
    read_size = 100 * CONTACTS_PER_REQUEST
    for start in range(1, due + 1, read_size):
        yield from chunks(ledger.due_lookups(start, start + read_size - 1), CONTACTS_PER_REQUEST)


def resolve(hubspot: HubSpot, caller: Caller, emails: Sequence[str]) -> list[Lookup]:
    """Look up at most 100 addresses. An address that HubSpot says nothing about is not in the result."""
    lookups: list[Lookup] = []

    def is_refused(part: Sequence[str]) -> bool:
        reply = caller.call(lambda: hubspot.read_contacts(part)).reply
        if reply is not None and reply.status in (200, 207):
            lookups.extend(_lookups(part, reply))
        return reply is not None and reply.status in _REFUSED

    refused = isolate(emails, is_refused)
    if len(refused) > 2 and len(refused) == len(emails):
        # The strict verdict let each of them pass: it is the request that HubSpot dislikes, not the addresses.
        caller.stop(
            UnfinishedError(
                "lookup_refused",
                "HubSpot refuses to look up any address of a batch.",
                "Check HUBSPOT_API_VERSION and HubSpot's changelog; no lookup was recorded.",
            )
        )
        return []
    return lookups + [Lookup(email, "refused", None) for email in refused]


def _lookups(emails: Sequence[str], reply: Reply) -> Iterator[Lookup]:
    found = _by_address(contacts_of(reply))
    missing = missing_ids(reply)
    for email in emails:
        if contact := found.get(email):
            yield Lookup(email, "found", contact)
        elif email in missing:
            yield Lookup(email, "absent", None)


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
