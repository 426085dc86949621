"""The portal's lists and who is on them. Members are record ids, never addresses."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator import errors
from emulator.contacts import Contacts, record_id

FIRST_LIST_ID = 811
CONTACT_TYPE = "0-1"


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
    _sorted: list[int] | None = None

    def as_json(self) -> dict[str, Any]:
        """The list as HubSpot answers it; ``listId`` is a string."""
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
            "createdById": "5",
            "updatedById": "5",
            "size": len(self.members),
        }

    def ordered(self) -> list[int]:
        """Member ids in ascending order."""
        if self._sorted is None:
            self._sorted = sorted(self.members)
        return self._sorted

    def put(self, ids: Iterable[int], at: str) -> list[int]:
        """Add members; the ids that were not on the list before."""
        new = [each for each in dict.fromkeys(ids) if each not in self.members]
        self.members.update(dict.fromkeys(new, at))
        self._sorted = None
        return new

    def drop(self, ids: Iterable[int]) -> list[int]:
        """Remove members; the ids that were on the list."""
        gone = [each for each in dict.fromkeys(ids) if self.members.pop(each, None) is not None]
        self._sorted = None
        return gone


class Lists:
    """Every list by id; names are unique without regard to case."""

    def __init__(self) -> None:
        self._by_id: dict[int, ContactList] = {}
        self._next_id = FIRST_LIST_ID

    def all(self) -> list[ContactList]:
        """Every list, oldest first."""
        return list(self._by_id.values())

    def get(self, text: str) -> ContactList:
        """The list with that id. Raises :class:`~emulator.errors.RefusedError` (404)."""
        number = record_id(text)
        found = None if number is None else self._by_id.get(number)
        if found is None:
            raise errors.no_such_list(text)
        return found

    def named(self, name: str) -> ContactList | None:
        """The list with that name, whatever its case."""
        wanted = name.lower()
        return next((each for each in self._by_id.values() if each.name.lower() == wanted), None)

    def create(self, name: str, processing_type: str, at: str) -> ContactList:
        """A new empty list. Raises :class:`~emulator.errors.RefusedError` when the name is taken."""
        if self.named(name):
            raise errors.duplicate_list_name()
        made = ContactList(self._next_id, name, processing_type, at, at)
        self._by_id[made.id] = made
        self._next_id += 1
        return made

    def rename(self, target: ContactList, name: str, at: str) -> None:
        """Give a list another name. Raises :class:`~emulator.errors.RefusedError` when it is taken."""
        if self.named(name) not in (None, target):
            raise errors.duplicate_list_name()
        target.name, target.updated_at = name, at
        target.version += 1

    def delete(self, target: ContactList) -> None:
        """Remove a list; its name is free again."""
        del self._by_id[target.id]

    def forget(self, number: int) -> None:
        """Take a contact that is gone off every list."""
        for each in self._by_id.values():
            each.drop([number])

    def inherit(self, primary: int, losing: int, at: str) -> None:
        """After a merge: the surviving contact is on every list either was on."""
        for each in self._by_id.values():
            if each.drop([losing]):
                each.put([primary], at)

    def of(self, number: int) -> list[dict[str, Any]]:
        """The memberships of one contact, as ``records/memberships/batch/read`` answers them."""
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


def change_members(
    target: ContactList, contacts: Contacts, *, add: Sequence[str], remove: Sequence[str], at: str
) -> dict[str, list[str]]:
    """Add and remove members of a static list; what HubSpot answers.

    Members already there, and ids not there to remove, appear nowhere; ids of no contact are missing; ids
    lost in a merge appear nowhere either. Raises :class:`~emulator.errors.RefusedError` for a DYNAMIC list.
    """
    if target.processing_type == "DYNAMIC":
        raise errors.invalid(
            f"List {target.id} is DYNAMIC: memberships can only be changed on MANUAL or SNAPSHOT lists."
        )
    missing = [
        each
        for each in dict.fromkeys([*add, *remove])
        if contacts.by_id(each) is None and not contacts.is_merged(each)
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


def page(target: ContactList, *, limit: int, after: str | None, link: str) -> dict[str, Any]:
    """One page of members, ascending by record id, with a cursor when more follow.

    ``link`` is the URL the next page's cursor is appended to. Raises :class:`~emulator.errors.RefusedError`
    for a cursor this server did not hand out.
    """
    ids = target.ordered()
    start = 0 if after is None else bisect_right(ids, _from_cursor(after))
    shown = ids[start : start + limit]
    body: dict[str, Any] = {
        "total": len(ids),
        "results": [{"recordId": str(each), "membershipTimestamp": target.members[each]} for each in shown],
    }
    if start + limit < len(ids):
        cursor = base64.b64encode(str(shown[-1]).encode()).decode()
        body["paging"] = {"next": {"after": cursor, "link": f"{link}{cursor.replace('=', '%3D')}"}}
    return body


def _from_cursor(cursor: str) -> int:
    try:
        number = record_id(base64.b64decode(cursor, validate=True).decode("ascii"))
    except (binascii.Error, ValueError):
        number = None
    if number is None:
        raise errors.invalid("The paging cursor 'after' is not valid.", subCategory="INVALID_CURSOR")
    return number
