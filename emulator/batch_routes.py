"""The contact batches: read, update and create, with HubSpot's all-or-nothing and its partial answers."""

from collections.abc import Callable, Iterable
from typing import Any

from emulator import errors, shapes
from emulator.addresses import acceptable
from emulator.calls import Answer, Call
from emulator.contacts import AddressTakenError, Contact
from emulator.errors import Body, RefusedError

MOST_INPUTS = 100
MOST_INPUTS_WITH_HISTORY = 50

_READ = shapes.members(
    {"inputs": shapes.items(shapes.members({"id": shapes.text})), "properties": shapes.items(shapes.text)},
    {"propertiesWithHistory": shapes.items(shapes.text), "idProperty": shapes.text},
)
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


def read(call: Call) -> Answer:
    """``POST .../contacts/batch/read``: by record id, or by address with ``idProperty=email``.

    200 when every input was found, else 207 with the others in ``context.ids`` as sent; ids lost in a merge
    appear nowhere. One malformed address makes the whole call a 400.
    """
    body = call.body(_READ)
    history = body.get("propertiesWithHistory", [])
    keys = [row["id"] for row in _inputs(body, MOST_INPUTS_WITH_HISTORY if history else MOST_INPUTS)]
    contacts = call.portal.contacts
    find: Callable[[str], Contact | None]
    match body.get("idProperty", "hs_object_id"):
        case "email":
            if bad := [key for key in keys if not acceptable(key)]:
                raise errors.invalid_properties([errors.invalid_email(bad[0])])
            find = contacts.by_address
        case "hs_object_id":
            find = contacts.by_id
        case other:
            raise errors.invalid(f"idProperty {other} is not a unique property of contacts")
    found: dict[int, Contact] = {}
    missing: dict[str, None] = {}
    for key in call.seen(keys):
        contact = find(key)
        if contact is not None:
            found[contact.id] = contact
        elif not contacts.is_merged(key):
            missing[key] = None
    names = [name for name in body["properties"] if name in call.portal.definitions]
    kept = [name for name in history if name in call.portal.definitions]
    failures = [errors.missing_records(list(missing))] if missing else []
    return _batch(call, (each.as_json(names, kept) for each in found.values()), failures)


def update(call: Call) -> Answer:
    """``POST .../contacts/batch/update``, by record id only.

    Ids named twice, and any value HubSpot refuses, refuse the whole batch. Unknown ids make a 207; ids lost
    in a merge appear nowhere.
    """
    rows = _inputs(call.body(_UPDATE), MOST_INPUTS)
    if any(row.get("idProperty", "hs_object_id") != "hs_object_id" for row in rows):
        raise errors.invalid("idProperty is a non-unique 0-1 property: update contacts by record id")
    ids = [row["id"] for row in rows]
    if twice := [key for key in dict.fromkeys(ids) if ids.count(key) > 1]:
        raise errors.duplicate_ids(twice)
    _refuse_bad_values(call, rows)
    _refuse_taken_addresses(call, rows)
    contacts = call.portal.contacts
    written: list[Body] = []
    missing: list[dict[str, Any]] = []
    for row in call.seen(rows):
        contact = contacts.by_id(row["id"])
        if contact is None:
            if not contacts.is_merged(row["id"]):
                missing.append(row)
            continue
        contacts.change(contact, row["properties"], call.at)
        written.append(contact.as_json(list(row["properties"])) | _trace(row))
    call.count("updated", len(written))
    traces = [row["objectWriteTraceId"] for row in missing if "objectWriteTraceId" in row]
    failures = [errors.missing_records([row["id"] for row in missing], traces)] if missing else []
    return _batch(call, written, failures)


def create(call: Call) -> Answer:
    """``POST .../contacts/batch/create``: 201, or 207 when every row carries a trace id and some failed.

    Without trace ids one bad row refuses the whole batch and creates nobody.
    """
    rows = _inputs(call.body(_CREATE), MOST_INPUTS)
    traced = all("objectWriteTraceId" in row for row in rows)
    if not traced:
        _refuse_bad_values(call, rows)
    made: list[Contact] = []
    failures: list[Body] = []
    for row in call.seen(rows):
        try:
            made.append(_create_one(call, row["properties"]))
        except AddressTakenError as taken:
            if not traced:
                for contact in made:
                    call.portal.archive(contact)
                raise errors.conflict(str(taken.owner)) from None
            owner = [str(taken.owner)]
            refusal = errors.conflict(str(taken.owner))
            failures.append(errors.row_error(refusal, row["objectWriteTraceId"], existingId=owner))
        except RefusedError as refusal:
            failures.append(errors.row_error(refusal, row["objectWriteTraceId"]))
    call.portal.contacts.created += len(made)
    call.count("created", len(made))
    names = ["email", "firstname", "lastname"]
    return _batch(call, (each.as_json(names) for each in made), failures, done=201)


def _create_one(call: Call, properties: dict[str, str]) -> Contact:
    if problems := call.portal.definitions.problems(properties):
        raise errors.invalid_properties(problems)
    return call.portal.contacts.add(properties, call.at)


def _refuse_bad_values(call: Call, rows: list[dict[str, Any]]) -> None:
    problems = [each for row in rows for each in call.portal.definitions.problems(row["properties"])]
    if problems:
        raise errors.invalid_properties(problems)


def _refuse_taken_addresses(call: Call, rows: list[dict[str, Any]]) -> None:
    """409 for the whole batch when a row writes an address of another contact or of another row."""
    claimed: dict[str, str] = {}
    for row in rows:
        address = row["properties"].get("email", "")
        if not address:
            continue
        owner = call.portal.contacts.by_address(address)
        for other in (str(owner.id) if owner else row["id"], claimed.get(address.lower(), row["id"])):
            if other != row["id"]:
                raise errors.conflict(other)
        claimed[address.lower()] = row["id"]


def _inputs(body: Body, most: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body["inputs"]
    if not rows:
        raise errors.invalid("inputs must not be empty")
    if len(rows) > most:
        raise errors.invalid(f"The maximum number of inputs for this batch is {most}, got {len(rows)}")
    return rows


def _trace(row: dict[str, Any]) -> Body:
    return {name: row[name] for name in ("objectWriteTraceId",) if name in row}


def _batch(call: Call, results: Iterable[Body], failures: list[Body], done: int = 200) -> Answer:
    """A batch answer; results by record id, since HubSpot promises no order to lean on."""
    body: Body = {
        "status": "COMPLETE",
        "results": sorted(results, key=lambda record: int(record["id"])),
        "startedAt": call.at,
        "completedAt": call.at,
    }
    if failures:
        body |= {"numErrors": len(failures), "errors": failures}
    return Answer(207 if failures else done, body)
