"""The portal's contacts: who has which address, and what happens when contacts change, merge or go."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.properties import LIFECYCLE_STAGES

FIRST_ID = 40001
ALWAYS_SHOWN = ("createdate", "hs_object_id", "lastmodifieddate")
"""Properties every answer carries, asked for or not."""

_RECORD_ID = re.compile(r"[1-9][0-9]{0,17}")


class AddressTakenError(Exception):
    """Another contact, ``owner``, already has ``address`` as its primary or a secondary address."""

    def __init__(self, address: str, owner: int) -> None:
        super().__init__(f"the address {address} already belongs to contact {owner}")
        self.address = address
        self.owner = owner


def record_id(text: str) -> int | None:
    """The number a record id stands for, or None when ``text`` is not one."""
    return int(text) if _RECORD_ID.fullmatch(text) else None


@dataclass(slots=True)
class Contact:
    """One contact. ``properties`` holds the values that are set; times are ISO 8601 in UTC."""

    id: int
    properties: dict[str, str]
    created_at: str
    updated_at: str
    archived_at: str | None = None

    def addresses(self) -> list[str]:
        """The primary address and the secondary ones, as stored, each once."""
        text = f"{self.properties.get('email', '')};{self.properties.get('hs_additional_emails', '')}"
        found = [each.strip() for each in text.split(";")]
        return list({each.lower(): each for each in reversed(found) if each}.values())[::-1]

    def value(self, name: str) -> str | None:
        """The value of one property, None when it is not set."""
        match name:
            case "hs_object_id":
                return str(self.id)
            case "createdate":
                return self.created_at
            case "lastmodifieddate":
                return self.updated_at
        return self.properties.get(name)

    def as_json(self, names: list[str], history: list[str] | None = None) -> dict[str, Any]:
        """The record as HubSpot answers it: the asked ``names`` and :data:`ALWAYS_SHOWN`, nothing else."""
        shown = sorted({*names, *ALWAYS_SHOWN})
        record: dict[str, Any] = {
            "id": str(self.id),
            "properties": {name: self.value(name) for name in shown},
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "archived": self.archived_at is not None,
        }
        if self.archived_at is not None:
            record["archivedAt"] = self.archived_at
        if history:
            record["propertiesWithHistory"] = {
                name: [{"value": self.value(name), "timestamp": self.updated_at, "sourceType": "API"}]
                for name in history
                if self.value(name) is not None
            }
        return record


class Contacts:
    """Every live contact by id and by address; addresses are unique and compared without regard to case."""

    def __init__(self) -> None:
        self.created = 0
        """Contacts that came in by HubSpot's own routes."""
        self._by_id: dict[int, Contact] = {}
        self._by_address: dict[str, int] = {}
        self._merged: set[int] = set()
        self._archived: dict[int, Contact] = {}
        self._next_id = FIRST_ID

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self) -> list[Contact]:
        """Every live contact by record id."""
        return [self._by_id[number] for number in sorted(self._by_id)]

    def by_id(self, text: str) -> Contact | None:
        """The live contact with that record id."""
        number = record_id(text)
        return None if number is None else self._by_id.get(number)

    def archived(self, text: str) -> Contact | None:
        """The archived contact with that record id."""
        return self._archived.get(record_id(text) or 0)

    def by_address(self, address: str) -> Contact | None:
        """The live contact that has the address, primary or secondary."""
        owner = self._by_address.get(address.lower())
        return None if owner is None else self._by_id[owner]

    def is_merged(self, text: str) -> bool:
        """Whether that id was lost in a merge: HubSpot's batch answers then name it nowhere."""
        return record_id(text) in self._merged

    def add(self, properties: Mapping[str, str], at: str, number: int | None = None) -> Contact:
        """A new contact, with a given id or one above all others. Raises :class:`AddressTakenError`."""
        if number is None:
            number = self._next_id
        contact = Contact(number, {name: value for name, value in properties.items() if value}, at, at)
        self._claim(contact, contact.addresses())
        self._by_id[number] = contact
        self._next_id = max(self._next_id, number + 1)
        return contact

    def change(self, contact: Contact, values: Mapping[str, str], at: str) -> None:
        """Set properties; an empty value clears. Raises :class:`AddressTakenError` and changes nothing."""
        kept = {name: value for name, value in values.items() if not _goes_back(contact, name, value)}
        merged = {name: value for name, value in (contact.properties | kept).items() if value}
        wanted = Contact(contact.id, merged, contact.created_at, at).addresses()
        self._claim(contact, wanted)
        for address in contact.addresses():
            if address.lower() not in {each.lower() for each in wanted}:
                del self._by_address[address.lower()]
        contact.properties = merged
        contact.updated_at = at

    def archive(self, contact: Contact, at: str) -> None:
        """Delete a contact: only reads of archived ones find it from now on."""
        self._remove(contact)
        contact.archived_at = at
        self._archived[contact.id] = contact

    def _remove(self, contact: Contact) -> None:
        """Make a contact's id unknown and its addresses free."""
        for address in contact.addresses():
            self._by_address.pop(address.lower(), None)
        del self._by_id[contact.id]

    def merge(self, primary: Contact, losing: Contact, at: str) -> None:
        """Fold ``losing`` into ``primary``: it gives its addresses, fills gaps, and its id is lost."""
        gained = losing.addresses()
        self._remove(losing)
        self._merged.add(losing.id)
        filled = losing.properties | primary.properties
        email = filled.get("email", "").lower()
        secondary = [each for each in [*primary.addresses(), *gained] if each.lower() != email]
        filled["hs_additional_emails"] = ";".join(dict.fromkeys(secondary))
        self.change(primary, filled, at)

    def _claim(self, contact: Contact, addresses: list[str]) -> None:
        """Enter the addresses as the contact's, all of them or none."""
        keys = [address.lower() for address in addresses]
        for address, key in zip(addresses, keys, strict=True):
            owner = self._by_address.get(key)
            if owner is not None and owner != contact.id:
                raise AddressTakenError(address, owner)
        self._by_address.update(dict.fromkeys(keys, contact.id))


def _goes_back(contact: Contact, name: str, value: str) -> bool:
    """Whether a write would move ``lifecyclestage`` backwards, which HubSpot silently ignores."""
    if name != "lifecyclestage":
        return False
    stages = [contact.properties.get(name), value]
    ranks = [LIFECYCLE_STAGES.index(stage) for stage in stages if stage in LIFECYCLE_STAGES]
    return len(ranks) == 2 and ranks[1] < ranks[0]
