"""Whether attributes and values fit HubSpot's properties, and what of an update is left to write. No I/O.

Types and formats are those of HubSpot's properties guide: dates in UTC, a `date` at midnight, choices with `;`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sync.masking import mask_all
from sync.records import Attribute, PropertyDefinition

IDENTIFYING = frozenset({"email", "hs_additional_emails", "hs_object_id"})
"""They say which contact it is: an update that wrote one would turn it into another."""
_TAKEN_BY = {
    "text": ("string", "enumeration", "phone_number"),
    "number": ("number", "string", "enumeration"),
    "date": ("date", "datetime", "string"),
    "datetime": ("datetime", "string"),
    "boolean": ("bool", "enumeration", "string"),
    "multi_select": ("enumeration",),
}
"""HubSpot's types that take each type of var `hubspot_attributes`."""
_SEVERAL = "checkbox"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MILLISECONDS = re.compile(r"-?[0-9]{1,15}")
_DAY = 86_400_000


def arrow(attribute: Attribute) -> str:
    """An attribute as messages name it; `hubspot_rejected_updates` reads column and property from that."""
    return f"column {attribute.column} -> property {_shown(attribute.name)}"


def _shown(name: str) -> str:
    # In a model's own JSON a name may be anything.
    return name if re.fullmatch("[a-z0-9_]{1,100}", name) else mask_all(ascii(name)[:100])


def with_unlisted(attributes: Sequence[Attribute], names: Iterable[str]) -> list[Attribute]:
    """The attributes, and one with the defaults for every other name that a payload holds."""
    listed = {each.name for each in attributes}
    others = sorted(name for name in names if name not in listed and name.lower() not in IDENTIFYING)
    return [*attributes, *(Attribute("properties", name, None, "set_if_empty") for name in others)]


def problems(attributes: Iterable[Attribute], definitions: Mapping[str, PropertyDefinition]) -> list[str]:
    """What is wrong with the mapping, whatever the values: one line an attribute."""
    found = ((each, _problem(each, definitions.get(each.name))) for each in attributes)
    return [f"{arrow(attribute)}: {problem}" for attribute, problem in found if problem]


def _problem(attribute: Attribute, definition: PropertyDefinition | None) -> str | None:
    if definition is None:
        return "does not exist in HubSpot"
    if definition.archived:
        return "is archived in HubSpot"
    if definition.calculated:
        return "is calculated by HubSpot and cannot be written"
    if definition.read_only:
        return "is read-only in HubSpot"
    kind = definition.type
    if attribute.type is not None and kind not in _TAKEN_BY[attribute.type]:
        return f"is of type {kind} in HubSpot, which takes no attribute of type {attribute.type}"
    if attribute.type == "multi_select" and definition.field_type != _SEVERAL:
        return f"takes one choice only in HubSpot (field type {definition.field_type}), no multi_select"
    if kind == "enumeration" and definition.options is not None and not definition.options:
        return "has no options in HubSpot, so no value fits"
    return None


def payload_of(text: str | None) -> dict[str, str] | None:
    """The properties of a payload, or None where it is nothing that may be sent."""
    try:
        properties = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(properties, dict) or not all(isinstance(each, str) for each in properties.values()):
        return None
    return None if IDENTIFYING & set(map(str.lower, properties)) else properties


def fault(definition: PropertyDefinition, value: str) -> tuple[str, str] | None:
    """Code and sentence for a value that HubSpot would refuse, or None. An empty value clears and always fits."""
    if value == "":
        return None
    match definition.type:
        case "number" if not _NUMBER.fullmatch(value):
            return "not_a_number", "the value is no number"
        case "bool" if value not in ("true", "false"):
            return "not_a_boolean", "the value is neither true nor false"
        case "date" if (milliseconds := _moment(value)) is None or milliseconds % _DAY:
            return "not_a_date", "the value is no date (YYYY-MM-DD)"
        case "datetime" if _moment(value) is None:
            return "not_a_datetime", "the value is no date and time (ISO 8601)"
        case "phone_number" if value != value.strip():
            return "white_space", "the value begins or ends with white space"
        case "enumeration" if definition.options is not None:
            chosen = value.split(";") if definition.field_type == _SEVERAL else [value]
            if not definition.options.issuperset(chosen):
                return "unknown_option", "the value is none of the property's options in HubSpot"
    return None


def _moment(value: str) -> int | None:
    """Milliseconds since 1970 of a moment in one of HubSpot's two forms."""
    if _MILLISECONDS.fullmatch(value):
        return int(value)
    # fromisoformat also reads forms that HubSpot does not document.
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T|$)", value):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    moment = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def left_to_write(
    properties: Mapping[str, str], modes: Mapping[str, str], present: Mapping[str, str]
) -> dict[str, str]:
    """What of a payload is to be written to a contact that has the values `present`.

    Nothing is emptied but by `clear_when_null`, and nothing that HubSpot has is overwritten by `set_if_empty`.
    """
    return {
        name: value
        for name, value in properties.items()
        if (mode := mode_of(name, modes)) == "clear_when_null"
        or (value and (mode == "set" or not present.get(name)))
    }


def mode_of(name: str, modes: Mapping[str, str]) -> str:
    """The mode of a property: by default what HubSpot has stays."""
    return modes.get(name, "set_if_empty")
