"""What teams and people do by day, in any order, as rules of a state machine: audiences, contacts, lists.

The machine knows who put whom on which list, and nothing of the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.proof.oracle import Contact, Strangers, Truth, Wish, look
from tests.proof.scenario import merge, want
from tests.story.test_reconcile import session

LISTS = (VIP, MIRROR)
NAMES = ("ann", "bob", "cat", "dan", "eve")
BROKEN = "typo@gmail.con"
PROPERTIES: tuple[dict[str, str] | None, ...] = (
    None,
    {"loyalty_tier": "gold"},
    {"loyalty_tier": "silver", "lifetime_value": "12"},
    {"lifetime_value": "much"},
)
"""The value that only an empty property takes is always the same one, or one that HubSpot refuses."""

lists = st.sampled_from(LISTS)
names = st.sampled_from(NAMES)
customers = st.sampled_from(["c1", "c2", "c3"])


def address(name: str) -> str:
    """The address that a short name stands for."""
    return f"{name}@example.com"


class Days(RuleBasedStateMachine):
    """One warehouse and one HubSpot, as people change them. `host` and `hubspot` are set by who plays it."""

    host: ClassVar[Host]
    hubspot: ClassVar[EmulatorProcess]

    def __init__(self) -> None:
        super().__init__()
        self.host.reset()
        self.hubspot.reset(portal=True)
        self.audience: dict[tuple[str, str], Wish] = {}
        self.strangers = Strangers({name: set() for name in LISTS}, {name: set() for name in LISTS})
        self.knows_all = True
        """Whether every lookup still says what is true."""
        self.hubspot.contacts([{"email": address(name)} for name in NAMES[:4]])
        for list_name, name in ((VIP, "ann"), (VIP, "bob"), (MIRROR, "ann"), (MIRROR, "cat")):
            self.audience[list_name, address(name)] = Wish(list_name, f"c-{name}", address(name))
        self._want()

    # -- the audience ----------------------------------------------------------------------------------

    @rule(
        list_name=lists,
        name=names,
        customer=customers,
        properties=st.sampled_from(PROPERTIES),
    )
    def somebody_is_wanted(
        self, list_name: str, name: str, customer: str, properties: Mapping[str, str] | None
    ) -> None:
        sent = properties if list_name == VIP else None
        refused = sent is not None and sent.get("lifetime_value") == "much"
        wish = Wish(list_name, customer, address(name), sent, refused_properties=refused)
        self.audience[list_name, address(name)] = wish
        self._want()

    @rule(list_name=lists, name=names)
    def somebody_is_wanted_no_longer(self, list_name: str, name: str) -> None:
        self.audience.pop((list_name, address(name)), None)
        self._want()

    @rule(list_name=lists)
    def a_broken_address_is_wanted(self, list_name: str) -> None:
        self.audience[list_name, BROKEN] = Wish(list_name, "c9", BROKEN, fate="rejected_by_us")
        self._want()

    def _want(self) -> None:
        want(self.host, list(self.audience.values()))

    # -- people in HubSpot -----------------------------------------------------------------------------

    @rule(name=names)
    def a_contact_comes(self, name: str) -> None:
        if self._contact(name) is None:
            self.hubspot.contacts([{"email": address(name)}])
            self.knows_all = False

    @rule(name=names)
    def a_contact_is_deleted(self, name: str) -> None:
        if contact := self._contact(name):
            self.hubspot.delete_contacts([contact.contact_id])
            self._forget(contact.contact_id)

    @rule(name=names, into=names)
    def a_contact_is_merged(self, name: str, into: str) -> None:
        losing, winning = self._contact(name), self._contact(into)
        if losing is None or winning is None or losing.contact_id == winning.contact_id:
            return
        for list_name, members in self._members().items():
            if losing.contact_id in members and winning.contact_id not in members:
                # What a merge leaves on a list, nobody of us put there.
                self.strangers.by_hand[list_name].add(winning.contact_id)
        merge(self.hubspot, losing.contact_id, into=winning.contact_id)
        self._forget(losing.contact_id)

    @rule(name=names, to=names)
    def an_address_moves(self, name: str, to: str) -> None:
        """A secondary address, that is; a primary one becomes the second of its own contact's."""
        old, new = self._contact(name), self._contact(to)
        if old is None or new is None or old.contact_id == new.contact_id or old.primary == address(name):
            return
        kept = [each for each in _secondary(old) if each != address(name)]
        self.hubspot.contacts([{"id": old.contact_id, "hs_additional_emails": ";".join(kept)}])
        gained = [*_secondary(new), address(name)]
        self.hubspot.contacts([{"id": new.contact_id, "hs_additional_emails": ";".join(gained)}])
        self.knows_all = False

    @rule(name=names)
    def mail_bounces_or_does_no_longer(self, name: str) -> None:
        if contact := self._contact(name):
            reason = "" if contact.bounced else "UNKNOWN_USER"
            self.hubspot.contacts([{"id": contact.contact_id, "hs_email_hard_bounce_reason_enum": reason}])
            self.knows_all = False

    @rule(list_name=lists, name=names)
    def a_person_adds_a_member(self, list_name: str, name: str) -> None:
        contact, members = self._contact(name), self._members()
        if contact and list_name in members and contact.contact_id not in members[list_name]:
            self.hubspot.edit_members(self.hubspot.list_id(list_name), add=[contact.contact_id])
            self.strangers.by_hand[list_name].add(contact.contact_id)

    @rule(list_name=lists, name=names)
    def a_person_removes_a_member(self, list_name: str, name: str) -> None:
        contact = self._contact(name)
        if contact and list_name in self._members():
            self.hubspot.edit_members(self.hubspot.list_id(list_name), remove=[contact.contact_id])
            self.strangers.by_hand[list_name].discard(contact.contact_id)

    @rule(list_name=lists)
    def a_person_deletes_a_list(self, list_name: str) -> None:
        if list_name in self._members():
            list_id = self.hubspot.list_id(list_name)
            session(self.hubspot).delete(f"{self.hubspot.url}/crm/v3/lists/{list_id}", timeout=30)
            self.strangers.by_hand[list_name].clear()

    def _forget(self, contact_id: str) -> None:
        for members in self.strangers.by_hand.values():
            members.discard(contact_id)
        self.knows_all = False

    def _contact(self, name: str) -> Contact | None:
        return self._everybody().get(address(name))

    def _everybody(self) -> Mapping[str, Contact]:
        """The contacts behind all addresses."""
        return look(self.hubspot, [Wish(VIP, "", address(name)) for name in NAMES]).contacts

    def _members(self) -> Mapping[str, AbstractSet[str]]:
        return self._truth().members

    def _truth(self) -> Truth:
        return look(self.hubspot, list(self.audience.values()))


def _secondary(contact: Contact) -> list[str]:
    return [each for each in (contact.properties["hs_additional_emails"] or "").split(";") if each]
