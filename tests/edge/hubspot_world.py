"""HubSpot as a few dictionaries, for simulations: what is true there, and what people do to it by hand."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

Outcome = str
"""An outcome of a change as the job would record it."""


@dataclass
class World:
    """Contacts with their addresses, lists with their members, and the properties that the sync wrote."""

    contacts: dict[str, list[str]] = field(default_factory=dict)
    """Addresses by contact id, the primary one first. No address is at two contacts."""
    names: dict[str, str] = field(default_factory=dict)
    """List id by list name."""
    members: dict[str, set[str]] = field(default_factory=dict)
    """Contact ids by list id."""
    put_there_by_us: set[tuple[str, str]] = field(default_factory=set)
    """List id and contact id of members that a request of ours put there."""
    properties: dict[tuple[str, str], str] = field(default_factory=dict)
    """Payload by contact id and list name."""
    bounced: set[str] = field(default_factory=set)
    """Contacts whose mail bounces."""
    refused_members: set[tuple[str, str]] = field(default_factory=set)
    """List name and contact id of adds that HubSpot refuses."""
    refused_payloads: set[str] = field(default_factory=set)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def find(self, address: str) -> tuple[str, str] | None:
        """The contact of an address and its primary address."""
        for contact_id, addresses in self.contacts.items():
            if address in addresses:
                return contact_id, addresses[0]
        return None

    # -- what the job asks for ---------------------------------------------------------------------------

    def create_list(self, name: str) -> str:
        """Make an empty list."""
        list_id = f"L{next(self._ids)}"
        self.names[name] = list_id
        self.members[list_id] = set()
        return list_id

    def add(self, list_name: str, contact_id: str) -> Outcome:
        """Put a contact on a list."""
        list_id = self.names[list_name]
        if contact_id not in self.contacts:
            return "missing"
        if contact_id in self.members[list_id]:
            return "already_so"
        if (list_name, contact_id) in self.refused_members:
            return "rejected"
        self.members[list_id].add(contact_id)
        self.put_there_by_us.add((list_id, contact_id))
        return "applied"

    def remove(self, list_name: str, contact_id: str) -> Outcome:
        """Take a contact off a list."""
        if contact_id not in self.contacts:
            return "missing"
        return "applied" if self._take_off(self.names[list_name], contact_id) else "already_so"

    def update(self, list_name: str, contact_id: str, payload: str) -> Outcome:
        """Write properties."""
        if contact_id not in self.contacts:
            return "missing"
        if payload in self.refused_payloads:
            return "rejected"
        self.properties[contact_id, list_name] = payload
        return "applied"

    def _take_off(self, list_id: str, contact_id: str) -> bool:
        was_member = contact_id in self.members[list_id]
        self.members[list_id].discard(contact_id)
        self.put_there_by_us.discard((list_id, contact_id))
        return was_member

    # -- what people do ----------------------------------------------------------------------------------

    def new_contact(self, address: str) -> None:
        """Somebody makes a contact with an address that no contact has."""
        if self.find(address) is None:
            self.contacts[f"C{next(self._ids)}"] = [address]

    def delete_contact(self, contact_id: str) -> None:
        """A contact goes, from all lists too."""
        del self.contacts[contact_id]
        for list_id in self.members:
            self._take_off(list_id, contact_id)

    def merge(self, contact_id: str, into: str) -> None:
        """One contact becomes part of another, which inherits addresses and memberships."""
        self.contacts[into] += self.contacts[contact_id]
        lists = [list_id for list_id, members in self.members.items() if contact_id in members]
        self.delete_contact(contact_id)
        for list_id in lists:
            self.members[list_id].add(into)

    def edit(self, rng: random.Random, addresses: Iterable[str]) -> None:
        """One random edit by a person."""
        contacts = sorted(self.contacts)
        one, other = (rng.choice(contacts), rng.choice(contacts)) if contacts else ("", "")
        list_id = rng.choice(sorted(self.members)) if self.members else ""
        match rng.randrange(10):
            case 0 | 1 if one and list_id:
                self.members[list_id].add(one)
            case 2 | 3 if one and list_id:
                self._take_off(list_id, one)
            case 4 if one != other:
                self.merge(one, other)
            case 5 if one != other and len(self.contacts[one]) > 1:
                self.contacts[other].append(self.contacts[one].pop(rng.randrange(len(self.contacts[one]))))
            case 6 if one and rng.random() < 0.5:
                self.delete_contact(one)
            case 7 if list_id and rng.random() < 0.3:
                del self.members[list_id]
                self.put_there_by_us = {key for key in self.put_there_by_us if key[0] != list_id}
                self.names = {name: each for name, each in self.names.items() if each != list_id}
            case 8 if one:
                self.contacts[one].reverse()
            case 9 if one:
                self.bounced ^= {one}
            case _:
                self.new_contact(rng.choice(sorted(addresses)))
