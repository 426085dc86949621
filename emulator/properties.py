"""The contact properties of the portal: their definitions, and which values HubSpot takes for each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.addresses import acceptable
from emulator.errors import Problem, invalid_email, unknown_property
from emulator.values import fault

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

FIELD_TYPES = {
    "bool": ("booleancheckbox", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date",),
    "enumeration": ("select", "radio", "checkbox", "booleancheckbox", "calculation_equation"),
    "number": ("number", "calculation_equation"),
    "phone_number": ("phonenumber",),
    "string": ("text", "textarea", "html", "file", "phonenumber", "calculation_equation"),
}
"""HubSpot's types and the field types each goes with, the usual one first."""

GROUP = "contactinformation"
"""The one group of properties this portal has."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration."""

    value: str
    label: str
    hidden: bool = False


def choices(*values: str) -> tuple[Option, ...]:
    """Options labelled like their values."""
    return tuple(Option(value, value.capitalize()) for value in values)


@dataclass(frozen=True, slots=True)
class Definition:
    """One contact property; ``type`` is a key of :data:`FIELD_TYPES`."""

    name: str
    type: str = "string"
    read_only: bool = False
    options: tuple[Option, ...] = ()
    hubspot_defined: bool = True
    label: str = ""
    field_type: str = ""
    description: str = ""
    hidden: bool = False
    calculated: bool = False

    def as_json(self) -> dict[str, Any]:
        """The definition as ``GET .../properties/contacts`` lists it."""
        return {
            "name": self.name,
            "label": self.label or self.name.replace("_", " ").capitalize(),
            "type": self.type,
            "fieldType": self.field_type or FIELD_TYPES[self.type][0],
            "groupName": GROUP,
            "description": self.description,
            "options": [
                {"label": each.label, "value": each.value, "displayOrder": place, "hidden": each.hidden}
                for place, each in enumerate(self.options)
            ],
            "hasUniqueValue": False,
            "calculated": self.calculated,
            "hidden": self.hidden,
            "hubspotDefined": self.hubspot_defined,
            "formField": not self.read_only,
            "archived": False,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": self.hubspot_defined,
                "readOnlyValue": self.read_only or self.calculated,
            },
        }

    def problem(self, value: str) -> Problem | None:
        """Why HubSpot refuses ``value`` for this property, or None. An empty value clears."""
        if self.read_only or self.calculated:
            message = f'"{self.name}" is a read only property; its value cannot be set.'
            return Problem(self.name, "READ_ONLY_VALUE", message)
        if value == "":
            return None
        if self.name == "email":
            return None if acceptable(value) else invalid_email(value)
        options = [each.value for each in self.options]
        found = fault(self.type, value, options=options, several=self.field_type == "checkbox")
        return Problem(self.name, *found) if found else None


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
    Definition("lifecyclestage", "enumeration", options=choices(*LIFECYCLE_STAGES)),
    Definition("hs_email_optout", "bool", read_only=True),
    Definition("hs_email_bounce", "number", read_only=True),
    Definition("hs_email_bad_address", "bool", read_only=True),
    Definition("hs_email_hard_bounce_reason_enum", "enumeration", read_only=True),
    Definition("hs_email_quarantined", "bool", read_only=True),
    Definition("hs_marketable_status", "enumeration", read_only=True, options=choices("true", "false")),
    Definition("hs_object_id", "number", read_only=True),
    Definition("days_to_close", "number", calculated=True),
    Definition("createdate", "datetime", read_only=True),
    Definition("lastmodifieddate", "datetime", read_only=True),
    Definition("last_order_date", "date", hubspot_defined=False),
    Definition("lifetime_value", "number", hubspot_defined=False),
    Definition("loyalty_tier", hubspot_defined=False),
)


def is_name(text: str) -> bool:
    """Whether HubSpot takes the text as a property's name."""
    return _NAME.fullmatch(text) is not None


class Definitions:
    """The portal's contact properties by name: HubSpot's usual ones, a few of a shop's, and added ones."""

    def __init__(self) -> None:
        self._by_name = {each.name: each for each in _STANDARD}

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def get(self, name: str) -> Definition | None:
        """The property of that name."""
        return self._by_name.get(name)

    def add(self, definition: Definition) -> None:
        """Define a property whose name is free."""
        self._by_name[definition.name] = definition

    def add_strings(self, names: Iterable[str]) -> None:
        """Define names not yet there as string properties. Raises :class:`ValueError` for an illegal one."""
        for name in names:
            if name not in self._by_name:
                if not is_name(name):
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
                found.append(unknown_property(name))
            elif problem := definition.problem(value):
                found.append(problem)
        return found

    def as_json(self) -> list[dict[str, Any]]:
        """All definitions, by name."""
        return [self._by_name[name].as_json() for name in sorted(self._by_name)]
