"""The portal's lists and who is on them. Members are record ids, never addresses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from emulator import errors
from emulator.contacts import Contacts, record_id

FIRST_LIST_ID = 811
CONTACT_TYPE = "0-1"
RESTORABLE = timedelta(days=90)
"""How long a deleted list can be brought back."""


@dataclass(slots=True)
class ContactList:
    """One list; ``members`` maps record id to the time it was added (ISO 8601, UTC)."""

    id: int
    name: str
    processing_type: str
    created_at: str
    updated_at: str
    version: int = 1
    members: dict[int, str] = field(default_factory=dict)
    _told: int | None = None
    """The size before the changes that no answer has told of yet; None when there were none."""
    _sorted: list[int] | None = None
    _joined: list[tuple[str, int]] | None = None

    def as_json(self, *, lagging: bool) -> dict[str, Any]:
        """The list as HubSpot answers it; ``listId`` is a string."""
        return self.heading() | {"createdById": "5", "updatedById": "5", "size": self.size(lagging=lagging)}

    def heading(self) -> dict[str, Any]:
        """The members that every answer about the list has."""
        return {
            "listId": str(self.id),
            "listVersion": self.version,
            "name": self.name,
            "objectTypeId": CONTACT_TYPE,
            "processingType": self.processing_type,
            "processingStatus": "COMPLETE",
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "filtersUpdatedAt": self.created_at,
        }

    def size(self, *, lagging: bool) -> int:
        """How many members; ``lagging``: the first time after changes, as many as before them."""
        told, self._told = self._told, None
        return len(self.members) if told is None or not lagging else told

    def ordered(self) -> list[int]:
        """Member ids in ascending order."""
        if self._sorted is None:
            self._sorted = sorted(self.members)
        return self._sorted

    def joined(self) -> list[tuple[str, int]]:
        """Time added and id of every member, the earliest first, those of one time by id."""
        if self._joined is None:
            self._joined = sorted((at, each) for each, at in self.members.items())
        return self._joined

    def put(self, ids: Iterable[int], at: str) -> list[int]:
        """Add members; the ids that were not on the list before."""
        before = len(self.members)
        new = [each for each in dict.fromkeys(ids) if each not in self.members]
        self.members.update(dict.fromkeys(new, at))
        self._changed(before)
        return new

    def drop(self, ids: Iterable[int]) -> list[int]:
        """Remove members; the ids that were on the list."""
        before = len(self.members)
        gone = [each for each in dict.fromkeys(ids) if self.members.pop(each, None) is not None]
        self._changed(before)
        return gone

    def _changed(self, before: int) -> None:
        if len(self.members) != before:
            self._told = before if self._told is None else self._told
            self._sorted = self._joined = None


class Lists:
    """Every list by id; names are unique without regard to case, deleted lists aside."""

    def __init__(self) -> None:
        self._by_id: dict[int, ContactList] = {}
        self._deleted: dict[int, tuple[ContactList, str]] = {}
        self._next_id = FIRST_LIST_ID

    def all(self) -> list[ContactList]:
        """Every list, oldest first."""
        return list(self._by_id.values())

    def find(self, text: str) -> ContactList | None:
        """The list with that id, if there is one."""
        return self._by_id.get(record_id(text) or 0)

    def get(self, text: str) -> ContactList:
        """The list with that id. Raises :class:`~emulator.errors.RefusedError` (404)."""
        found = self.find(text)
        if found is None:
            raise errors.no_such_list(text)
        return found

    def named(self, name: str) -> ContactList | None:
        """The list with that name, whatever its case."""
        wanted = name.lower()
        return next((each for each in self._by_id.values() if each.name.lower() == wanted), None)

    def create(self, name: str, processing_type: str, at: str) -> ContactList:
        """A new empty list. Raises :class:`~emulator.errors.RefusedError` when the name is taken."""
        self._refuse_taken(name)
        made = ContactList(self._next_id, name, processing_type, at, at)
        self._by_id[made.id] = made
        self._next_id += 1
        return made

    def rename(self, target: ContactList, name: str, at: str) -> None:
        """Give a list another name. Raises :class:`~emulator.errors.RefusedError` when it is taken."""
        self._refuse_taken(name, target)
        target.name, target.updated_at = name, at
        target.version += 1

    def delete(self, target: ContactList, at: str) -> None:
        """Remove a list; its name is free again, and it can be restored."""
        self._deleted[target.id] = (self._by_id.pop(target.id), at)

    def restore(self, text: str, at: str) -> None:
        """Bring a deleted list back with its members; one that is there stays as it is.

        Raises :class:`~emulator.errors.RefusedError`: 404 for an unknown list and after 90 days, 400 when
        another list has the name by now.
        """
        number = record_id(text) or 0
        if number in self._by_id:
            return
        target, deleted_at = self._deleted.get(number, (None, ""))
        if target is None or datetime.fromisoformat(at) - datetime.fromisoformat(deleted_at) > RESTORABLE:
            raise errors.no_such_list(text)
        self._refuse_taken(target.name)
        del self._deleted[number]
        self._by_id[number] = target

    def forget(self, number: int) -> None:
        """Take a contact that is gone off every list, deleted ones too."""
        for each in self._every():
            each.drop([number])

    def inherit(self, primary: int, losing: int, at: str) -> None:
        """After a merge: the surviving contact is on every list either was on."""
        for each in self._every():
            if each.drop([losing]):
                each.put([primary], at)

    def of(self, number: int) -> list[dict[str, Any]]:
        """The memberships of one contact, as the answers about records tell them."""
        return [
            {
                "listId": str(each.id),
                "listVersion": each.version,
                "firstAddedTimestamp": each.members[number],
                "lastAddedTimestamp": each.members[number],
                "isPublicList": True,
            }
            for each in self._by_id.values()
            if number in each.members
        ]

    def _every(self) -> list[ContactList]:
        return [*self._by_id.values(), *(each for each, _ in self._deleted.values())]

    def _refuse_taken(self, name: str, owner: ContactList | None = None) -> None:
        if self.named(name) not in (None, owner):
            raise errors.duplicate_list_name()


def refuse_dynamic(target: ContactList, status: int = 400) -> None:
    """Raises :class:`~emulator.errors.RefusedError`: HubSpot alone decides who is on a DYNAMIC list."""
    if target.processing_type == "DYNAMIC":
        raise errors.dynamic_list(status, target.id)


def change_members(
    target: ContactList,
    contacts: Contacts,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    at: str,
    merged_vanish: bool = True,
) -> dict[str, list[str]]:
    """Add and remove members of a static list; what HubSpot answers.

    Members already there, and ids not there to remove, appear nowhere; ids of no contact are missing; ids
    lost in a merge appear nowhere, or are missing too. Raises :class:`~emulator.errors.RefusedError` for a
    DYNAMIC list.
    """
    refuse_dynamic(target)
    missing = [
        each
        for each in dict.fromkeys([*add, *remove])
        if contacts.by_id(each) is None and not (merged_vanish and contacts.is_merged(each))
    ]
    removed = target.drop(contact.id for contact in map(contacts.by_id, remove) if contact)
    added = target.put((contact.id for contact in map(contacts.by_id, add) if contact), at)
    if added or removed:
        target.updated_at = at
    return {
        "recordsIdsAdded": [str(each) for each in added],
        "recordIdsRemoved": [str(each) for each in removed],
        "recordIdsMissing": missing,
    }
