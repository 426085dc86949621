"""The contact batches that update, create and upsert, all or nothing or row by row."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator import batches, errors, finding, shapes, writes
from emulator.calls import Answer, Call
from emulator.contacts import Contact
from emulator.errors import Body
from emulator.writes import Write, Written

_UPDATE_ROW = shapes.members(
    {"id": shapes.text, "properties": shapes.values},
    {"idProperty": shapes.text, "objectWriteTraceId": shapes.text},
)
_UPDATE = shapes.members({"inputs": shapes.items(_UPDATE_ROW)})
_CREATE_ROW = shapes.members(
    {"properties": shapes.values},
    {"associations": shapes.items(shapes.anything), "objectWriteTraceId": shapes.text},
)
_CREATE = shapes.members({"inputs": shapes.items(_CREATE_ROW)})


def update(call: Call) -> Answer:
    """``POST .../contacts/batch/update``: by record id; by address only if the behaviour says so.

    Ids named twice refuse the whole batch, and so does a value HubSpot refuses, unless the behaviour is
    ``mixed`` and every row has a trace id. Unknown ids make a 207.
    """
    rows = batches.inputs(call.body(_UPDATE))
    if call.behaviour.email_as_id_property_in_batch_update == "refuse" and any(
        row.get("idProperty") == finding.BY_ADDRESS for row in rows
    ):
        raise errors.invalid("idProperty is a non-unique 0-1 property: update contacts by record id")
    found = [_find(call, row) for row in rows]
    _refuse_duplicates(rows, found)
    pairs = call.seen(list(zip(rows, found, strict=True)))
    known = [_write(contact, row) for row, contact in pairs if contact]
    unknown = [row for row, contact in pairs if contact is None]
    failures: list[Body] = []
    if call.behaviour.bad_property_batch == "mixed" and batches.traced(rows):
        done, failures = writes.row_by_row(call, known)
    else:
        done = writes.together(call, known, of_nobody=[row["properties"] for row in unknown])
    if missing := [row for row in unknown if not finding.vanishes(call, row["id"])]:
        traces = [row["objectWriteTraceId"] for row in missing if "objectWriteTraceId" in row]
        failures = [errors.missing_records([row["id"] for row in missing], traces), *failures]
    results = [each.as_json(list(each.write.values)) for each in done]
    return batches.answer(call, batches.by_id(results), failures)


def create(call: Call) -> Answer:
    """``POST .../contacts/batch/create``: 201, or 207 when every row carries a trace id and some failed.

    Without trace ids one bad row refuses the whole batch and creates nobody.
    """
    rows = batches.inputs(call.body(_CREATE))
    done, failures = _carry_out(call, rows, [_write(None, row) for row in rows])
    results = [each.as_json(finding.DEFAULT_PROPERTIES) for each in done]
    return batches.answer(call, batches.by_id(results), failures, done=201)


def upsert(call: Call) -> Answer:
    """``POST .../contacts/batch/upsert``: updates who is there and creates who is not; 200, or as create.

    Each result tells in ``new`` which it was. A new contact gets the address it was looked for by; nobody can
    be created under a record id that does not exist.
    """
    rows = batches.inputs(call.body(_UPDATE))
    found = [_find(call, row) for row in rows]
    _refuse_duplicates(rows, found)
    unknown = [
        row["id"]
        for row, contact in zip(rows, found, strict=True)
        if contact is None and row.get("idProperty") != finding.BY_ADDRESS
    ]
    if unknown:
        raise errors.invalid(f"No contact has the record id {unknown[0]}: only an address can be upserted")
    planned = [
        _write(contact, row if contact else {**row, "properties": {"email": row["id"], **row["properties"]}})
        for row, contact in zip(rows, found, strict=True)
    ]
    done, failures = _carry_out(call, rows, planned)
    results = [each.as_json(list(each.write.values)) | {"new": each.new} for each in done]
    return batches.answer(call, batches.by_id(results), failures)


def _carry_out(
    call: Call, rows: Sequence[Mapping[str, Any]], planned: Sequence[Write]
) -> tuple[list[Written], list[Body]]:
    return writes.row_by_row(call, planned) if batches.traced(rows) else (writes.together(call, planned), [])


def _find(call: Call, row: Mapping[str, Any]) -> Contact | None:
    return finding.finder(call, row.get("idProperty"))(row["id"])


def _write(contact: Contact | None, row: Mapping[str, Any]) -> Write:
    return Write(contact, row["properties"], row.get("objectWriteTraceId"))


def _refuse_duplicates(rows: Sequence[Mapping[str, Any]], found: Sequence[Contact | None]) -> None:
    """400 when two rows name one contact, in the same or in different words."""
    named: dict[object, str] = {}
    twice: dict[str, None] = {}
    for row, contact in zip(rows, found, strict=True):
        who: object = row["id"].lower() if contact is None else contact.id
        if who in named:
            twice[named[who]] = None
        named.setdefault(who, row["id"])
    if twice:
        raise errors.duplicate_ids(list(twice))
