"""The right portal and the right list, over real HTTP, before anything is planned."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sync.caller import Caller
from sync.config import Job
from sync.errors import HubSpotRefusesError, SettingsError, StoppedError, UnfinishedError
from sync.figures import Figures
from sync.hubspot import HubSpot
from sync.ledger import Ledger
from sync.lists import FoundLists, create, find, read_members
from sync.opening import Parts, confirmed_portal
from sync.records import DeclaredList, RecordedList, Reply
from sync.runs import Runs
from tests.edge.emulator_fixtures import LISTS, NO_LIMITS, Client
from tests.edge.test_hubspot import Peer, peer
from tests.emulator_process import EmulatorProcess

__all__ = ["peer"]  # a fixture
ACCOUNT = "GET /account-info/v3/details"
BY_ID = f"GET {LISTS}/{{listId}}"
BY_NAME = f"GET {LISTS}/object-type-id/0-1/name/{{listName}}"
CREATE = f"POST {LISTS}"
MEMBERS = f"GET {LISTS}/{{listId}}/memberships"
PORTAL = "12345678"
NAMES = count(1)


class Portal:
    """An emulated portal, and a caller that never really sleeps."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.emulator = emulator
        self.client = Client(emulator)
        self.hubspot = HubSpot(emulator.url, "token", "v3", 20)
        self.clock = 0.0
        self.caller = Caller(1_000_000, lambda: True, now=lambda: self.clock, wait=self._wait)

    def _wait(self, seconds: float) -> bool:
        self.clock += seconds
        return self.caller.stopped_by is not None

    def find(self, *names: str, recorded: dict[str, tuple[str, int]] | None = None) -> FoundLists:
        """Find lists; `recorded` holds list id and step by name."""
        declared = [DeclaredList(name, "managed", None) for name in names]
        known = {
            name: RecordedList(name, list_id, True, step)
            for name, (list_id, step) in (recorded or {}).items()
        }
        return find(self.hubspot, self.caller, declared, known)

    def new_list(self, processing_type: str = "MANUAL") -> tuple[str, str]:
        """A new list: its name and its id."""
        name = f"List {next(NAMES)}"
        return name, self.client.new_list(name, processing_type)


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    people = [{"email": f"p{n}@example.com"} for n in range(300)]
    with EmulatorProcess(contacts=people, arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def portal(emulator: EmulatorProcess) -> Iterator[Portal]:
    made = Portal(emulator)
    yield made
    emulator.faults([])
    made.client.session.close()


@dataclass
class State:
    """The part of the ledger that is asked here."""

    newest: str | None = None
    recorded: tuple[Any, ...] = ()
    empty: tuple[Any, ...] = ()

    def newest_portal(self) -> str | None:
        return self.newest

    def record_list(self, *row: object, adopted: bool, step: int) -> None:
        self.recorded = (*row, adopted, step)

    def record_empty_list(self, portal_id: str, list_id: str, step: int) -> None:
        self.empty = (portal_id, list_id, step)


class TestTheRightPortal:
    @staticmethod
    def parts(
        portal: Portal, named: str | None, *, offline: bool = False, newest: str | None = None
    ) -> Parts:
        return Parts(
            job=cast(Job, SimpleNamespace(portal_id=named)),
            ledger=cast(Ledger, State(newest)),
            figures=cast(Figures, None),
            runs=cast(Runs, None),
            hubspot=None if offline else portal.hubspot,
            caller=portal.caller,
            tell=lambda event, **fields: None,
            version="0",
        )

    def test_is_the_one_that_was_named(self, portal: Portal) -> None:
        assert confirmed_portal(self.parts(portal, PORTAL)) == PORTAL

    def test_and_no_other(self, portal: Portal) -> None:
        with pytest.raises(
            HubSpotRefusesError, match="belongs to portal 12345678, and HUBSPOT_PORTAL_ID is 777"
        ):
            confirmed_portal(self.parts(portal, "777"))

    def test_a_plan_may_leave_it_open(self, portal: Portal) -> None:
        assert confirmed_portal(self.parts(portal, None)) == PORTAL

    @pytest.mark.parametrize("trouble", [{"status": 503}, {"reset": "before"}])
    def test_without_an_answer_nothing_begins(self, portal: Portal, trouble: dict[str, Any]) -> None:
        portal.emulator.faults([{"route": ACCOUNT, **trouble, "times": None}])
        with pytest.raises(UnfinishedError, match="HubSpot"):
            confirmed_portal(self.parts(portal, PORTAL))

    def test_an_answer_that_names_no_portal_is_not_hubspots(self, portal: Portal) -> None:
        portal.emulator.faults([{"route": ACCOUNT, "status": 404}])
        with pytest.raises(SettingsError, match=r"answered 404 .* named none"):
            confirmed_portal(self.parts(portal, PORTAL))

    @pytest.mark.parametrize(
        "body",
        [
            b'{"portalId": {"a": 1}}',
            b'{"portalId": true}',
            b"{}",
            b'{"portalId": null}',
            b'{"portalId": ""}',
            b"<html>",
            b"[]",
        ],
    )
    def test_a_200_that_names_no_portal_is_not_called_an_outage(
        self, portal: Portal, peer: Peer, body: bytes
    ) -> None:
        peer.body = body
        parts = self.parts(portal, PORTAL)
        parts.hubspot = HubSpot(peer.url, "token", "v3", 20)
        with pytest.raises(SettingsError, match=r"answered 200 .* named none") as refused:
            confirmed_portal(parts)
        assert refused.value.exit_code == 2

    def test_a_refused_token_says_so(self, portal: Portal) -> None:
        portal.emulator.faults([{"route": ACCOUNT, "status": 401}])
        with pytest.raises(HubSpotRefusesError, match="refuses the token"):
            confirmed_portal(self.parts(portal, PORTAL))

    def test_offline_it_is_the_one_named_or_used_last(self, portal: Portal) -> None:
        def offline(named: str | None, newest: str | None) -> str:
            return confirmed_portal(self.parts(portal, named, offline=True, newest=newest))

        assert offline("5", "6") == "5"
        assert offline(None, "6") == "6"
        with pytest.raises(SettingsError, match="HUBSPOT_PORTAL_ID"):
            offline(None, None)


class TestFindingLists:
    def test_by_name_when_the_ledger_holds_none(self, portal: Portal) -> None:
        name, list_id = portal.new_list()
        found = portal.find(name.upper(), "No such list")
        assert {key: each.list_id for key, each in found.by_name.items()} == {name.upper(): list_id}
        assert found.new == {name.upper()}
        assert found.objections == ()

    def test_by_its_recorded_id_first_so_that_a_renamed_list_is_followed(self, portal: Portal) -> None:
        name, list_id = portal.new_list()
        portal.client.call("PUT", f"{LISTS}/{list_id}/update-list-name?listName=Renamed%20{list_id}")
        portal.client.new_list(name)
        found = portal.find(name, recorded={name: (list_id, 101)})
        assert found.by_name[name].list_id == list_id
        assert found.new == frozenset()

    def test_by_name_again_when_the_recorded_one_is_gone(self, portal: Portal) -> None:
        name, list_id = portal.new_list()
        portal.client.call("DELETE", f"{LISTS}/{list_id}")
        assert portal.find(name, recorded={name: (list_id, 101)}).by_name == {}
        again = portal.client.new_list(name)
        found = portal.find(name, recorded={name: (list_id, 101)})
        assert found.by_name[name].list_id == again
        assert found.new == {name}

    def test_an_unknown_name_may_be_a_400_as_well(self) -> None:
        with EmulatorProcess(arguments=("--behaviour", "missing_list_name=400")) as emulator:
            assert Portal(emulator).find("No such list").by_name == {}

    @pytest.mark.parametrize("processing_type", ["DYNAMIC", "SNAPSHOT"])
    def test_only_manual_lists_are_written(self, portal: Portal, processing_type: str) -> None:
        name, list_id = portal.new_list(processing_type)
        found = portal.find(name)
        assert found.by_name == {}
        (objection,) = found.objections
        assert (objection.guard, objection.list_name, objection.allowable) == ("not_manual", name, False)
        assert f"{processing_type} list in HubSpot (id {list_id})" in objection.sentence

    @pytest.mark.parametrize(("first", "second"), [("A", "B"), ("B", "A")])
    def test_of_two_names_for_one_list_the_earlier_claim_keeps_it(
        self, portal: Portal, first: str, second: str
    ) -> None:
        _, list_id = portal.new_list()
        found = portal.find("A", "B", recorded={second: (list_id, 201), first: (list_id, 101)})
        assert set(found.by_name) == {first}
        (objection,) = found.objections
        assert (objection.guard, objection.list_name, objection.allowable) == ("two_names", second, False)
        assert f"{first!r} and {second!r} both lead to HubSpot list {list_id}" in objection.sentence

    @pytest.mark.parametrize("route", [BY_ID, BY_NAME])
    @pytest.mark.parametrize(
        "trouble", [{"status": 408}, {"status": 503}, {"status": 429}, {"reset": "after"}, {"html": True}]
    )
    def test_a_list_nobody_can_tell_of_ends_the_run(
        self, portal: Portal, route: str, trouble: dict[str, Any]
    ) -> None:
        """Silence is not absence: another list of the same name would be made."""
        name, list_id = portal.new_list()
        portal.emulator.faults([{"route": route, **trouble, "times": None}])
        recorded = {name: (list_id, 101)} if route == BY_ID else {}
        with pytest.raises(UnfinishedError) as ended:
            portal.find(name, recorded=recorded)
        assert ended.value.code == "hubspot_down"

    def test_so_does_an_answer_that_holds_no_list(self, portal: Portal) -> None:
        name, list_id = portal.new_list()
        portal.emulator.faults([{"route": BY_ID, "status": 400}])
        with pytest.raises(UnfinishedError, match="holds no list"):
            portal.find(name, recorded={name: (list_id, 101)})


class TestReadingMembers:
    def test_every_member_once_and_a_sign_of_life_each_page(self, portal: Portal) -> None:
        _, list_id = portal.new_list()
        ids = [str(40001 + n) for n in range(300)]
        portal.emulator.edit_members(list_id, add=ids)
        signs: list[str] = []
        pages = list(read_members(portal.hubspot, portal.caller, list_id, lambda: signs.append("alive")))
        assert [len(page) for page in pages] == [250, 50]
        assert [contact_id for page in pages for contact_id in page] == ids
        assert len(signs) == 2

    @pytest.mark.parametrize("trouble", [{"status": 503}, {"status": 404}, {"reset": "before"}])
    def test_a_page_that_is_not_to_be_had_ends_the_reading(
        self, portal: Portal, trouble: dict[str, Any]
    ) -> None:
        _, list_id = portal.new_list()
        portal.emulator.edit_members(list_id, add=[str(40001 + n) for n in range(300)])
        portal.emulator.faults([{"route": MEMBERS, **trouble, "after": 1, "times": None}])
        pages = read_members(portal.hubspot, portal.caller, list_id, lambda: None)
        assert len(next(pages)) == 250
        with pytest.raises(UnfinishedError):
            next(pages)

    @pytest.mark.parametrize("body", [b"[]", b"{}", b'{"results": [{"recordId": {"id": 1}}]}'])
    def test_an_answer_that_is_no_page_is_no_empty_list(
        self, portal: Portal, peer: Peer, body: bytes
    ) -> None:
        """Taken for one, members of ours would be believed gone, found again as strangers and stay for good."""
        peer.body = body
        pages = read_members(HubSpot(peer.url, "token", "v3", 20), portal.caller, "811", lambda: None)
        with pytest.raises(UnfinishedError, match="nothing was recorded"):
            list(pages)

    @pytest.mark.parametrize("trouble", [{"empty_results": True}, {"drop_rows": 1}])
    def test_whoever_a_page_leaves_out_does_not_count_as_gone(
        self, portal: Portal, trouble: dict[str, Any]
    ) -> None:
        """Believed gone and found again, members of ours would be strangers who stay for good."""
        _, list_id = portal.new_list()
        portal.emulator.edit_members(list_id, add=["40001", "40002"])
        portal.emulator.faults([{"route": MEMBERS, **trouble}])
        with pytest.raises(UnfinishedError, match="has 2 members and shows"):
            list(read_members(portal.hubspot, portal.caller, list_id, lambda: None))

    @pytest.mark.parametrize("length", [1, 2, 3, 5, 8])
    @pytest.mark.parametrize("lead_in", [0, 1, 4, 7, 100])
    def test_a_reading_that_goes_in_circles_ends(self, portal: Portal, lead_in: int, length: int) -> None:
        class Circle(HubSpot):
            pages = 0

            def members_page(self, list_id: str, after: str | None) -> Reply:
                self.pages += 1
                assert self.pages <= 3 * (lead_in + length) + 1
                page = int(after or 0) + 1
                following = page if page < lead_in + length else lead_in
                return Reply(
                    200, {"results": [{"recordId": "40001"}], "paging": {"next": {"after": str(following)}}}
                )

        circle = Circle(portal.emulator.url, "token", "v3", 20)
        with pytest.raises(UnfinishedError, match="in a circle"):
            list(read_members(circle, portal.caller, "811", lambda: None))

    def test_a_long_list_is_no_circle_and_takes_no_more_memory_than_a_short_one(self, portal: Portal) -> None:
        class Long(HubSpot):
            def members_page(self, list_id: str, after: str | None) -> Reply:
                # What the pacer remembers is not what is looked at here.
                portal.clock += 1
                page = int(after or 0) + 1
                following = {"paging": {"next": {"after": f"{page:060}"}}} if page < 5_000 else {}
                return Reply(200, {"results": [{"recordId": str(page)}], "total": 5_000} | following)

        long = Long(portal.emulator.url, "token", "v3", 20)
        pages = read_members(long, portal.caller, "811", lambda: None)
        used: list[int] = []
        tracemalloc.start()
        try:
            for page_no, page in enumerate(pages, start=1):
                assert page == [str(page_no)]
                if page_no in (100, 4_900):
                    used.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        assert used[1] - used[0] < 50_000

    @pytest.mark.parametrize(
        ("totals", "shown"),
        [
            ([3, None], False),
            ([None, 3], False),
            ([3, 2], True),
            ([2, 3], True),
            ([4, 1, 4], False),
            ([3, 9, 3], True),
            ([None, None], True),
        ],
    )
    def test_as_many_are_shown_as_the_first_or_the_last_page_says(
        self, portal: Portal, totals: list[int | None], shown: bool
    ) -> None:
        """People may change the list between the pages."""

        class Changing(HubSpot):
            def members_page(self, list_id: str, after: str | None) -> Reply:
                page = int(after or 0)
                body: dict[str, object] = {"results": [{"recordId": str(page)}]}
                if totals[page] is not None:
                    body["total"] = totals[page]
                if page + 1 < len(totals):
                    body["paging"] = {"next": {"after": str(page + 1)}}
                return Reply(200, body)

        changing = Changing(portal.emulator.url, "token", "v3", 20)
        pages = read_members(changing, portal.caller, "811", lambda: None)
        if shown:
            assert len(list(pages)) == len(totals)
        else:
            with pytest.raises(UnfinishedError, match="members and shows"):
                list(pages)


class TestMakingLists:
    def make(self, portal: Portal, state: State, name: str) -> str:
        return create(portal.hubspot, portal.caller, cast(Ledger, state), PORTAL, name, 104)

    def test_one_that_was_made_is_recorded_as_ours_and_as_empty(self, portal: Portal) -> None:
        state = State()
        name = f"Made {next(NAMES)}"
        list_id = self.make(portal, state, name)
        assert portal.emulator.list_id(name) == list_id
        assert state.recorded == (PORTAL, name, list_id, True, 104)
        assert state.empty == (PORTAL, list_id, 104)

    @pytest.mark.parametrize("trouble", [{"reset": "after"}, {"reset": "before"}, {"status": 503}])
    def test_after_a_try_without_an_answer_the_next_run_looks_first(
        self, portal: Portal, trouble: dict[str, Any]
    ) -> None:
        state = State()
        name = f"Made {next(NAMES)}"
        portal.emulator.faults([{"route": CREATE, **trouble}])
        with pytest.raises(UnfinishedError, match="Run again"):
            self.make(portal, state, name)
        assert state.recorded == ()
        assert set(portal.find(name).by_name) == {name}

    def test_one_whose_name_is_taken_is_not_made(self, portal: Portal) -> None:
        name, _ = portal.new_list()
        with pytest.raises(
            UnfinishedError, match=r"status 400\): List names must be unique.* Choose another"
        ):
            self.make(portal, State(), name)

    def test_after_a_stop_none_is_made(self, portal: Portal) -> None:
        portal.caller.stop(StoppedError(2))
        with pytest.raises(StoppedError):
            self.make(portal, State(), "Too late")
        assert "Too late" not in {each["name"] for each in portal.emulator.state()["lists"]}
