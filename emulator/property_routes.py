"""The endpoints about contact properties: list, read and define them."""

from typing import Any

from emulator import batches, errors, shapes
from emulator.calls import Answer, Call
from emulator.errors import Body, RefusedError
from emulator.properties import FIELD_TYPES, GROUP, Definition, Option, is_name

_OPTION = shapes.members(
    {"label": shapes.filled, "value": shapes.filled},
    {"description": shapes.text, "displayOrder": shapes.whole(-1, 10**6), "hidden": shapes.flag},
)
_DEFINITION = shapes.members(
    {
        "name": shapes.filled,
        "label": shapes.filled,
        "type": shapes.one_of(*FIELD_TYPES),
        "fieldType": shapes.text,
        "groupName": shapes.text,
    },
    {
        "calculationFormula": shapes.text,
        "description": shapes.text,
        "displayOrder": shapes.whole(-1, 10**6),
        "formField": shapes.flag,
        "hasUniqueValue": shapes.flag,
        "hidden": shapes.flag,
        "options": shapes.items(_OPTION),
    },
)
_DEFINITIONS = shapes.members({"inputs": shapes.items(_DEFINITION)})
_NAMES = shapes.members(
    {"inputs": shapes.items(shapes.members({"name": shapes.text}))}, {"archived": shapes.flag}
)


def read_all(call: Call) -> Answer:
    """``GET .../properties/contacts``: every property definition."""
    return Answer(200, {"results": [] if call.flag("archived") else call.portal.definitions.as_json()})


def read_one(call: Call) -> Answer:
    """``GET .../properties/contacts/{propertyName}``."""
    name = call.params["propertyName"]
    found = None if call.flag("archived") else call.portal.definitions.get(name)
    if found is None:
        raise errors.no_such_property(name)
    return Answer(200, found.as_json())


def create(call: Call) -> Answer:
    """``POST .../properties/contacts``: 201 with the definition; 409 when the name is taken."""
    return Answer(201, _define(call, call.body(_DEFINITION)))


def batch_read(call: Call) -> Answer:
    """``POST .../properties/contacts/batch/read``: 207 with the names that are not there, if any."""
    body = call.body(_NAMES)
    names = dict.fromkeys(row["name"] for row in batches.inputs(body))
    known = call.portal.definitions
    found = [known.get(name) for name in names if not body.get("archived", False)]
    results = [each.as_json() for each in found if each]
    there = {each["name"] for each in results}
    failures = [_row_error(errors.no_such_property(name), name) for name in names if name not in there]
    return batches.answer(call, results, failures)


def batch_create(call: Call) -> Answer:
    """``POST .../properties/contacts/batch/create``: 201, or 207 with an error for each one not defined."""
    made: list[Body] = []
    failures: list[Body] = []
    for row in batches.inputs(call.body(_DEFINITIONS)):
        try:
            made.append(_define(call, row))
        except RefusedError as refusal:
            failures.append(_row_error(refusal, row["name"]))
    return batches.answer(call, made, failures, done=201)


def _define(call: Call, wanted: dict[str, Any]) -> Body:
    """Add the property. Raises :class:`~emulator.errors.RefusedError` (400, 409)."""
    definition = _definition(wanted)
    if definition.name in call.portal.definitions:
        raise errors.property_exists(definition.name)
    call.portal.definitions.add(definition)
    call.count("properties_created", 1)
    return definition.as_json()


def _definition(wanted: dict[str, Any]) -> Definition:
    name, kind, field_type = wanted["name"], wanted["type"], wanted["fieldType"]
    options = tuple(
        Option(each["value"], each["label"], each.get("hidden", False)) for each in wanted.get("options", [])
    )
    if not is_name(name):
        raise errors.invalid(
            f"The property name {name} must begin with a lower-case letter and hold only lower-case letters, "
            "digits and underscores, 100 at most"
        )
    if field_type not in FIELD_TYPES[kind]:
        raise errors.invalid(f"fieldType {field_type} does not go with type {kind}")
    if wanted["groupName"] != GROUP:
        raise errors.invalid(f"There is no property group {wanted['groupName']}")
    if (kind == "enumeration") != bool(options):
        raise errors.invalid("A property has options if, and only if, its type is enumeration")
    if len({each.value for each in options}) < len(options):
        raise errors.invalid("Two options have the same value")
    if wanted.get("hasUniqueValue", False):
        raise errors.invalid("This portal takes no more properties with unique values")
    return Definition(
        name,
        kind,
        options=options,
        hubspot_defined=False,
        label=wanted["label"],
        field_type=field_type,
        description=wanted.get("description", ""),
        hidden=wanted.get("hidden", False),
        calculated=field_type == "calculation_equation",
    )


def _row_error(refusal: RefusedError, name: str) -> Body:
    body = {key: value for key, value in refusal.body.items() if key != "correlationId"}
    return body | {"context": {"name": [name]}}
