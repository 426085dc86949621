"""What must be true after a run without trouble, worked out anew from HubSpot and from what is wanted.

Nothing of the product has a say here, neither its views nor its verdicts: which addresses are broken is written
beside them, contacts are asked for as anybody would, and lists are read through the emulator's back door.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

import requests

from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host

_ASKED = [
    "email",
    "hs_additional_emails",
    "hs_email_hard_bounce_reason_enum",
    "loyalty_tier",
    "lifetime_value",
]


@dataclass(frozen=True)
class Wish:
    """A row of the audience. `fate` says who refuses the address, if anybody does."""

    list_name: str
    customer: str
    address: str
    properties: Mapping[str, str] | None = None
    fate: Literal["sound", "rejected_by_us", "rejected_by_hubspot"] = "sound"
    refused_properties: bool = False
    """Whether HubSpot takes the properties for faulty."""

    def as_row(self) -> tuple[str, str, str | None, str | None]:
        """The row as a team's model holds it."""
        text = None if self.properties is None else json.dumps(self.properties)
        return self.list_name, self.customer, self.address, text


@dataclass(frozen=True)
class Contact:
    """A contact in HubSpot."""

    contact_id: str
    primary: str
    bounced: bool
    properties: Mapping[str, str | None]


@dataclass
class Truth:
    """HubSpot as it is, beside what is wanted of it."""

    wishes: Sequence[Wish]
    contacts: Mapping[str, Contact]
    """By every wanted address that leads to one."""
    members: Mapping[str, set[str]]
    """Record ids by list name."""
    created: int
    """Contacts that came in by HubSpot's own routes."""

    def reaching(self, list_name: str | None = None) -> list[tuple[Wish, Contact]]:
        """Wishes that lead to a contact that may be on a list, those that stand for their contact first."""
        found = [
            (wish, self.contacts[wish.address])
            for wish in self.wishes
            if wish.address in self.contacts and list_name in (None, wish.list_name)
        ]
        return sorted(
            ((wish, contact) for wish, contact in found if not contact.bounced),
            key=lambda pair: (pair[1].primary != pair[0].address, pair[0].customer, pair[0].address),
        )

    def wanted(self, list_name: str) -> set[str]:
        """Record ids that belong on a list."""
        return {contact.contact_id for _, contact in self.reaching(list_name)}


@dataclass
class Strangers:
    """Members that people put on managed lists, by list name."""

    by_hand: dict[str, set[str]] = field(default_factory=dict)
    forfeit: dict[str, set[str]] = field(default_factory=dict)
    """Of these, those that an add of ours may have put there as well: the price of a lost answer."""

    def of(self, list_name: str) -> set[str]:
        """All of a list."""
        return self.by_hand.get(list_name, set())

    def safe(self, list_name: str) -> set[str]:
        """Those that must stay, whatever is wanted."""
        return self.of(list_name) - self.forfeit.get(list_name, set())


def look(hubspot: EmulatorProcess, wishes: Sequence[Wish]) -> Truth:
    """Take HubSpot as it is now."""
    addresses = sorted({wish.address for wish in wishes if wish.fate == "sound"})
    state = hubspot.state()
    return Truth(
        wishes,
        _contacts(hubspot, addresses) if addresses else {},
        {each["name"]: set(hubspot.member_ids(each["listId"])) for each in state["lists"]},
        state["contacts_created"],
    )


def _contacts(hubspot: EmulatorProcess, addresses: Iterable[str]) -> dict[str, Contact]:
    body = {
        "idProperty": "email",
        "properties": _ASKED,
        "propertiesWithHistory": [],
        "inputs": [{"id": each} for each in addresses],
    }
    headers = {"Authorization": "Bearer of-the-oracle", "Connection": "close"}
    url = f"{hubspot.url}/crm/v3/objects/contacts/batch/read"
    answer = requests.post(url, json=body, headers=headers, timeout=30)
    assert answer.status_code in (200, 207), answer.text
    found: dict[str, Contact] = {}
    for each in answer.json()["results"]:
        values = each["properties"]
        contact = Contact(
            each["id"], values["email"], bool(values["hs_email_hard_bounce_reason_enum"]), values
        )
        for address in [values["email"], *(values["hs_additional_emails"] or "").split(";")]:
            found[address] = contact
    return {address: found[address] for address in addresses if address in found}


def check(host: Host, hubspot: EmulatorProcess, wishes: Sequence[Wish], strangers: Strangers) -> None:
    """Raise AssertionError unless lists, properties and statuses are exactly as wanted."""
    truth = look(hubspot, wishes)
    assert truth.created == 0, "a contact was created"
    for name in {wish.list_name for wish in wishes} | truth.members.keys():
        _check_list(name, truth.members.get(name, set()), truth.wanted(name), strangers)
    _check_properties(truth)
    _check_statuses(host, truth)


def _check_list(name: str, members: AbstractSet[str], wanted: set[str], strangers: Strangers) -> None:
    assert wanted <= members, f"{name}: wanted and not on the list: {sorted(wanted - members)}"
    extra = members - wanted
    if name == MIRROR:
        assert not extra, f"{name}: on the list and not wanted: {sorted(extra)}"
        return
    assert extra <= strangers.of(name), f"{name}: ours and not wanted: {sorted(extra - strangers.of(name))}"
    lost = strangers.safe(name) - members
    assert not lost, f"{name}: put there by people and removed by us: {sorted(lost)}"


def _check_properties(truth: Truth) -> None:
    """A contact shows the properties of its face, where HubSpot takes them. Only one list sends any."""
    for contact_id in truth.wanted(VIP):
        everywhere = [wish for wish, contact in truth.reaching() if contact.contact_id == contact_id]
        here = [wish for wish in everywhere if wish.list_name == VIP]
        of_face = [wish for wish in here if wish.customer == everywhere[0].customer]
        if of_face and of_face[0].properties and not of_face[0].refused_properties:
            contact = truth.contacts[of_face[0].address]
            shown = {name: contact.properties[name] for name in of_face[0].properties}
            assert shown == of_face[0].properties, f"properties of {contact_id}"


def _check_statuses(host: Host, truth: Truth) -> None:
    """Each row that was wanted has one status, the true one."""
    expected = []
    for wish in truth.wishes:
        contact = truth.contacts.get(wish.address)
        if wish.fate != "sound":
            status: str = wish.fate
        elif contact is None:
            status = "not_in_hubspot"
        elif contact.bounced:
            status = "excluded_by_consent"
        else:
            first = next(
                each
                for each, other in truth.reaching(wish.list_name)
                if other.contact_id == contact.contact_id
            )
            status = "on_list" if wish == first else "same_contact"
        expected.append((wish.list_name, wish.customer, wish.address, status))
    found = host.state("select list_name, customer_id, email, status from {models}.hubspot_audience_status")
    assert sorted(found) == sorted(expected)
