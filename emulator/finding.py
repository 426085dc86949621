"""Finding contacts as HubSpot's reads and writes do, and which of the asked properties an answer shows."""

from collections.abc import Callable, Sequence

from emulator import errors
from emulator.calls import Call
from emulator.contacts import Contact

DEFAULT_PROPERTIES = ("email", "firstname", "lastname")
"""What an answer shows when no properties are asked for."""

BY_ADDRESS, BY_ID = "email", "hs_object_id"

Find = Callable[[str], Contact | None]


def finder(call: Call, id_property: str | None, *, archived: bool = False) -> Find:
    """How a contact is found by the property, by record id when None.

    Raises :class:`~emulator.errors.RefusedError` for a property that is not unique. Archived contacts keep
    no address, so they are found by record id alone.
    """
    contacts = call.portal.contacts
    match id_property or BY_ID:
        case "email":
            return (lambda _: None) if archived else contacts.by_address
        case "hs_object_id":
            return contacts.archived if archived else contacts.by_id
    raise errors.invalid(f"idProperty {id_property} is not a unique property of contacts")


def vanishes(call: Call, key: str) -> bool:
    """Whether an id that finds nobody is passed over in silence: one lost in a merge may be."""
    return call.behaviour.merged_id == "vanish" and call.portal.contacts.is_merged(key)


def shown(call: Call, asked: Sequence[str]) -> list[str]:
    """The asked properties the portal has. Raises :class:`~emulator.errors.RefusedError` if told to."""
    known = call.portal.definitions
    unknown = [name for name in asked if name not in known]
    if unknown and call.behaviour.unknown_property_in_read == "refuse":
        raise errors.invalid_properties([errors.unknown_property(name) for name in unknown])
    return [name for name in asked if name in known]


def listed(text: str) -> list[str]:
    """The names in a comma-separated query parameter."""
    return [name for name in text.split(",") if name]
