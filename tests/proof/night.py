"""What may happen to audiences, contacts, lists and runs, in any order, as rules of a state machine.

The machine knows who put whom on which list, and nothing of the ledger. At the end comes a run without trouble, and
everything must be as an independent look at HubSpot says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from sync.compaction import carry_out as compact
from sync.config import Flags
from sync.readings import Readings
from sync.runs import Runs
from sync.verify import verify
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.hubspot_routes import (
    ACCOUNT,
    CHANGE,
    CREATE,
    LIST,
    MEMBERS,
    MEMBERSHIPS,
    READ,
    UPDATE,
    WRITES,
    count,
)
from tests.proof import quick
from tests.proof.crash import DyingWarehouse, KilledError, bury
from tests.proof.fault_kinds import KINDS
from tests.proof.killing import merge, want
from tests.proof.oracle import Contact, Strangers, Truth, Wish, check, look
from tests.story.test_reconcile import session

LISTS = (VIP, MIRROR)
NAMES = ("ann", "bob", "cat", "dan", "eve")
BROKEN = "typo@gmail.con"
LONG_AGO = 61
"""Days after which every lookup is stale, and every refusal may be tried again."""
FAULTS = tuple(kind.fault for kind in KINDS if kind.trouble not in ("do", "latency"))
"""What other people do meanwhile has rules of its own here, and a late answer is one that breaks off."""
ROUTES = (ACCOUNT, CHANGE, CREATE, LIST, MEMBERS, MEMBERSHIPS, READ, UPDATE, CHANGE, CHANGE)
PROPERTIES: tuple[dict[str, str] | None, ...] = (
    None,
    {"loyalty_tier": "gold"},
    {"loyalty_tier": "silver"},
    {"lifetime_value": "much"},
)

lists = st.sampled_from(LISTS)
names = st.sampled_from(NAMES)
customers = st.sampled_from(["c1", "c2", "c3"])


def address(name: str) -> str:
    """The address that a short name stands for."""
    return f"{name}@example.com"


class Nights(RuleBasedStateMachine):
    """One warehouse and one HubSpot through some nights. `host` and `hubspot` are set by who plays it."""

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
        self._run()
        self.a_person_adds_a_member(VIP, "dan")

    # -- the audience ----------------------------------------------------------------------------------

    @rule(
        list_name=lists,
        name=names,
        customer=st.sampled_from(["c1", "c2", "c3"]),
        properties=st.sampled_from(PROPERTIES),
    )
    def somebody_is_wanted(
        self, list_name: str, name: str, customer: str, properties: Mapping[str, str] | None
    ) -> None:
        sent = properties if list_name == VIP else None
        refused = sent is not None and "lifetime_value" in sent
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
        wish = Wish(VIP, "", address(name))
        return look(self.hubspot, [wish]).contacts.get(address(name))

    def _members(self) -> Mapping[str, AbstractSet[str]]:
        return self._truth().members

    def _truth(self) -> Truth:
        return look(self.hubspot, list(self.audience.values()))

    # -- nights ----------------------------------------------------------------------------------------

    @rule(days=st.sampled_from([1, 4, 20, 40]))
    def days_pass(self, days: int) -> None:
        for table, column in (
            ("run_events", "occurred_at"),
            ("contact_lookups", "looked_up_at"),
            ("list_readings", "occurred_at"),
        ):
            self.host.state(f"update {{state}}.{table} set {column} = {column} - interval '{days} days'")

    @rule(some=st.sampled_from([(), (VIP,), (MIRROR,)]), limit=st.sampled_from([None, None, 0, 1, 2]))
    def a_quiet_night(self, some: Sequence[str], limit: int | None) -> None:
        self._run(lists=tuple(some), limit=limit)

    @rule(
        faults=st.lists(
            st.tuples(
                st.sampled_from(ROUTES),
                st.sampled_from(FAULTS),
                st.integers(0, 4),
                st.sampled_from([1, 3, None]),
            ),
            min_size=1,
            max_size=2,
        )
    )
    def a_night_of_trouble(self, faults: Sequence[tuple[str, Mapping[str, Any], int, int | None]]) -> None:
        script = [
            {"route": route, "after": after, "times": times, **fault}
            for route, fault, after, times in faults
            if _means_something(fault, route)
        ]
        self._doubt()
        self._run(script)

    @rule(writes=st.integers(3, 40))
    def a_run_dies(self, writes: int) -> None:
        self._doubt()
        try:
            self._run(warehouse=DyingWarehouse(self.host.warehouse, writes))
        except KilledError:
            bury(self.host)
            self._note_run()

    @rule()
    def repair(self) -> None:
        ending = self._run(reread=True)
        if ending.error is None:
            reading = quick.make_parts(
                self.host,
                self.hubspot,
                self.host.warehouse,
                lambda event, **fields: None,
                Flags(sends=False),
            )
            assert verify(reading, Readings(self.host.warehouse)).drifting == ()

    @rule()
    def compaction(self) -> None:
        compact(self.host.warehouse, Runs(self.host.warehouse, 0), keep_days=0)

    def _doubt(self) -> None:
        """Whom a run amid trouble wants may have been added by it, whatever it got to know."""
        for name in LISTS:
            self.strangers.forfeit[name] |= self._truth().wanted(name)

    def _run(self, faults: Sequence[Mapping[str, Any]] = (), **more: Any) -> quick.Ending:
        before = self._truth()
        self.hubspot.faults(faults)
        ending = quick.run(self.host, self.hubspot, allow=quick.GUARDS, adopt=frozenset(LISTS), **more)
        self.hubspot.faults([])
        self._note_run(before)
        return ending

    def _note_run(self, before: Truth | None = None) -> None:
        now = self._truth()
        assert now.created == 0, "a contact was created"
        lost = self.strangers.safe(VIP) - now.members.get(VIP, set())
        assert not lost, f"put there by people and removed by us: {sorted(lost)}"
        for name, members in now.members.items():
            if before and self.knows_all:
                gone = (before.members.get(name, set()) & before.wanted(name)) - members
                assert not gone, f"{name}: wanted, and removed: {sorted(gone)}"
            self.strangers.by_hand[name] &= members
            self.strangers.forfeit[name] |= members - self.strangers.by_hand[name]

    # -- the end ---------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """A run without trouble, with fresh lookups and a reading, makes all right; the next one sends nothing."""
        self.days_pass(LONG_AGO)
        self.knows_all = True
        wishes = list(self.audience.values())
        assert self._run(reread=True).error is None
        check(self.host, self.hubspot, wishes, self.strangers)
        writes = count(self.hubspot, *WRITES)
        ending = self._run()
        assert ending.error is None
        assert ending.report is not None
        assert ending.report.contact_requests == 0
        assert count(self.hubspot, *WRITES) == writes, "there was something left to change"


def _secondary(contact: Contact) -> list[str]:
    return [each for each in (contact.properties["hs_additional_emails"] or "").split(";") if each]


def _means_something(fault: Mapping[str, Any], route: str) -> bool:
    if "refuse_rows" in fault:
        return "/contacts/batch/" in route
    return not {"empty_results", "drop_rows"} & fault.keys() or route in (
        READ,
        UPDATE,
        CHANGE,
        MEMBERS,
        MEMBERSHIPS,
    )
