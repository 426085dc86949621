"""The contact endpoints but for batches: one contact, and merging two."""

from emulator import errors, finding, shapes, writes
from emulator.calls import Answer, Call
from emulator.contacts import Contact
from emulator.writes import Write

_MERGE = shapes.members({"primaryObjectId": shapes.text, "objectIdToMerge": shapes.text})
_UPDATE = shapes.members({"properties": shapes.values}, {"objectWriteTraceId": shapes.text})
_CREATE = shapes.members(
    {"properties": shapes.values},
    {"associations": shapes.items(shapes.anything), "objectWriteTraceId": shapes.text},
)


def read_one(call: Call) -> Answer:
    """``GET .../contacts/{contactId}``: by record id, or by address with ``idProperty=email``."""
    found = _named(call, archived=call.flag("archived"))
    asked = finding.listed(call.query.get("properties", ""))
    history = finding.listed(call.query.get("propertiesWithHistory", ""))
    names = finding.shown(call, asked or finding.DEFAULT_PROPERTIES)
    return Answer(200, found.as_json(names, finding.shown(call, history)))


def create_one(call: Call) -> Answer:
    """``POST .../contacts``: 201 with the new contact."""
    body = call.body(_CREATE)
    (made,) = writes.together(call, [Write(None, body["properties"], body.get("objectWriteTraceId"))])
    return Answer(201, made.as_json([*finding.DEFAULT_PROPERTIES, *body["properties"]]))


def update_one(call: Call) -> Answer:
    """``PATCH .../contacts/{contactId}``, also by address: 200 with the contact, 404 when there is none."""
    body = call.body(_UPDATE)
    write = Write(_named(call), body["properties"], body.get("objectWriteTraceId"))
    (written,) = writes.together(call, [write])
    return Answer(200, written.as_json(list(body["properties"])))


def archive(call: Call) -> Answer:
    """``DELETE .../contacts/{contactId}``: 204."""
    call.portal.archive(_contact(call, call.params["contactId"]), call.at)
    call.count("archived", 1)
    return Answer(204, None)


def merge(call: Call) -> Answer:
    """``POST .../contacts/merge``: the primary contact as it is afterwards."""
    body = call.body(_MERGE)
    primary, losing = (_contact(call, body[name]) for name in ("primaryObjectId", "objectIdToMerge"))
    if primary is losing:
        raise errors.invalid("A contact cannot be merged with itself.")
    call.portal.merge(primary, losing, call.at)
    call.count("merged", 1)
    return Answer(200, primary.as_json([*finding.DEFAULT_PROPERTIES, "hs_additional_emails"]))


def _named(call: Call, *, archived: bool = False) -> Contact:
    """The contact the path names. Raises :class:`~emulator.errors.RefusedError` (400, 404)."""
    key = call.params["contactId"]
    found = finding.finder(call, call.query.get("idProperty"), archived=archived)(key)
    if found is None:
        raise errors.no_such_contact(key)
    return found


def _contact(call: Call, record_id: str) -> Contact:
    found = call.portal.contacts.by_id(record_id)
    if found is None:
        raise errors.no_such_contact(record_id)
    return found
