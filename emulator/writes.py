"""Writing contacts: what HubSpot checks first, and a batch that stands or falls together or row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emulator import errors
from emulator.calls import Call
from emulator.contacts import AddressTakenError, Contact
from emulator.errors import Body, Problem, RefusedError

VERSIONS_WITH_RULES = ("2026-09",)
"""The versions that enforce an administrator's validation rules."""


@dataclass(frozen=True, slots=True)
class Write:
    """Values for a contact that is there, or, where ``contact`` is None, for one to be created."""

    contact: Contact | None
    values: Mapping[str, str]
    trace: str | None = None
    """The row's ``objectWriteTraceId``."""


@dataclass(frozen=True, slots=True)
class Written:
    """A contact as a write left it."""

    contact: Contact
    write: Write

    @property
    def new(self) -> bool:
        """Whether the write created it."""
        return self.write.contact is None

    def as_json(self, names: Sequence[str]) -> Body:
        """The record with the asked properties, and the row's trace id if it had one."""
        trace = {} if self.write.trace is None else {"objectWriteTraceId": self.write.trace}
        return self.contact.as_json(list(names)) | trace


def together(
    call: Call, writes: Sequence[Write], *, of_nobody: Sequence[Mapping[str, str]] = ()
) -> list[Written]:
    """Carry all writes out, or none. Raises :class:`~emulator.errors.RefusedError` (400, 409).

    ``of_nobody``: the values of rows that name no contact, which are checked like the others.
    """
    values = [*(write.values for write in writes), *of_nobody]
    if problems := [problem for each in values for problem in call.portal.definitions.problems(each)]:
        raise errors.invalid_properties(problems)
    if problems := [problem for write in writes for problem in _unmet_rules(call, write)]:
        raise errors.invalid_properties(problems)
    _refuse_taken_addresses(call, writes)
    return [_carry_out(call, write) for write in call.seen(list(writes))]


def row_by_row(call: Call, writes: Sequence[Write]) -> tuple[list[Written], list[Body]]:
    """Carry out what can be; the contacts written, and a 207's error for each other row's trace id."""
    done: list[Written] = []
    failures: list[Body] = []
    for write in call.seen(list(writes)):
        trace = write.trace or ""
        try:
            if problems := call.portal.definitions.problems(write.values) or _unmet_rules(call, write):
                raise errors.invalid_properties(problems)
            done.append(_carry_out(call, write))
        except AddressTakenError as taken:
            owner = str(taken.owner)
            failures.append(errors.row_error(errors.conflict(owner), trace, existingId=[owner]))
        except RefusedError as refusal:
            failures.append(errors.row_error(refusal, trace))
    return done, failures


def _unmet_rules(call: Call, write: Write) -> list[Problem]:
    if call.version not in VERSIONS_WITH_RULES or not call.portal.rules:
        return []
    before = {} if write.contact is None else write.contact.properties
    after = {**before, **write.values}
    return [problem for rule in call.portal.rules if (problem := rule.problem(after))]


def _carry_out(call: Call, write: Write) -> Written:
    contacts = call.portal.contacts
    if write.contact is None:
        contact = contacts.add(write.values, call.at)
        contacts.created += 1
        call.count("created", 1)
    else:
        contact = write.contact
        contacts.change(contact, write.values, call.at)
        call.count("updated", 1)
    return Written(contact, write)


def _refuse_taken_addresses(call: Call, writes: Sequence[Write]) -> None:
    """409 for the whole batch when a row writes an address of another contact or of another row."""
    claimed: dict[str, str | None] = {}
    for write in writes:
        address = write.values.get("email", "")
        if not address:
            continue
        owner = call.portal.contacts.by_address(address)
        if owner is not None and owner is not write.contact:
            raise errors.conflict(str(owner.id))
        if address.lower() in claimed:
            raise errors.conflict(claimed[address.lower()])
        claimed[address.lower()] = None if write.contact is None else str(write.contact.id)
