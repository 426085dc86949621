"""The contact batches that read and archive."""

from emulator import batches, errors, finding, shapes
from emulator.addresses import acceptable
from emulator.calls import Answer, Call
from emulator.contacts import Contact

_READ = shapes.members(
    {"inputs": shapes.items(shapes.members({"id": shapes.text})), "properties": shapes.items(shapes.text)},
    {"propertiesWithHistory": shapes.items(shapes.text), "idProperty": shapes.text},
)
_ARCHIVE = shapes.members({"inputs": shapes.items(shapes.members({"id": shapes.text}))})


def read(call: Call) -> Answer:
    """``POST .../contacts/batch/read``: by record id, or by address with ``idProperty=email``.

    200 when every input was found, else 207 with the others in ``context.ids`` as sent. Ids lost in a merge
    and malformed addresses go as the behaviour says.
    """
    body = call.body(_READ)
    history = body.get("propertiesWithHistory", [])
    most = batches.MOST_INPUTS_WITH_HISTORY if history else batches.MOST_INPUTS
    keys = [row["id"] for row in batches.inputs(body, most)]
    id_property = body.get("idProperty")
    find = finding.finder(call, id_property, archived=call.flag("archived"))
    strict = id_property == finding.BY_ADDRESS and call.behaviour.malformed_email_lookup == "refuse"
    if strict and (bad := [key for key in keys if not acceptable(key)]):
        raise errors.invalid_properties([errors.invalid_email(bad[0])])
    names, kept = finding.shown(call, body["properties"]), finding.shown(call, history)
    found: dict[int, Contact] = {}
    missing: dict[str, None] = {}
    for key in call.seen(keys):
        contact = find(key)
        if contact is not None:
            found[contact.id] = contact
        elif not finding.vanishes(call, key):
            missing[key] = None
    failures = [errors.missing_records(list(missing))] if missing else []
    return batches.answer(call, batches.by_id(each.as_json(names, kept) for each in found.values()), failures)


def archive(call: Call) -> Answer:
    """``POST .../contacts/batch/archive``: 204, whether or not the contacts were there."""
    rows = batches.inputs(call.body(_ARCHIVE))
    for row in call.seen(rows):
        contact = call.portal.contacts.by_id(row["id"])
        if contact is not None:
            call.portal.archive(contact, call.at)
            call.count("archived", 1)
    return Answer(204, None)
