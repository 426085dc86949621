"""What happens at night: runs, trouble, crashes, others at work meanwhile; and what must be true in the morning.

At the end comes a run without trouble, and everything must be as an independent look at HubSpot says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import requests
from hypothesis import strategies as st
from hypothesis.stateful import rule

from sync.compaction import carry_out as compact
from sync.config import Flags
from sync.readings import Readings
from sync.runs import Runs
from sync.verify import verify
from tests.host import MIRROR, VIP
from tests.hubspot_routes import (
    ACCOUNT,
    BY_NAME,
    CHANGE,
    CREATE,
    LIST,
    MEMBERS,
    MEMBERSHIPS,
    PROPERTIES,
    READ,
    UPDATE,
    WRITES,
    count,
)
from tests.proof import quick
from tests.proof.crash import DyingWarehouse, KilledError, bury
from tests.proof.day import LISTS, Days, address, lists, names
from tests.proof.fault_kinds import KINDS
from tests.proof.oracle import Contact, Truth, check

LONG_AGO = 61
"""Days after which every lookup is stale, and every refusal may be tried again."""
BURST = 190
DAILY = 300
"""The portal's limits: requests in ten seconds, and a day. More than any one night needs."""
A_DAY = 86_400
FAULTS = tuple(kind.fault for kind in KINDS if kind.trouble not in ("do", "latency"))
"""Other people at work meanwhile have a rule of their own, and a late answer is one that breaks off."""
ROUTES = (
    *(ACCOUNT, BY_NAME, CREATE, LIST, MEMBERS, MEMBERSHIPS, PROPERTIES, READ, UPDATE),
    *(CHANGE, CHANGE, CHANGE),
)
ACTS = st.one_of(
    st.builds(lambda name: {"delete_list": name}, lists),
    st.builds(lambda name: {"delete_contact": address(name)}, names),
    st.builds(
        lambda primary, losing: {"merge_contacts": {"primary": address(primary), "losing": address(losing)}},
        names,
        names,
    ),
    st.just({"revoke_token": True}),
)
"""What somebody does in HubSpot just before a request is carried out."""


class Nights(Days):
    """One warehouse and one HubSpot through some nights, on an emulator with the limits above."""

    def __init__(self) -> None:
        super().__init__()
        self._run()
        self.a_person_adds_a_member(VIP, "dan")

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

    @rule(act=ACTS, route=st.sampled_from(ROUTES), after=st.integers(0, 4))
    def somebody_acts_in_the_middle_of_a_run(self, act: Mapping[str, Any], route: str, after: int) -> None:
        self.knows_all = False
        contacts, list_ids, members = self._everybody(), self._list_ids(), self._members()
        self._run(
            [{"route": route, "after": after, "do": act}],
            catch_up=lambda: self._catch_up(contacts, list_ids, members),
        )
        self.hubspot.tokens(token=self.host.environment(self.hubspot)["HUBSPOT_ACCESS_TOKEN"])

    def _list_ids(self) -> Mapping[str, str]:
        return {each["name"]: each["listId"] for each in self.hubspot.state()["lists"]}

    def _catch_up(
        self,
        contacts: Mapping[str, Contact],
        list_ids: Mapping[str, str],
        members: Mapping[str, AbstractSet[str]],
    ) -> None:
        """Take note of what was deleted or merged, by the contacts, lists and members before."""
        contacts_now, list_ids_now, members_now = self._everybody(), self._list_ids(), self._members()
        for name in LISTS:
            if list_ids.get(name) != list_ids_now.get(name):
                self.strangers.by_hand[name].clear()
        alive = {each.contact_id for each in contacts_now.values()}
        for email, contact in contacts.items():
            if contact.contact_id in alive:
                continue
            self._forget(contact.contact_id)
            heir = contacts_now.get(email)
            for name in LISTS:
                if heir and heir.contact_id in members_now.get(name, set()) - members.get(name, set()):
                    # By the merge or by us: who knows.
                    self.strangers.by_hand[name].add(heir.contact_id)
                    self.strangers.forfeit[name].add(heir.contact_id)

    @rule(left=st.integers(0, 40))
    def a_night_in_which_others_use_the_portal_up(self, left: int) -> None:
        ending = self._run(left_by_others=left)
        assert ending.error is None or ending.error.code == "daily_limit", ending.error

    def _others_leave(self, left: int) -> None:
        """Let others make requests, so that only some are left for today, and none at the moment."""
        headers = {"Authorization": "Bearer of-others"}
        with requests.Session() as others:
            for number in range(DAILY - left):
                if (DAILY - left - number) % BURST == 0:
                    self.hubspot.clock(step=10)
                answer = others.get(self.hubspot.url + ACCOUNT.split()[1], headers=headers, timeout=30)
                assert answer.status_code == 200, answer.text

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

    def _run(
        self,
        faults: Sequence[Mapping[str, Any]] = (),
        *,
        left_by_others: int | None = None,
        catch_up: Callable[[], None] = lambda: None,
        **more: Any,
    ) -> quick.Ending:
        before = self._truth()
        self.hubspot.clock(step=A_DAY)
        if left_by_others is not None:
            self._others_leave(left_by_others)
        self.hubspot.faults(faults)
        try:
            ending = quick.run(
                self.host, self.hubspot, allow=quick.GUARDS, adopt=frozenset(LISTS), steps=True, **more
            )
        finally:
            self.hubspot.faults([])
            self.hubspot.clock(step=A_DAY)
        catch_up()
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
