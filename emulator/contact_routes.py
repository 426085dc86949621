"""The contact endpoints but for batches: one contact by id, its deletion, and merging two."""

from emulator import shapes
from emulator.calls import Answer, Call
from emulator.contacts import Contact
from emulator.errors import invalid, no_such_contact

DEFAULT_PROPERTIES = ["email", "firstname", "lastname"]
"""What one contact shows when the query names no properties."""

_MERGE = shapes.members({"primaryObjectId": shapes.text, "objectIdToMerge": shapes.text})


def read_one(call: Call) -> Answer:
    """``GET .../contacts/{contactId}``: by record id, or by address with ``idProperty=email``."""
    key = call.params["contactId"]
    id_property = call.query.get("idProperty", "hs_object_id")
    if id_property not in ("email", "hs_object_id"):
        raise invalid(f"idProperty {id_property} is not a unique property of contacts")
    contacts = call.portal.contacts
    found = contacts.by_address(key) if id_property == "email" else contacts.by_id(key)
    if found is None:
        raise no_such_contact(key)
    asked = [name for name in call.query.get("properties", "").split(",") if name]
    names = [name for name in asked or DEFAULT_PROPERTIES if name in call.portal.definitions]
    return Answer(200, found.as_json(names))


def archive(call: Call) -> Answer:
    """``DELETE .../contacts/{contactId}``: 204."""
    call.portal.archive(_contact(call, call.params["contactId"]))
    call.count("archived", 1)
    return Answer(204, None)


def merge(call: Call) -> Answer:
    """``POST .../contacts/merge``: the primary contact as it is afterwards."""
    body = call.body(_MERGE)
    primary, losing = (_contact(call, body[name]) for name in ("primaryObjectId", "objectIdToMerge"))
    if primary is losing:
        raise invalid("A contact cannot be merged with itself.")
    call.portal.merge(primary, losing, call.at)
    call.count("merged", 1)
    return Answer(200, primary.as_json([*DEFAULT_PROPERTIES, "hs_additional_emails"]))


def _contact(call: Call, record_id: str) -> Contact:
    found = call.portal.contacts.by_id(record_id)
    if found is None:
        raise no_such_contact(record_id)
    return found
