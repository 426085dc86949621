"""Lookups and changes over real HTTP: what each answer, trouble and silence of HubSpot comes to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from math import ceil, log2
from typing import Any, cast
from unittest.mock import ANY

import pytest

from sync.batches import BatchSize
from sync.caller import Caller
from sync.errors import BusyError, HubSpotRefusesError, StoppedError, UnfinishedError
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.lookup import look_up, named_beside, resolve
from sync.records import Attribute, Batch, Change, Contact, Lookup, Receipt, Reply
from sync.send import Sender
from sync.updates import Updates
from tests.edge.emulator_fixtures import NO_LIMITS, Client
from tests.emulator_process import EmulatorProcess

READ = "POST /crm/v3/objects/contacts/batch/read"
UPDATE = "POST /crm/v3/objects/contacts/batch/update"
CHANGE = "PUT /crm/v3/lists/{listId}/memberships/add-and-remove"
MEMBERSHIPS = "POST /crm/v3/lists/records/memberships/batch/read"
PASSING: list[dict[str, Any]] = [
    {"status": 503},
    {"status": 500},
    {"status": 408},
    {"status": 423},
    {"status": 429},
    {"html": True, "status": 502},
    {"reset": "before"},
    {"reset": "after"},
    {"hang": 5},
]
NAMES = count(1)
WRITTEN = [Attribute(name, name, None, "set") for name in ("nickname", "lifecyclestage", "no_such_property")]
NICKNAME = '{"nickname": "A"}'


def new_sender(hubspot: HubSpot, caller: Caller, list_id: str, membership_batch: int = 500) -> Sender:
    """A sender that overwrites properties, so that it need not read them first."""
    updates = Updates(hubspot, caller, WRITTEN)
    return Sender(hubspot, caller, {"VIP": list_id}, membership_batch, updates)


class Portal:
    """An emulated portal with a list of its own for each test, and a caller that never really sleeps."""

    def __init__(self, emulator: EmulatorProcess, *, timeout: float = 0.5) -> None:
        self.emulator = emulator
        self.client = Client(emulator)
        self.hubspot = HubSpot(emulator.url, "token", "v3", timeout)
        self.clock = 0.0
        self.caller = Caller(1_000_000, lambda: True, now=lambda: self.clock, wait=self._wait)
        self.list_id = self.client.new_list(f"List {next(NAMES)}")
        self._first_request = emulator.state()["requests"]["total"]
        self.sender = new_sender(self.hubspot, self.caller, self.list_id)

    def _wait(self, seconds: float) -> bool:
        self.clock += seconds
        return self.caller.stopped_by is not None

    def people(self, number: int) -> tuple[list[str], list[str]]:
        """So many new contacts: their addresses and their ids."""
        emails = [f"person{next(NAMES)}@example.com" for _ in range(number)]
        return emails, self.emulator.contacts([{"email": email} for email in emails])

    def faults(self, *script: dict[str, Any]) -> None:
        self.emulator.faults(script)

    def requests(self, route: str) -> int:
        log = self.emulator.requests(after=self._first_request)
        return sum(each["route"] == route for each in log)

    # -- lookups

    def look_up(self, emails: Sequence[str]) -> dict[str, Lookup]:
        lookups = resolve(self.hubspot, self.caller, emails, BatchSize(100))
        found = {lookup.wire_email: lookup for lookup in lookups}
        assert len(found) == len(lookups), "an address has one lookup"
        return found

    # -- changes

    def send(self, action: Any, ids: Sequence[str], payloads: Sequence[str | None] = ()) -> list[Receipt]:
        """Send one batch as if it were a whole turn; its receipts in the order of the ids."""
        given = [*payloads, *[None] * (len(ids) - len(payloads))]
        changes = [Change(n, "VIP", action, each, given[n]) for n, each in enumerate(ids)]
        receipts = self.sender.send_batch(Batch(action, "VIP", tuple(changes))) + self.sender.send_aside()
        assert len({receipt.change_no for receipt in receipts}) == len(receipts), "a change has one receipt"
        return sorted(receipts, key=lambda receipt: receipt.change_no)

    def members(self) -> list[str]:
        return self.emulator.member_ids(self.list_id)

    def property(self, contact_id: str, name: str) -> str | None:
        answer = self.client.read_ids(contact_id, properties=[name]).json()
        value: str | None = answer["results"][0]["properties"][name]
        return value


def outcomes(receipts: Sequence[Receipt]) -> list[str]:
    return [receipt.outcome for receipt in receipts]


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    seed = [{"email": "seed@example.com", "nickname": "", "lifecyclestage": "lead"}]
    with EmulatorProcess(contacts=seed, arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def portal(emulator: EmulatorProcess) -> Iterator[Portal]:
    made = Portal(emulator)
    yield made
    emulator.faults([])
    made.client.session.close()
    assert emulator.state()["contacts_created"] == 0


class Canned(HubSpot):
    """Answers as it is told, where the emulator has no way to."""

    def __init__(self, answer: Callable[[Sequence[str]], Reply]) -> None:
        super().__init__("http://127.0.0.1:9", "token", "v3", 1)
        self.answer = answer
        self.on_lists: dict[str, list[str]] = {}

    def read_contacts(self, emails: Sequence[str]) -> Reply:
        return self.answer(emails)

    def read_properties(self, contact_ids: Sequence[str], names: Sequence[str]) -> Reply:
        return self.answer(contact_ids)

    def update_contacts(self, updates: Sequence[tuple[str, dict[str, str]]]) -> Reply:
        return self.answer([contact_id for contact_id, _ in updates])

    def change_members(self, list_id: str, *, add: Sequence[str], remove: Sequence[str]) -> Reply:
        return self.answer([*add, *remove])

    def memberships(self, contact_ids: Sequence[str]) -> Reply:
        results = [
            {
                "recordId": each,
                "recordListMemberships": [{"listId": on} for on in self.on_lists.get(each, [])],
            }
            for each in contact_ids
        ]
        return Reply(200, {"results": results})


def canned_lookups(emails: Sequence[str], *contacts: dict[str, Any]) -> dict[str, str]:
    results = [{"id": each.pop("id"), "properties": each} for each in contacts]
    hubspot = Canned(lambda _: Reply(200, {"results": results}))
    lookups = resolve(hubspot, Caller(1_000_000, lambda: True), emails, BatchSize(100))
    assert all(lookup.outcome == "found" for lookup in lookups)
    return {lookup.wire_email: lookup.contact.contact_id for lookup in lookups if lookup.contact}


def canned_send(hubspot: Canned, action: Any, ids: Sequence[str]) -> tuple[list[Receipt], Caller]:
    clock = count(step=100)  # so that every wait is over when it is asked about
    caller = Caller(1_000_000, lambda: True, now=lambda: next(clock), wait=lambda seconds: False)
    changes = tuple(Change(n, "VIP", action, each, NICKNAME) for n, each in enumerate(ids))
    sender = new_sender(hubspot, caller, "811")
    receipts = sender.send_batch(Batch(action, "VIP", changes)) + sender.send_aside()
    return sorted(receipts, key=lambda r: r.change_no), caller


class TestWhoAnAddressLeadsTo:
    def test_by_its_primary_address_whatever_the_case(self, portal: Portal) -> None:
        (contact_id,) = portal.emulator.contacts([{"email": "Zoe.Case@Example.COM"}])
        found = portal.look_up(["zoe.case@example.com"])["zoe.case@example.com"]
        assert found.outcome == "found"
        assert found.contact is not None
        assert (found.contact.contact_id, found.contact.primary_email) == (contact_id, "zoe.case@example.com")

    def test_by_a_secondary_address(self, portal: Portal) -> None:
        values = {"email": "eva@example.com", "hs_additional_emails": "Eva.Old@example.com;eva2@example.com"}
        (contact_id,) = portal.emulator.contacts([values])
        found = portal.look_up(["eva2@example.com", "eva.old@example.com", "eva@example.com"])
        assert {each.contact.contact_id for each in found.values() if each.contact} == {contact_id}
        assert {each.contact.primary_email for each in found.values() if each.contact} == {"eva@example.com"}
        assert len(found) == 3

    def test_with_what_hubspot_says_of_consent_and_bounces(self, portal: Portal) -> None:
        values = {"hs_email_optout": "true", "hs_email_hard_bounce_reason_enum": "UNKNOWN_USER"}
        portal.emulator.contacts([{"email": "tim@example.com", **values}, {"email": "ute@example.com"}])
        found = portal.look_up(["tim@example.com", "ute@example.com"])
        said = {
            name: (each.contact.opted_out, each.contact.bounced)
            for name, each in found.items()
            if each.contact
        }
        assert said == {"tim@example.com": (True, True), "ute@example.com": (False, False)}

    def test_to_nobody_when_hubspot_says_so(self, portal: Portal) -> None:
        emails, _ = portal.people(2)
        found = portal.look_up([*emails, "nobody@example.com"])
        assert [found[email].outcome for email in emails] == ["found", "found"]
        assert found["nobody@example.com"] == Lookup("nobody@example.com", "absent", None)

    def test_after_a_merge_to_the_contact_that_is_left(self, portal: Portal) -> None:
        (stays, goes), (kept_id, lost_id) = portal.people(2)
        portal.client.merge(kept_id, lost_id)
        found = portal.look_up([stays, goes])
        assert {each.contact.contact_id for each in found.values() if each.contact} == {kept_id}

    def test_an_international_domain_in_either_form(self) -> None:
        wire = "ann@xn--bcher-kva.example.com"
        assert canned_lookups([wire], {"id": "7", "email": "Ann@bücher.example.com"}) == {wire: "7"}
        assert canned_lookups([wire], {"id": "7", "email": "ann@xn--bcher-kva.example.com"}) == {wire: "7"}

    def test_what_is_named_beside_it_is_recorded_in_wire_form_once(self) -> None:
        contact = Contact("7", "ann@example.com", ("eva@bücher.example.com", "bob@example.com"), False, False)
        asked = [Lookup(f"{name}@example.com", "found", contact) for name in ("ann", "bob")]
        absent = Lookup("eve@example.com", "absent", None)
        assert named_beside([*asked, absent]) == [Lookup("eva@xn--bcher-kva.example.com", "found", contact)]

    def test_a_primary_address_beats_another_contacts_secondary_one(self) -> None:
        ann = "ann@example.com"
        owner = {"id": "1", "email": ann}
        other = {"id": "2", "email": "bob@example.com", "hs_additional_emails": ann}
        assert canned_lookups([ann], dict(owner), dict(other)) == {ann: "1"}
        assert canned_lookups([ann], dict(other), dict(owner)) == {ann: "1"}

    def test_a_contact_that_nobody_asked_for_is_nobodys(self) -> None:
        assert canned_lookups(["ann@example.com"], {"id": "1", "email": "bob@example.com"}) == {}


class TestRefusedLookups:
    BAD = ("x@example.nosuchtld", "no-at-sign", "dots..@example.com")

    def test_three_bad_addresses_among_a_hundred_cost_no_good_one(self, portal: Portal) -> None:
        emails, ids = portal.people(97)
        asked = [*emails[:10], self.BAD[0], *emails[10:60], self.BAD[1], *emails[60:], self.BAD[2]]
        found = portal.look_up(asked)
        assert {email: found[email].outcome for email in self.BAD} == dict.fromkeys(self.BAD, "refused")
        contacts = [found[email].contact for email in emails]
        assert [each.contact_id for each in contacts if each] == ids
        assert portal.requests(READ) <= 1 + 2 * 3 * ceil(log2(100))

    def test_when_every_address_of_many_is_refused_the_request_is_at_fault(self, portal: Portal) -> None:
        portal.faults({"route": READ, "status": 400, "times": None})
        emails, _ = portal.people(3)
        assert portal.look_up(emails) == {}
        assert isinstance(portal.caller.stopped_by, UnfinishedError)
        assert portal.caller.stopped_by.code == "lookup_refused"

    def test_one_odd_refusal_of_a_lone_address_is_not_recorded(self, portal: Portal) -> None:
        """Thin evidence takes nobody off a list."""
        emails, _ = portal.people(1)
        portal.faults({"route": READ, "status": 400})
        assert portal.look_up(emails)[emails[0]].outcome == "found"
        assert portal.requests(READ) == 2

    def test_nor_is_one_of_a_batch_or_after_a_bad_one(self, portal: Portal) -> None:
        emails, _ = portal.people(9)
        for after in range(8):
            portal.faults({"route": READ, "status": 400, "after": after})
            found = portal.look_up([*emails, self.BAD[0]])
            assert [found[email].outcome for email in emails] == ["found"] * 9
            assert found[self.BAD[0]].outcome == "refused"

    def test_one_that_the_refusal_names_costs_two_requests(self, portal: Portal) -> None:
        emails, _ = portal.people(99)
        assert portal.look_up([*emails[:50], self.BAD[0], *emails[50:]])[self.BAD[0]].outcome == "refused"
        assert portal.requests(READ) == 3

    def test_one_or_two_may_well_be_bad(self, portal: Portal) -> None:
        found = portal.look_up(self.BAD[:2])
        assert [each.outcome for each in found.values()] == ["refused", "refused"]
        assert portal.caller.stopped_by is None

    def test_and_more_where_each_refusal_names_its_address(self, portal: Portal) -> None:
        """With nothing else due they would end every run."""
        found = portal.look_up([*self.BAD, "also@example.nosuchtld"])
        assert [each.outcome for each in found.values()] == ["refused"] * 4
        assert portal.caller.stopped_by is None

    @pytest.mark.parametrize("number", [1, 2])
    def test_a_refusal_of_so_few_that_names_none_of_them_says_nothing(
        self, portal: Portal, number: int
    ) -> None:
        """On most nights few lookups are due: a request that HubSpot dislikes would take members off."""
        portal.faults({"route": READ, "status": 400, "times": None})
        emails, _ = portal.people(number)
        assert portal.look_up(emails) == {}
        portal.faults()
        assert [each.outcome for each in portal.look_up(emails).values()] == ["found"] * number

    def test_without_an_answer_it_is_not_taken_for_refused(self, portal: Portal) -> None:
        emails, _ = portal.people(7)
        portal.faults({"route": READ, "status": 503, "after": 1, "times": 5})
        assert set(portal.look_up([*emails, self.BAD[0]])) == set(emails)


class TestLookupsWithoutAnAnswer:
    @pytest.mark.parametrize("trouble", PASSING)
    def test_a_trouble_that_passes_costs_nothing(self, portal: Portal, trouble: dict[str, Any]) -> None:
        emails, _ = portal.people(3)
        portal.faults({"route": READ, **trouble})
        assert [each.outcome for each in portal.look_up(emails).values()] == ["found"] * 3
        # What takes too long is asked for in smaller pieces.
        assert portal.requests(READ) == (4 if "hang" in trouble else 2)

    @pytest.mark.parametrize("trouble", [each for each in PASSING if "hang" not in each])
    def test_one_that_stays_leaves_no_lookup(self, portal: Portal, trouble: dict[str, Any]) -> None:
        """Absence of evidence: neither `absent` nor `refused`."""
        emails, _ = portal.people(3)
        portal.faults({"route": READ, **trouble, "times": None})
        assert portal.look_up(emails) == {}

    def test_who_is_not_named_is_asked_for_once_more(self, portal: Portal) -> None:
        emails, _ = portal.people(5)
        portal.faults({"route": READ, "drop_rows": 2})
        found = portal.look_up([*emails, "nobody@example.com"])
        assert sorted(found) == sorted([*emails, "nobody@example.com"])
        assert portal.requests(READ) == 2

    def test_a_200_that_names_nobody_twice_leaves_no_lookup(self, portal: Portal) -> None:
        emails, _ = portal.people(3)
        portal.faults({"route": READ, "empty_results": True, "times": None})
        assert portal.look_up([*emails, "nobody@example.com"]) == {}
        assert portal.requests(READ) == 2

    def test_a_200_that_leaves_rows_out_again_says_nothing_of_them(self, portal: Portal) -> None:
        emails, _ = portal.people(5)
        portal.faults({"route": READ, "drop_rows": 2}, {"route": READ, "drop_rows": 2})
        found = portal.look_up([*emails, "nobody@example.com"])
        assert list(found) == [*emails[2:], "nobody@example.com"]

    def test_who_is_refused_in_a_partial_answer_is_refused_when_it_says_so_twice(self) -> None:
        calls: list[list[str]] = []

        def answer(emails: Sequence[str]) -> Reply:
            calls.append(list(emails))
            errors: list[dict[str, Any]] = [
                {"category": "VALIDATION_ERROR", "context": {"ids": ["bad@example.com"]}},
                {"category": "OBJECT_NOT_FOUND", "context": {"ids": ["gone@example.com"]}},
            ]
            if len(calls) == 1:
                errors[0]["context"]["ids"].append("odd@example.com")
                return Reply(207, {"errors": errors})
            found = {"id": "7", "properties": {"email": "odd@example.com"}}
            return Reply(207, {"errors": errors[:1], "results": [found]})

        asked = ["bad@example.com", "gone@example.com", "odd@example.com"]
        lookups = resolve(Canned(answer), Caller(1_000_000, lambda: True), asked, BatchSize(100))
        assert calls[1:] == [["bad@example.com", "odd@example.com"]]
        assert {each.wire_email: each.outcome for each in lookups} == {
            "bad@example.com": "refused",
            "gone@example.com": "absent",
            "odd@example.com": "found",
        }

    @pytest.mark.parametrize(("status", "code"), [(401, "token"), (403, "scope")])
    def test_a_refused_token_ends_the_run(self, portal: Portal, status: int, code: str) -> None:
        portal.faults({"route": READ, "status": status, "times": None})
        assert portal.look_up(portal.people(2)[0]) == {}
        assert isinstance(portal.caller.stopped_by, HubSpotRefusesError)
        assert portal.caller.stopped_by.code == code
        assert portal.look_up(portal.people(2)[0]) == {}
        assert portal.requests(READ) == 1


class State:
    """The part of the ledger that looking up and sending need."""

    def __init__(self, emails: Sequence[str] = (), changes: Sequence[Change] = ()) -> None:
        self.emails = emails
        self.plan = changes
        self.lookups: list[Lookup] = []
        self.named: list[Lookup] = []
        self.receipts: list[Receipt] = []
        self.flushes = 0
        self.read_to = 0

    def due_lookups(self, first_no: int, last_no: int) -> list[str]:
        return list(self.emails[first_no - 1 : last_no])

    def record_lookups(self, lookups: Sequence[Lookup], portal_id: str, step: int) -> None:
        assert (portal_id, step) in [("12345678", 101), ("12345678", 102)]
        if step == 101:
            assert not self.lookups, "a contact is not recorded without its other addresses"
            self.named += lookups
        else:
            self.lookups += lookups

    def changes(self, first_no: int, last_no: int) -> Iterator[Change]:
        for change in self.plan:
            if first_no <= change.change_no <= last_no:
                self.read_to = change.change_no
                yield change

    def record_receipts(self, receipts: Sequence[Receipt], run_no: int, step: int) -> None:
        assert (run_no, step) == (1, 105)
        self.receipts += receipts
        self.flushes += bool(receipts)


class TestTheNumberOfRequests:
    """At most ⌈n/size⌉ + 2k⌈log2 size⌉ for k bad rows among n, by the emulator's own log."""

    @pytest.mark.parametrize("bad", [1, 2, 7])
    def test_of_lookups(self, portal: Portal, bad: int) -> None:
        emails, _ = portal.people(250 - bad)
        wrong = [f"wrong{n}@example.nosuchtld" for n in range(bad)]
        asked = list(emails)
        for n, each in enumerate(wrong):
            asked.insert(31 * n + 5, each)
        state = State(asked)
        assert TestLookingUpAll().look_up(portal, state) == 0
        assert sorted(each.wire_email for each in state.lookups if each.outcome == "refused") == wrong
        assert len([each for each in state.lookups if each.outcome == "found"]) == len(emails)
        assert portal.requests(READ) <= 3 + 2 * bad * ceil(log2(100))

    @pytest.mark.parametrize("bad", [1, 2, 7])
    def test_of_updates_whose_refusal_names_no_row(self, portal: Portal, bad: int) -> None:
        _, ids = portal.people(100)
        payloads = ['{"nickname": "A"}'] * 100
        wrong = [13 * n + 4 for n in range(bad)]
        for n in wrong:
            payloads[n] = '{"lifecyclestage": "nonsense"}'
        receipts = portal.send("update", ids, payloads)
        assert [n for n, each in enumerate(receipts) if each.outcome == "rejected"] == wrong
        assert outcomes(receipts).count("applied") == 100 - bad
        assert portal.requests(UPDATE) <= 1 + 2 * bad * ceil(log2(100))

    @pytest.mark.parametrize("bad", [1, 2, 7])
    def test_of_membership_changes(self, portal: Portal, bad: int) -> None:
        _, ids = portal.people(500 - bad)
        given = list(ids)
        for n in range(bad):
            given.insert(67 * n + 3, f"no-id-{n}")
        receipts = portal.send("add", given)
        assert outcomes(receipts).count("rejected") == bad
        assert portal.members() == ids
        assert portal.requests(CHANGE) <= 1 + 2 * bad * ceil(log2(500))


class TestSmallerRequests:
    def test_what_is_too_large_travels_in_halves_and_so_does_what_follows(self, portal: Portal) -> None:
        emails, _ = portal.people(100)
        size = BatchSize(100)
        portal.faults({"route": READ, "status": 413})
        assert len(resolve(portal.hubspot, portal.caller, emails, size)) == 100
        assert portal.requests(READ) == 3
        assert len(resolve(portal.hubspot, portal.caller, emails, size)) == 100
        assert portal.requests(READ) == 5

    def test_a_hubspot_that_never_answers_is_not_asked_for_ever_less(self, portal: Portal) -> None:
        emails, _ = portal.people(16)
        portal.faults({"route": READ, "status": 524, "times": None})
        assert portal.look_up(emails) == {}
        assert isinstance(portal.caller.stopped_by, UnfinishedError)
        assert portal.requests(READ) <= 3 + 3 * 5

    def test_a_split_change_that_was_made_all_the_same_is_ours(self, portal: Portal) -> None:
        _, ids = portal.people(4)
        portal.faults({"route": CHANGE, "latency": 0.8, "reset": "after"})
        assert outcomes(portal.send("add", ids)) == ["applied"] * 4
        assert portal.members() == ids


class TestLookingUpAll:
    def look_up(
        self,
        portal: Portal,
        state: State,
        keep_lease: Callable[[], None] = lambda: None,
        *,
        most_requests: int | None = None,
        put_off: Any = 0,
    ) -> int:
        """Look up all that is due; return how many have no answer."""
        told: list[int] = []
        answered, left = look_up(
            cast(Ledger, state),
            portal.hubspot,
            portal.caller,
            due=len(state.emails),
            most_requests=most_requests,
            portal_id="12345678",
            named_step=101,
            step=102,
            workers=3,
            keep_lease=keep_lease,
            tell=lambda event, done, total: told.append(done),
        )
        assert told == sorted(told)
        assert left == put_off
        return len(state.emails) - answered

    @pytest.mark.parametrize(("number", "requests"), [(1, 1), (2, 1), (100, 1), (101, 2), (250, 3)])
    def test_goes_by_a_hundred_and_records_every_answer(
        self, portal: Portal, number: int, requests: int
    ) -> None:
        emails, ids = portal.people(number)
        state = State(emails)
        assert self.look_up(portal, state) == 0
        assert {each.wire_email: each.contact.contact_id for each in state.lookups if each.contact} == dict(
            zip(emails, ids, strict=True)
        )
        assert portal.requests(READ) == requests

    def test_records_the_other_addresses_of_a_contact_before_those_asked_for(self, portal: Portal) -> None:
        values = {"email": "Uma@example.com", "hs_additional_emails": "uma.old@example.com;uma2@example.com"}
        (uma,) = portal.emulator.contacts([values])
        emails, _ = portal.people(2)
        state = State([*emails, "uma2@example.com"])
        assert self.look_up(portal, state) == 0
        assert [each.wire_email for each in state.lookups] == [*emails, "uma2@example.com"]
        named = {each.wire_email: each.contact for each in state.named if each.outcome == "found"}
        assert sorted(named) == ["uma.old@example.com", "uma@example.com"]
        assert {(each.contact_id, each.primary_email) for each in named.values() if each} == {
            (uma, "uma@example.com")
        }
        assert portal.requests(READ) == 1

    def test_counts_those_without_an_answer(self, portal: Portal) -> None:
        emails, _ = portal.people(150)
        portal.faults({"route": READ, "drop_rows": 7, "times": None})
        state = State(emails)
        assert self.look_up(portal, state) == 14
        assert len(state.lookups) == 136

    @pytest.mark.parametrize(
        ("most", "put_off"), [(1, 350), (3, 150), (4, 50), (5, 0), (6, 0)], ids=lambda number: f"{number}"
    )
    def test_puts_off_what_is_beyond_its_share_of_requests(
        self, portal: Portal, most: int, put_off: int
    ) -> None:
        emails, _ = portal.people(450)
        state = State(emails)
        assert self.look_up(portal, state, most_requests=most, put_off=put_off) == put_off
        assert {each.wire_email for each in state.lookups} == set(emails[: 450 - put_off])
        assert portal.requests(READ) == min(most, 5)

    def test_asks_for_less_where_each_request_is_made_twice(self, portal: Portal) -> None:
        emails, _ = portal.people(3_000)
        portal.faults({"route": READ, "drop_rows": 1, "times": None})
        state = State(emails)
        # Three workers: what is under way when the share is used up is finished.
        most = 10
        unanswered = self.look_up(portal, state, most_requests=most, put_off=ANY)
        assert most <= portal.requests(READ) <= most + 2 * 3
        assert len(state.lookups) == 3_000 - unanswered

    def test_what_an_end_of_all_requests_leaves_is_not_put_off(self, portal: Portal) -> None:
        emails, _ = portal.people(450)
        portal.caller.limit_to(2)
        assert self.look_up(portal, State(emails), most_requests=4) == 250

    def test_records_what_was_answered_before_the_run_lost_its_lease(self, portal: Portal) -> None:
        emails, _ = portal.people(300)
        state = State(emails)

        def lose() -> None:
            if portal.requests(READ):
                raise BusyError("lease_lost", "Lost.", "Wait.")

        with pytest.raises(BusyError):
            self.look_up(portal, state, lose)
        assert len(state.lookups) == 100 * portal.requests(READ)


class TestAdding:
    def test_who_was_added_is_applied(self, portal: Portal) -> None:
        _, ids = portal.people(3)
        receipts = portal.send("add", ids)
        assert receipts == [Receipt(n, "applied") for n in range(3)]
        assert portal.members() == ids
        assert portal.requests(MEMBERSHIPS) == 0

    def test_who_was_there_before_is_already_so(self, portal: Portal) -> None:
        _, ids = portal.people(3)
        portal.emulator.edit_members(portal.list_id, add=[ids[1]])
        assert outcomes(portal.send("add", ids)) == ["applied", "already_so", "applied"]
        assert portal.requests(MEMBERSHIPS) == 1

    def test_who_is_gone_is_missing_deleted_or_merged(self, portal: Portal) -> None:
        _, (stays, merged, deleted) = portal.people(3)
        portal.client.merge(stays, merged)
        portal.emulator.delete_contacts([deleted])
        receipts = portal.send("add", [stays, merged, deleted])
        assert outcomes(receipts) == ["applied", "missing", "missing"]
        assert [receipt.code for receipt in receipts] == [None, "not_named", "not_in_hubspot"]

    def test_one_that_is_refused_costs_no_other(self, portal: Portal) -> None:
        _, ids = portal.people(64)
        receipts = portal.send("add", [*ids[:20], "no-id", *ids[20:]])
        assert outcomes(receipts) == [*["applied"] * 20, "rejected", *["applied"] * 44]
        assert portal.members() == ids
        assert portal.requests(CHANGE) <= 1 + 2 * ceil(log2(65))
        refused = receipts[20]
        assert refused.code == "VALIDATION_ERROR"
        assert refused.correlation_id
        assert "no-id" in (refused.message or "")

    def test_an_overlooked_one_that_is_not_on_the_list_is_missing(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.faults({"route": CHANGE, "drop_rows": 1})
        receipts = portal.send("add", ids)
        assert [(r.outcome, r.code) for r in receipts] == [("missing", "not_named"), ("applied", None)]

    def test_unnamed_and_no_way_to_look_is_failed(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.emulator.edit_members(portal.list_id, add=[ids[0]])
        portal.faults({"route": MEMBERSHIPS, "status": 503, "times": None})
        receipts = portal.send("add", ids)
        assert [(r.outcome, r.code) for r in receipts] == [("failed", "not_named"), ("applied", None)]

    def test_a_success_that_names_nobody_is_read_back(self) -> None:
        hubspot = Canned(lambda ids: Reply(204, {}))
        hubspot.on_lists = {"1": ["811", "5"], "2": ["5"]}
        receipts, _ = canned_send(hubspot, "add", ["1", "2"])
        assert outcomes(receipts) == ["already_so", "missing"]


class TestRemoving:
    def test_who_was_removed_is_applied(self, portal: Portal) -> None:
        _, ids = portal.people(3)
        portal.emulator.edit_members(portal.list_id, add=ids)
        assert outcomes(portal.send("remove", ids[:2])) == ["applied", "applied"]
        assert portal.members() == ids[2:]

    def test_who_was_not_there_is_already_so_and_who_is_gone_missing(self, portal: Portal) -> None:
        _, ids = portal.people(3)
        portal.emulator.edit_members(portal.list_id, add=ids[:1])
        portal.emulator.delete_contacts([ids[2]])
        assert outcomes(portal.send("remove", ids)) == ["applied", "already_so", "missing"]

    def test_who_is_still_there_is_failed(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.emulator.edit_members(portal.list_id, add=ids)
        portal.faults({"route": CHANGE, "drop_rows": 1})
        receipts = portal.send("remove", ids)
        assert [(r.outcome, r.code) for r in receipts] == [("failed", "still_on_list"), ("applied", None)]
        assert portal.members() == ids[:1]

    def test_it_adds_nobody(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.send("remove", ids)
        assert portal.members() == []


class TestUpdating:
    def test_who_was_updated_is_applied(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        receipts = portal.send(
            "update", ids, ['{"nickname": "A"}', '{"nickname": "B", "lifecyclestage": "lead"}']
        )
        assert outcomes(receipts) == ["applied", "applied"]
        assert [portal.property(each, "nickname") for each in ids] == ["A", "B"]
        assert portal.property(ids[1], "lifecyclestage") == "lead"

    def test_who_is_gone_is_missing_deleted_or_merged(self, portal: Portal) -> None:
        _, (stays, merged, deleted) = portal.people(3)
        portal.client.merge(stays, merged)
        portal.emulator.delete_contacts([deleted])
        receipts = portal.send("update", [stays, merged, deleted], ['{"nickname": "A"}'] * 3)
        assert outcomes(receipts) == ["applied", "missing", "missing"]

    def test_who_is_not_named_is_written_once_more(self, portal: Portal) -> None:
        _, ids = portal.people(3)
        portal.faults({"route": UPDATE, "drop_rows": 1})
        assert outcomes(portal.send("update", ids, ['{"nickname": "A"}'] * 3)) == ["applied"] * 3
        assert portal.requests(UPDATE) == 2

    def test_a_2xx_that_names_nobody_twice_has_done_nothing(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.faults({"route": UPDATE, "empty_results": True, "times": None})
        assert outcomes(portal.send("update", ids, ['{"nickname": "A"}'] * 2)) == ["missing", "missing"]

    def test_one_bad_value_costs_no_other(self, portal: Portal) -> None:
        _, ids = portal.people(20)
        payloads = ['{"nickname": "A"}'] * 20
        payloads[7] = '{"lifecyclestage": "nonsense"}'
        receipts = portal.send("update", ids, payloads)
        assert outcomes(receipts) == [*["applied"] * 7, "rejected", *["applied"] * 12]
        assert receipts[7].code == "VALIDATION_ERROR"
        assert portal.requests(UPDATE) <= 1 + 2 * ceil(log2(20))

    def test_a_207_that_refuses_a_row_is_believed(self) -> None:
        refused = {"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": ["2"]}}
        gone = {"category": "OBJECT_NOT_FOUND", "context": {"objectWriteTraceId": ["3"]}}
        answer = Reply(207, {"results": [{"id": "1"}], "errors": [refused, gone]})
        receipts, _ = canned_send(Canned(lambda ids: answer), "update", ["1", "2", "3"])
        assert outcomes(receipts) == ["applied", "rejected", "missing"]
        assert receipts[1].code == "VALIDATION_ERROR"

    @pytest.mark.parametrize(
        "payload",
        [
            None,
            "",
            "not json",
            "[]",
            '"text"',
            '{"nickname": 5}',
            '{"nickname": null}',
            '{"nickname": "A", "email": "new@example.com"}',
            '{"Email": "new@example.com"}',
        ],
    )
    def test_what_may_not_be_sent_is_rejected_unsent(self, portal: Portal, payload: str | None) -> None:
        (email, _), ids = portal.people(2)
        receipts = portal.send("update", ids, [payload, '{"nickname": "B"}'])
        assert [(r.outcome, r.code) for r in receipts] == [("rejected", "properties"), ("applied", None)]
        assert portal.property(ids[0], "nickname") is None
        assert portal.property(ids[0], "email") == email
        assert portal.requests(UPDATE) == 1

    def test_a_batch_with_nothing_to_send_sends_nothing(self, portal: Portal) -> None:
        _, ids = portal.people(4)
        assert outcomes(portal.send("update", ids, ["{"] * 4)) == ["rejected"] * 4
        assert portal.requests(UPDATE) == 0
        assert portal.caller.stopped_by is None


class TestUpdatingOnlyWhatIsEmpty:
    """Nothing is said of `city`, so that what HubSpot has stays: the contacts are read first."""

    OSLO = '{"city": "Oslo"}'

    def test_only_empty_ones_are_written_and_one_that_has_it_needs_no_request(self, portal: Portal) -> None:
        _, ids = portal.people(3)
        portal.emulator.contacts([{"id": ids[1], "city": "Rome"}])
        assert outcomes(portal.send("update", ids, [self.OSLO] * 3)) == ["applied", "already_so", "applied"]
        assert [portal.property(each, "city") for each in ids] == ["Oslo", "Rome", "Oslo"]
        reads = portal.requests(READ)
        assert outcomes(portal.send("update", ids, [self.OSLO] * 3)) == ["already_so"] * 3
        assert (portal.requests(UPDATE), portal.requests(READ) - reads) == (1, 1)

    def test_who_is_gone_is_missing_deleted_or_merged(self, portal: Portal) -> None:
        _, (stays, merged, deleted) = portal.people(3)
        portal.client.merge(stays, merged)
        portal.emulator.delete_contacts([deleted])
        receipts = portal.send("update", [stays, merged, deleted], [self.OSLO] * 3)
        assert [(r.outcome, r.code) for r in receipts] == [
            ("applied", None),
            ("missing", "not_named"),
            ("missing", "not_in_hubspot"),
        ]

    def test_who_was_overlooked_is_asked_for_once_more(self, portal: Portal) -> None:
        _, ids = portal.people(3)
        portal.faults({"route": READ, "drop_rows": 2})
        assert outcomes(portal.send("update", ids, [self.OSLO] * 3)) == ["applied"] * 3

    @pytest.mark.parametrize("trouble", [each for each in PASSING if "hang" not in each])
    def test_without_an_answer_nothing_is_written_and_there_is_no_receipt(
        self, portal: Portal, trouble: dict[str, Any]
    ) -> None:
        _, ids = portal.people(2)
        portal.faults({"route": READ, **trouble, "times": None})
        receipts = portal.send("update", ids, [self.OSLO, NICKNAME])
        # Where HubSpot is not down for good, what overwrites does not wait for it.
        assert 0 not in [receipt.change_no for receipt in receipts]
        portal.faults()
        assert portal.property(ids[0], "city") is None

    def test_a_refused_read_ends_the_run(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.faults({"route": READ, "status": 400, "times": None})
        assert portal.send("update", ids, [self.OSLO] * 2) == []
        assert isinstance(portal.caller.stopped_by, UnfinishedError)
        assert portal.caller.stopped_by.code == "read_refused"


class TestWhenEverythingIsRefused:
    def test_no_row_is_rejected_for_good_and_other_changes_go_on(self, portal: Portal) -> None:
        _, ids = portal.people(50)
        payload = json.dumps({"lifecyclestage": "of ann@example.com"})
        assert portal.send("update", ids, [payload] * 50) == []
        stopped = portal.sender.closed["VIP"]
        assert stopped.code == "all_refused"
        assert "lifecyclestage" in stopped.sentence
        assert "ann@example.com" not in str(stopped)
        assert portal.requests(UPDATE) <= 3 * (6 + 3) + 8
        assert portal.send("update", ids, ['{"nickname": "A"}'] * 50) == []
        assert outcomes(portal.send("add", ids)) == ["applied"] * 50

    def test_a_property_that_is_not_there_is_told_by_the_first_answer(self, portal: Portal) -> None:
        _, ids = portal.people(5)
        payload = json.dumps({"no_such_property": "of ann@example.com"})
        assert portal.send("update", ids, [payload] * 5) == []
        assert portal.requests(UPDATE) == 1
        stopped = portal.sender.closed["VIP"]
        assert stopped.code == "all_refused"
        assert "no_such_property" in stopped.sentence
        assert "ann@example.com" not in str(stopped)

    def test_one_or_two_may_well_be_bad(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        assert outcomes(portal.send("update", ids, ['{"no_such_property": "x"}'] * 2)) == ["rejected"] * 2
        assert portal.caller.stopped_by is None

    def test_so_may_a_few_updates_with_no_other_beside_them(self, portal: Portal) -> None:
        """Left without receipts, they would be refused every night, and the run never be done."""
        _, ids = portal.people(10)
        assert (
            outcomes(portal.send("update", ids, ['{"lifecyclestage": "nonsense"}'] * 10)) == ["rejected"] * 10
        )
        assert portal.sender.closed == {}

    @pytest.mark.parametrize("action", ["add", "remove"])
    @pytest.mark.parametrize("number", [1, 2, 12])
    def test_but_of_membership_changes_it_is_the_list(self, portal: Portal, action: str, number: int) -> None:
        """However few: those of every night would be left out for weeks, one night after the other."""
        _, ids = portal.people(number)
        portal.faults({"route": CHANGE, "status": 400, "times": None})
        assert portal.send(action, ids) == []
        assert portal.sender.closed["VIP"].code == "all_refused"
        assert portal.caller.stopped_by is None

    def test_unless_the_list_takes_others_or_the_refusal_names_them(self, portal: Portal) -> None:
        def answer(ids: Sequence[str]) -> Reply:
            refused = Reply(400, {"category": "VALIDATION_ERROR", "message": "no"})
            return refused if "bad" in ids else Reply(200, {"recordsIdsAdded": list(ids)})

        portal.hubspot = Canned(answer)
        portal.sender = new_sender(portal.hubspot, portal.caller, portal.list_id)
        assert outcomes(portal.send("add", ["1"])) == ["applied"]
        assert outcomes(portal.send("add", ["bad"])) == ["rejected"]
        named = Reply(400, {"category": "VALIDATION_ERROR", "message": "record 7 is not valid"})
        assert outcomes(canned_send(Canned(lambda ids: named), "add", ["7"])[0]) == ["rejected"]

    def test_a_doubt_is_not_forgotten_over_it(self) -> None:
        """The late request may have been carried out: then they are ours."""
        replies = iter([Reply(0, {}, timed_out=True)])
        hubspot = Canned(lambda ids: next(replies, Reply(400, {})))
        receipts, _ = canned_send(hubspot, "add", ["1", "2", "3", "4"])
        assert outcomes(receipts) == ["failed"] * 4

    def test_refused_rows_beside_unsent_ones_are_not_everything(self) -> None:
        """The good ones never got through: what is wrong is the limit, not the batch."""

        def answer(ids: Sequence[str]) -> Reply:
            return Reply(400 if any(each.startswith("bad") for each in ids) else 429, {}, 0.0)

        receipts, caller = canned_send(Canned(answer), "update", ["bad1", "1", "bad2", "2", "bad3", "3", "4"])
        assert [(r.change_no, r.outcome) for r in receipts] == [
            (0, "rejected"),
            (2, "rejected"),
            (4, "rejected"),
        ]
        assert caller.stopped_by is None

    def test_what_hubspot_says_is_kept_masked(self) -> None:
        said: dict[str, object] = {
            "category": "VALIDATION_ERROR",
            "message": "Email address ann@example.con is invalid",
        }
        receipts, _ = canned_send(Canned(lambda ids: Reply(400, said)), "update", ["1"])
        assert receipts[0].message == "Email address an***@example.con is invalid"

    def test_a_sub_category_says_more(self) -> None:
        said: dict[str, object] = {
            "category": "VALIDATION_ERROR",
            "subCategory": "ILS.X",
            "correlationId": "c",
        }
        receipts, _ = canned_send(Canned(lambda ids: Reply(409, said)), "update", ["1"])
        assert receipts == [Receipt(0, "rejected", "ILS.X", None, "c")]
        receipts, _ = canned_send(Canned(lambda ids: Reply(422, {})), "update", ["1"])
        assert receipts == [Receipt(0, "rejected", "status_422")]

    @pytest.mark.parametrize("status", [400, 413, 414])
    def test_a_request_too_large_is_halved(self, status: int) -> None:
        def answer(ids: Sequence[str]) -> Reply:
            return Reply(status, {}) if len(ids) > 2 else Reply(200, {"recordsIdsAdded": list(ids)})

        receipts, _ = canned_send(Canned(answer), "add", [str(n) for n in range(10)])
        assert outcomes(receipts) == ["applied"] * 10


class TestRowsRefusedInAPartialAnswer:
    """HubSpot answers 207 and refuses rows one by one."""

    @staticmethod
    def canned(category: str | None, refuses: Callable[[str], bool] = lambda _: True) -> Canned:
        def answer(ids: Sequence[str]) -> Reply:
            said = {"message": "Value of ann@example.com is not valid"}
            errors = [
                {**({"category": category} if category else {}), **said, "context": {"ids": [each]}}
                for each in ids
                if refuses(each)
            ]
            results = [{"id": each, "properties": {"email": each}} for each in ids if not refuses(each)]
            return Reply(207, {"results": results, "errors": errors, "correlationId": "c"})

        return Canned(answer)

    def test_each_is_kept_with_its_reason_masked(self) -> None:
        hubspot = self.canned("VALIDATION_ERROR", lambda each: each == "2")
        receipts, _ = canned_send(hubspot, "update", ["1", "2"])
        message = "Value of an***@example.com is not valid"
        assert receipts[1] == Receipt(1, "rejected", "VALIDATION_ERROR", message, "c")

    @pytest.mark.parametrize("category", ["INTERNAL_ERROR", "SOMETHING_NEW", None])
    def test_a_reason_that_may_pass_blocks_nobody(self, category: str | None) -> None:
        hubspot = self.canned(category, lambda each: each == "2")
        receipts, _ = canned_send(hubspot, "update", ["1", "2"])
        assert outcomes(receipts) == ["applied", "failed"]

    @pytest.mark.parametrize("category", ["INTERNAL_ERROR", "SOMETHING_NEW", None])
    def test_nor_does_it_take_anybody_off_a_list(self, category: str | None) -> None:
        emails = [f"{n}@example.com" for n in range(5)]
        caller = Caller(1_000_000, lambda: True)
        assert resolve(self.canned(category), caller, emails, BatchSize(100)) == []

    def test_every_row_of_many_is_no_rows_fault(self) -> None:
        ids = [str(n) for n in range(1, 51)]
        receipts, _ = canned_send(self.canned("VALIDATION_ERROR"), "update", ids)
        assert receipts == []

    def test_a_few_may_be_bad(self) -> None:
        receipts, _ = canned_send(self.canned("VALIDATION_ERROR"), "update", ["1", "2", "3"])
        assert outcomes(receipts) == ["rejected"] * 3

    def test_a_scope_that_the_token_lacks_ends_the_run(self) -> None:
        receipts, caller = canned_send(self.canned("MISSING_SCOPES"), "update", ["1", "2"])
        assert outcomes(receipts) == ["failed"] * 2
        assert isinstance(caller.stopped_by, HubSpotRefusesError)
        assert caller.stopped_by.code == "scope"

    def test_a_contact_whose_values_are_not_shown_is_not_gone(self) -> None:
        changes = (Change(1, "VIP", "update", "1", '{"city": "Oslo"}'),)
        sender = new_sender(self.canned("INTERNAL_ERROR"), Caller(1_000_000, lambda: True), "811")
        assert sender.send_batch(Batch("update", "VIP", changes)) == []


class TestARowAtWhichHubSpotFails:
    """It answers 500 to every request with that row, every night."""

    @staticmethod
    def answer(*bad: str) -> Callable[[Sequence[str]], Reply]:
        def reply(ids: Sequence[str]) -> Reply:
            if not set(bad).isdisjoint(ids):
                return Reply(500, {})
            results = [{"id": each[1:], "properties": {"email": each}} for each in ids]
            return Reply(200, {"recordsIdsAdded": list(ids), "results": results})

        return reply

    @pytest.mark.parametrize("bad", [{40}, {3, 40}])
    @pytest.mark.parametrize("action", ["add", "update"])
    def test_costs_no_other_change(self, action: str, bad: set[int]) -> None:
        ids = [f"1{n}" for n in range(64)]
        calls: list[int] = []

        def answer(some: Sequence[str]) -> Reply:
            calls.append(len(some))
            reply = self.answer(*(ids[each] for each in bad))(some)
            return (
                reply
                if reply.status == 500
                else Reply(200, {**reply.body, "results": [{"id": each} for each in some]})
            )

        receipts, caller = canned_send(Canned(answer), action, ids)
        assert [n for n, each in enumerate(receipts) if each.outcome != "applied"] == sorted(bad)
        assert {receipts[n].outcome for n in bad} == {"failed"}
        assert caller.stopped_by is None
        assert len(calls) <= 5 + len(bad) * (2 * ceil(log2(64)) + 2)

    def test_nor_any_other_lookup(self) -> None:
        emails = [f"9{n}" for n in range(100)]
        clock = count(step=100)
        caller = Caller(1_000_000, lambda: True, now=lambda: next(clock), wait=lambda seconds: False)
        size = BatchSize(100)
        lookups = resolve(Canned(self.answer("950")), caller, emails, size)
        assert sorted(each.wire_email for each in lookups) == sorted(set(emails) - {"950"})
        assert size.now == 100

    def test_a_hubspot_that_fails_at_all_of_them_is_not_searched_for_long(self) -> None:
        calls: list[int] = []

        def answer(some: Sequence[str]) -> Reply:
            calls.append(len(some))
            return Reply(500, {})

        receipts, _ = canned_send(Canned(answer), "add", [str(n) for n in range(500)])
        assert outcomes(receipts) == ["failed"] * 500
        assert len(calls) <= 5 + 3 * (ceil(log2(500)) + 2)

    def test_nor_is_the_number_of_rows_taken_for_the_reason(self) -> None:
        replies = iter([Reply(500, {})] * 5)

        def answer(some: Sequence[str]) -> Reply:
            return next(
                replies,
                Reply(200, {"results": [{"id": "1", "properties": {"email": each}} for each in some]}),
            )

        clock = count(step=100)
        caller = Caller(1_000_000, lambda: True, now=lambda: next(clock), wait=lambda seconds: False)
        size = BatchSize(100)
        resolve(Canned(answer), caller, [f"{n}@example.com" for n in range(100)], size)
        assert size.now == 100


class TestARouteThatIsNotThere:
    @pytest.mark.parametrize("status", [402, 404, 405, 410])
    @pytest.mark.parametrize("action", ["look up", "update"])
    def test_three_such_answers_end_the_run(self, portal: Portal, action: str, status: int) -> None:
        emails, ids = portal.people(4)
        portal.faults(*({"route": route, "status": status, "times": None} for route in (READ, UPDATE)))
        for n in range(4):
            if action == "update":
                portal.send("update", ids[n : n + 1], [NICKNAME])
            else:
                portal.look_up(emails[n : n + 1])
        assert portal.requests(READ) + portal.requests(UPDATE) == 3
        assert isinstance(portal.caller.stopped_by, UnfinishedError)
        assert f"answered {status}" in portal.caller.stopped_by.sentence
        assert "HUBSPOT_API_VERSION" in portal.caller.stopped_by.mend

    def test_a_page_instead_of_json_says_of_no_contact_that_it_is_gone(self) -> None:
        caller = Caller(1_000_000, lambda: True)
        sender = new_sender(Canned(lambda ids: Reply(200, {}, is_garbled=True)), caller, "811")
        batch = Batch("update", "VIP", (Change(1, "VIP", "update", "1", NICKNAME),))
        for _ in range(3):
            (receipt,) = sender.send_batch(batch)
            assert (receipt.outcome, receipt.code) == ("failed", "status_200")
        assert caller.stopped_by is not None
        assert "nothing that is JSON" in caller.stopped_by.sentence


class TestDoubt:
    @pytest.mark.parametrize("trouble", PASSING)
    def test_a_trouble_that_passes_costs_nothing(self, portal: Portal, trouble: dict[str, Any]) -> None:
        _, ids = portal.people(3)
        portal.faults({"route": CHANGE, **trouble})
        assert outcomes(portal.send("add", ids)) == ["applied"] * 3
        assert portal.members() == ids

    def test_what_was_done_before_the_answer_was_lost_is_ours(self, portal: Portal) -> None:
        """The second try finds its own members there; that is `applied`, or nobody ever takes them back."""
        _, ids = portal.people(3)
        portal.faults({"route": CHANGE, "reset": "after"})
        assert outcomes(portal.send("add", ids)) == ["applied"] * 3
        assert portal.requests(CHANGE) == 2
        assert portal.requests(MEMBERSHIPS) == 1

    def test_a_removal_whose_answer_was_lost_is_done(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.emulator.edit_members(portal.list_id, add=ids)
        portal.faults({"route": CHANGE, "reset": "after"})
        assert outcomes(portal.send("remove", ids)) == ["already_so"] * 2
        assert portal.members() == []

    @pytest.mark.parametrize(
        ("trouble", "code"),
        [
            ({"status": 503}, "status_503"),
            ({"status": 524, "html": True}, "status_524"),
            ({"reset": "after"}, "no_answer"),
        ],
    )
    @pytest.mark.parametrize("action", ["add", "remove", "update"])
    def test_without_any_clear_answer_it_is_failed(
        self, portal: Portal, action: str, trouble: dict[str, Any], code: str
    ) -> None:
        _, ids = portal.people(2)
        portal.faults(*({"route": route, **trouble, "times": None} for route in (CHANGE, UPDATE)))
        receipts = portal.send(action, ids, [NICKNAME] * 2)
        assert [(r.outcome, r.code) for r in receipts] == [("failed", code)] * 2

    def test_doubt_outlives_a_refusal_that_follows(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.faults({"route": CHANGE, "reset": "after"}, {"route": CHANGE, "status": 401, "times": None})
        assert outcomes(portal.send("add", ids)) == ["failed"] * 2
        assert portal.members() == ids


class TestWhatWasSurelyNotDone:
    """No receipt: the end of the run turns it into "not sent"."""

    def test_a_limit_is_waited_for(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.faults({"route": CHANGE, "status": 429, "retry_after": 3})
        assert outcomes(portal.send("add", ids)) == ["applied"] * 2
        assert portal.clock == pytest.approx(3, abs=0.001)

    def test_a_limit_that_does_not_pass_leaves_no_receipt(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.faults({"route": CHANGE, "status": 429, "times": None})
        assert portal.send("add", ids) == []
        assert portal.caller.stopped_by is None

    def test_the_daily_limit_ends_the_run(self) -> None:
        people = [{"email": "ann@example.com"}]
        # Making the list takes the day's first request.
        with EmulatorProcess(contacts=people, arguments=("--daily", "1")) as emulator:
            portal = Portal(emulator)
            assert portal.send("add", ["40001"]) == []
            assert portal.requests(CHANGE) == 1
            portal.client.session.close()
        assert isinstance(portal.caller.stopped_by, UnfinishedError)
        assert portal.caller.stopped_by.code == "daily_limit"
        assert portal.caller.stopped_by.exit_code == 6

    @pytest.mark.parametrize(("status", "code"), [(401, "token"), (403, "scope")])
    def test_a_refused_token_ends_the_run(self, portal: Portal, status: int, code: str) -> None:
        _, ids = portal.people(2)
        portal.faults({"route": CHANGE, "status": status, "times": None})
        assert portal.send("add", ids) == []
        assert isinstance(portal.caller.stopped_by, HubSpotRefusesError)
        assert portal.caller.stopped_by.code == code
        assert portal.send("add", ids) == []
        assert portal.requests(CHANGE) == 1

    @pytest.mark.parametrize("action", ["add", "remove"])
    def test_a_list_that_was_deleted_meanwhile_is_left(self, portal: Portal, action: str) -> None:
        _, ids = portal.people(2)
        portal.client.call("DELETE", f"/crm/v3/lists/{portal.list_id}")
        assert portal.send(action, ids) == []
        assert portal.send(action, ids) == []
        assert portal.requests(CHANGE) == 1
        assert portal.sender.closed["VIP"].code == "list_gone"
        assert portal.caller.stopped_by is None
        assert outcomes(portal.send("update", ids, ['{"nickname": "A"}'] * 2)) == ["applied"] * 2

    def test_after_a_stop_nothing_is_sent(self, portal: Portal) -> None:
        _, ids = portal.people(2)
        portal.caller.stop(StoppedError(15))
        assert portal.send("add", ids) == []
        assert portal.requests(CHANGE) == 0


class TestSendingAll:
    def send(
        self,
        portal: Portal,
        state: State,
        keep_lease: Callable[[], None] = lambda: None,
        membership_batch: int = 10,
        workers: int = 2,
    ) -> list[tuple[int, int]]:
        """Send the whole plan; how many of how many it told were done."""
        told: list[tuple[int, int]] = []
        sender = new_sender(portal.hubspot, portal.caller, portal.list_id, membership_batch)
        sender.send(
            cast(Ledger, state),
            first_no=1,
            last_no=len(state.plan),
            run_no=1,
            step=105,
            workers=workers,
            keep_lease=keep_lease,
            tell=lambda event, done, total: told.append((done, total)),
        )
        return told

    @staticmethod
    def plan(**ids: Sequence[str]) -> list[Change]:
        rows: list[tuple[Any, str]] = [(action, each) for action, some in ids.items() for each in some]
        return [
            Change(n, "VIP", action, contact_id, '{"nickname": "N"}' if action == "update" else None)
            for n, (action, contact_id) in enumerate(rows, start=1)
        ]

    def test_removals_then_updates_then_adds_each_with_its_receipt(self, portal: Portal) -> None:
        _, ids = portal.people(60)
        portal.emulator.edit_members(portal.list_id, add=ids[:30])
        # Were the turns not kept apart, the slow removals would come last.
        portal.faults({"route": CHANGE, "latency": 0.05, "times": 3})
        state = State(changes=self.plan(remove=ids[:30], update=ids[:5], add=ids[30:]))
        after = portal.emulator.state()["requests"]["total"]
        told = self.send(portal, state)
        assert told[-1] == (65, 65)
        assert sorted(r.change_no for r in state.receipts) == list(range(1, 66))
        assert set(outcomes(state.receipts)) == {"applied"}
        assert portal.members() == ids[30:]
        log = portal.emulator.requests(after=after)
        done = [next(what for what in ("removed", "updated", "added") if each[what]) for each in log]
        assert done == ["removed"] * 3 + ["updated"] + ["added"] * 3

    def test_bad_rows_in_front_do_not_keep_the_others_waiting(self, portal: Portal) -> None:
        """All of the first batch is refused, and only what comes after shows that the rows are to blame."""
        _, ids = portal.people(25)
        wrong = [f"no-id-{n}" for n in range(10)]
        state = State(changes=self.plan(add=[*wrong, *ids]))
        self.send(portal, state, workers=1)
        found = {each.change_no: each.outcome for each in state.receipts}
        assert found == {n: "rejected" if n <= 10 else "applied" for n in range(1, 36)}
        assert portal.members() == ids

    def test_a_list_that_is_locked_does_not_cost_the_others(self) -> None:
        class Locked(Canned):
            def change_members(self, list_id: str, *, add: Sequence[str], remove: Sequence[str]) -> Reply:
                return (
                    Reply(423, {})
                    if list_id == "811"
                    else super().change_members(list_id, add=add, remove=remove)
                )

        clock = count(step=100)
        caller = Caller(1_000_000, lambda: True, now=lambda: next(clock), wait=lambda seconds: False)
        hubspot = Locked(lambda ids: Reply(200, {"recordsIdsAdded": list(ids)}))
        sender = Sender(hubspot, caller, {"A": "811", "B": "812"}, 2)
        changes = [Change(n, name, "add", str(n), None) for name in "AB" for n in range(12)]
        receipts = [
            each
            for change in changes
            for each in sender.send_batch(Batch("add", change.list_name, (change,)))
        ]
        assert outcomes(receipts) == ["applied"] * 12
        assert {name: error.code for name, error in sender.closed.items()} == {"A": "list_unavailable"}
        assert "locked" in sender.closed["A"].mend
        assert caller.stopped_by is None

    def test_receipts_are_recorded_whatever_happens(self, portal: Portal) -> None:
        _, ids = portal.people(40)
        state = State(changes=self.plan(add=ids))

        def lose() -> None:
            if portal.members():
                raise BusyError("lease_lost", "Lost.", "Wait.")

        with pytest.raises(BusyError):
            self.send(portal, state, lose)
        assert state.receipts
        assert len(state.receipts) == len(portal.members())

    def test_once_stopped_no_more_of_the_plan_is_even_read(self, portal: Portal) -> None:
        _, ids = portal.people(30)
        removed = [f"{n}" for n in range(900_000, 901_000)]
        state = State(changes=self.plan(remove=removed, add=ids))
        portal.faults({"route": CHANGE, "status": 401, "times": None})
        self.send(portal, state)
        assert state.receipts == []
        assert state.read_to < 200
        assert portal.requests(CHANGE) <= 2

    def test_receipts_do_not_wait_for_the_end(self, portal: Portal) -> None:
        """What a run that is killed has recorded by then is known to the next one."""
        portal.hubspot = Canned(lambda ids: Reply(200, {"recordsIdsAdded": list(ids)}))
        state = State(changes=self.plan(add=[str(n) for n in range(12_000)]))
        self.send(portal, state, membership_batch=500)
        assert len(state.receipts) == 12_000
        assert state.flushes >= 2
