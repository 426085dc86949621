"""What a person does in HubSpot's own screens, by admin call: contacts and members changed by hand.

Nothing here counts as done by HubSpot's routes. Every function raises :class:`~emulator.arranging.AdminError`
for a body it cannot follow, and :class:`~emulator.errors.RefusedError` for a list that is not there.
"""

from typing import Any

from emulator.arranging import AdminError
from emulator.contacts import AddressTakenError, record_id
from emulator.crm import ContactError, Portal
from emulator.lists import change_members


def edit_contacts(portal: Portal, body: object, at: str) -> dict[str, Any]:
    """Add, edit (``id`` of a contact that is there) or delete contacts, in order until one is wrong."""
    ids = _delete(portal, body, at) if isinstance(body, dict) else _put(portal, body, at)
    return {"contacts": len(portal.contacts), "ids": ids}


def members(portal: Portal, list_id: str) -> dict[str, list[str]]:
    """The members of a list, ascending by record id, and their primary addresses."""
    ids = [str(each) for each in portal.lists.get(list_id).ordered()]
    contacts = [portal.contacts.by_id(each) for each in ids]
    emails = [contact.properties.get("email", "") for contact in contacts if contact]
    return {"recordIds": ids, "emails": emails}


def edit_members(portal: Portal, list_id: str, body: object, at: str) -> dict[str, list[str]]:
    """Add and remove members; what HubSpot would answer."""
    if not isinstance(body, dict) or set(body) - {"add", "remove"}:
        raise AdminError("the body must be an object with 'add', 'remove' or both")
    return change_members(
        portal.lists.get(list_id),
        portal.contacts,
        add=_ids(body.get("add", []), "add"),
        remove=_ids(body.get("remove", []), "remove"),
        at=at,
    )


def _put(portal: Portal, body: object, at: str) -> list[str]:
    if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
        raise AdminError("the body must be a JSON array of contacts, or an object with 'delete'")
    ids: list[str] = []
    for place, item in enumerate(body):
        values = {name: "" if value is None else value for name, value in item.items()}
        if not all(isinstance(value, str) for value in values.values()):
            raise AdminError(f"contact {place}: every value must be a string or null")
        if "email" not in values and portal.contacts.by_id(values.get("id", "")) is None:
            raise AdminError(f"contact {place} has neither an email nor the id of a contact")
        try:
            ids.append(str(portal.put_by_hand(values, at).id))
        except (ContactError, AddressTakenError) as fault:
            raise AdminError(f"contact {place}: {fault}") from None
    return ids


def _delete(portal: Portal, body: dict[str, Any], at: str) -> list[str]:
    if set(body) != {"delete"}:
        raise AdminError("the object must have one member, 'delete'")
    ids = _ids(body["delete"], "delete")
    for each in ids:
        contact = portal.contacts.by_id(each)
        if contact is None:
            raise AdminError(f"there is no contact {each}")
        portal.archive(contact, at)
    return ids


def _ids(value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not all(
        isinstance(item, str) and record_id(item) is not None for item in value
    ):
        raise AdminError(f"{name} must be an array of record ids as strings")
    return value
