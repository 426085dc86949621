"""The contact properties of the portal: their definitions, and which values HubSpot takes for each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulator.addresses import acceptable
from emulator.errors import Problem, invalid_email

LIFECYCLE_STAGES = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
"""In HubSpot's order: a stage moves forward only, unless it is cleared first."""

_FIELD_TYPES = {
    "bool": "booleancheckbox",
    "date": "date",
    "datetime": "date",
    "enumeration": "select",
    "number": "number",
    "phone_number": "phonenumber",
    "string": "text",
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MILLISECONDS = re.compile(r"-?[0-9]{1,14}")
_MIDNIGHT = 86_400_000


@dataclass(frozen=True, slots=True)
class Definition:
    """One contact property; ``type`` is one of HubSpot's seven, ``options`` the values of an enumeration."""

    name: str
    type: str = "string"
    read_only: bool = False
    options: tuple[str, ...] = ()
    hubspot_defined: bool = True

    def as_json(self) -> dict[str, Any]:
        """The definition as ``GET .../properties/contacts`` lists it."""
        return {
            "name": self.name,
            "label": self.name.replace("_", " ").capitalize(),
            "type": self.type,
            "fieldType": _FIELD_TYPES[self.type],
            "groupName": "contactinformation",
            "description": "",
            "options": [
                {"label": value.capitalize(), "value": value, "displayOrder": place, "hidden": False}
                for place, value in enumerate(self.options)
            ],
            "hasUniqueValue": False,
            "calculated": False,
            "hidden": False,
            "hubspotDefined": self.hubspot_defined,
            "formField": not self.read_only,
            "archived": False,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": self.hubspot_defined,
                "readOnlyValue": self.read_only,
            },
        }

    def problem(self, value: str) -> Problem | None:
        """Why HubSpot refuses ``value`` for this property, or None. An empty value clears."""
        if self.read_only:
            message = f'"{self.name}" is a read only property; its value cannot be set.'
            return Problem(self.name, "READ_ONLY_VALUE", message)
        if value == "":
            return None
        if self.name == "email":
            return None if acceptable(value) else invalid_email(value)
        fault = _fault(self, value)
        return Problem(self.name, *fault) if fault else None


def _fault(definition: Definition, value: str) -> tuple[str, str] | None:
    """HubSpot's code and sentence for a value that does not fit the property's type."""
    match definition.type:
        case "bool" if value not in ("true", "false"):
            return "INVALID_BOOLEAN", f"{value} was not a valid boolean."
        case "number" if _NUMBER.fullmatch(value) is None:
            return "INVALID_NUMBER", f"{value} was not a valid number."
        case "enumeration" if value not in definition.options:
            options = ", ".join(definition.options)
            return "INVALID_OPTION", f"{value} was not one of the allowed options: [{options}]"
        case "date" | "datetime":
            return _date_fault(definition.type, value)
    return None


def _date_fault(kind: str, value: str) -> tuple[str, str] | None:
    """Dates are UTC: ISO 8601 or milliseconds since 1970, and a ``date`` is at midnight."""
    if _MILLISECONDS.fullmatch(value):
        milliseconds = int(value)
    else:
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            return "INVALID_LONG", f"{value} was not a valid long."
        moment = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        milliseconds = int(moment.timestamp() * 1000)
    if kind == "date" and milliseconds % _MIDNIGHT:
        return "INVALID_DATE", f"{value} is not midnight UTC."
    return None


_STANDARD = (
    Definition("email"),
    Definition("hs_additional_emails", read_only=True),
    Definition("firstname"),
    Definition("lastname"),
    Definition("phone", "phone_number"),
    Definition("company"),
    Definition("address"),
    Definition("city"),
    Definition("state"),
    Definition("country"),
    Definition("zip"),
    Definition("hs_language"),
    Definition("date_of_birth"),
    Definition("lifecyclestage", "enumeration", options=LIFECYCLE_STAGES),
    Definition("hs_email_optout", "bool", read_only=True),
    Definition("hs_email_bounce", "number", read_only=True),
    Definition("hs_email_bad_address", "bool", read_only=True),
    Definition("hs_email_hard_bounce_reason_enum", "enumeration", read_only=True),
    Definition("hs_email_quarantined", "bool", read_only=True),
    Definition("hs_marketable_status", "enumeration", read_only=True, options=("true", "false")),
    Definition("hs_object_id", "number", read_only=True),
    Definition("createdate", "datetime", read_only=True),
    Definition("lastmodifieddate", "datetime", read_only=True),
    Definition("last_order_date", "date", hubspot_defined=False),
    Definition("lifetime_value", "number", hubspot_defined=False),
    Definition("loyalty_tier", hubspot_defined=False),
)


class Definitions:
    """The portal's contact properties by name: HubSpot's usual ones, a few of a shop's, and added ones."""

    def __init__(self) -> None:
        self._by_name = {each.name: each for each in _STANDARD}

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def add_strings(self, names: Iterable[str]) -> None:
        """Define names not yet there as string properties. Raises :class:`ValueError` for an illegal one."""
        for name in names:
            if name not in self._by_name:
                if _NAME.fullmatch(name) is None:
                    raise ValueError(
                        f"{name!r} is not a HubSpot property name: use a lower-case letter, "
                        "then lower-case letters, digits and _, 100 characters at most"
                    )
                self._by_name[name] = Definition(name, hubspot_defined=False)

    def problems(self, values: Mapping[str, str]) -> list[Problem]:
        """Everything HubSpot refuses in one record's values, unknown names included."""
        found: list[Problem] = []
        for name, value in values.items():
            definition = self._by_name.get(name)
            if definition is None:
                message = f'Property "{name}" does not exist'
                found.append(Problem(name, "PROPERTY_DOESNT_EXIST", message))
            elif problem := definition.problem(value):
                found.append(problem)
        return found

    def as_json(self) -> list[dict[str, Any]]:
        """All definitions, by name."""
        return [self._by_name[name].as_json() for name in sorted(self._by_name)]
