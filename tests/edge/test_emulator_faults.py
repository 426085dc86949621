"""Scripted troubles hit the routes they name, as often as they say, and leave the portal as they promise."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.edge.emulator_fixtures import CONTACTS, LISTS, NO_LIMITS, Client, assert_refused
from tests.emulator_process import EmulatorProcess

READ = f"POST {CONTACTS}/batch/read"
UPDATE = f"POST {CONTACTS}/batch/update"
ADD = f"PUT {LISTS}/{{listId}}/memberships/add"
BOTH = f"PUT {LISTS}/{{listId}}/memberships/add-and-remove"
MEMBERS = f"GET {LISTS}/{{listId}}/memberships"
DETAILS = "/account-info/v3/details"
ANN, BOB, CAT = "40001", "40002", "40003"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    people = [{"email": f"{name}@example.com"} for name in ("ann", "bob", "cat")]
    with EmulatorProcess(contacts=people, arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    yield made
    emulator.faults([])
    made.session.close()


@pytest.fixture
def list_id(client: Client) -> Iterator[str]:
    made = client.new_list("A list")
    yield made
    client.emulator.faults([])
    client.call("DELETE", f"{LISTS}/{made}")


def statuses(client: Client, count: int) -> list[int]:
    return [client.call("GET", DETAILS).status_code for _ in range(count)]


class TestWhenAFaultStrikes:
    def test_once_unless_told_otherwise(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "status": 503}])
        assert statuses(client, 3) == [503, 200, 200]

    def test_as_often_as_told_after_letting_some_pass(self, client: Client) -> None:
        client.emulator.faults([{"route": f"GET {DETAILS}", "status": 503, "times": 2, "after": 1}])
        assert statuses(client, 4) == [200, 503, 503, 200]

    def test_for_ever_until_cleared(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "status": 503, "times": None}])
        assert statuses(client, 5) == [503] * 5
        client.emulator.faults([])
        assert statuses(client, 1) == [200]

    def test_only_its_route(self, client: Client) -> None:
        client.emulator.faults([{"route": READ, "status": 503}])
        assert statuses(client, 1) == [200]
        assert client.read("ann@example.com").status_code == 503

    def test_the_first_whose_time_has_come_wins(self, client: Client) -> None:
        client.emulator.faults(
            [{"route": "*", "status": 503, "after": 2}, {"route": "*", "status": 500, "times": None}]
        )
        assert statuses(client, 4) == [500, 500, 503, 500]

    def test_a_new_script_replaces_the_old_one(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "status": 503}])
        client.emulator.faults([{"route": "*", "status": 500}])
        assert statuses(client, 2) == [500, 200]


class TestStatus:
    @pytest.mark.parametrize("status", [400, 401, 403, 408, 409, 413, 423, 477, 500, 502, 503, 504, 524])
    def test_has_hubspots_shape_and_changes_nothing(self, client: Client, list_id: str, status: int) -> None:
        client.emulator.faults([{"route": ADD, "status": status}])
        categories = {401: "INVALID_AUTHENTICATION", 403: "MISSING_SCOPES"}
        assert_refused(client.change(list_id, "add", [ANN]), status, categories.get(status))
        assert client.emulator.member_ids(list_id) == []
        assert client.emulator.requests()[-1]["status"] == status

    def test_429_is_the_rolling_limit_and_may_say_when_to_come_back(self, client: Client) -> None:
        client.emulator.faults(
            [{"route": "*", "status": 429, "retry_after": 2}, {"route": "*", "status": 429}]
        )
        first, second = client.call("GET", DETAILS), client.call("GET", DETAILS)
        assert first.headers["Retry-After"] == "2"
        assert first.json()["policyName"] == "TEN_SECONDLY_ROLLING"
        assert "Retry-After" not in second.headers

    def test_may_be_an_html_page(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "html": True}, {"route": "*", "html": True, "status": 521}])
        for status in (502, 521):
            answer = client.call("GET", DETAILS)
            assert answer.status_code == status
            assert answer.headers["Content-Type"].startswith("text/html")
            assert answer.text.startswith("<!DOCTYPE html>")


class TestTheConnection:
    @pytest.mark.parametrize(("when", "applied"), [("before", []), ("after", [ANN])])
    def test_is_reset_before_or_after_the_request_is_applied(
        self, client: Client, list_id: str, when: str, applied: list[str]
    ) -> None:
        client.emulator.faults([{"route": ADD, "reset": when}])
        with pytest.raises(requests.ConnectionError, match="reset by peer"):
            client.change(list_id, "add", [ANN])
        assert client.emulator.member_ids(list_id) == applied
        assert client.emulator.requests()[-1]["status"] is None
        assert client.emulator.requests()[-1]["added"] == len(applied)
        assert client.emulator.state()["requests"]["by_status"]["none"] >= 1

    def test_hangs_and_is_then_cut_with_nothing_applied(self, client: Client, list_id: str) -> None:
        client.emulator.faults([{"route": ADD, "hang": 0.2}])
        with pytest.raises(requests.ConnectionError):
            client.change(list_id, "add", [ANN])
        assert client.emulator.member_ids(list_id) == []

    def test_hangs_while_others_are_served_and_ends_with_the_server(self) -> None:
        with EmulatorProcess() as process:
            client = Client(process)
            process.faults([{"route": "*", "hang": 600}])
            with pytest.raises(requests.ReadTimeout):
                client.session.get(process.url + DETAILS, timeout=0.2)
            assert client.call("GET", DETAILS).status_code == 200
            client.session.close()
            assert process.stop() == ""

    def test_is_slow_and_the_answer_comes(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "latency": 0.05}, {"route": "*", "latency": 600}])
        assert statuses(client, 1) == [200]
        with pytest.raises(requests.ReadTimeout):
            client.session.get(client.emulator.url + DETAILS, timeout=0.1)

    def test_is_slow_and_then_refused(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "latency": 0.05, "status": 504}])
        assert statuses(client, 1) == [504]

    def test_a_slow_request_is_applied_although_the_client_gave_up(
        self, client: Client, list_id: str
    ) -> None:
        client.emulator.faults([{"route": ADD, "latency": 0.3}])
        with pytest.raises(requests.ReadTimeout):
            client.session.put(
                f"{client.emulator.url}{LISTS}/{list_id}/memberships/add", json=[ANN], timeout=0.1
            )
        while client.emulator.requests()[-1]["status"] is None:
            pass
        assert client.emulator.member_ids(list_id) == [ANN]


class TestRowsVanish:
    def test_from_a_batch_read(self, client: Client) -> None:
        client.emulator.faults([{"route": READ, "drop_rows": 1}, {"route": READ, "empty_results": True}])
        addresses = ["ann@example.com", "bob@example.com", "nobody@example.com"]
        first, second = client.read(*addresses), client.read(*addresses)
        assert first.status_code == 207
        assert [each["id"] for each in first.json()["results"]] == [BOB]
        assert second.status_code == 200
        assert second.json()["results"] == []
        assert "errors" not in second.json()

    def test_from_a_batch_update_which_does_not_write_them(self, client: Client) -> None:
        client.emulator.faults([{"route": UPDATE, "drop_rows": 1}, {"route": UPDATE, "empty_results": True}])
        first = client.update((ANN, {"city": "Lyon"}), (BOB, {"city": "Nice"}))
        second = client.update((CAT, {"city": "Metz"}))
        assert [each["id"] for each in first.json()["results"]] == [BOB]
        assert (second.status_code, second.json()["results"]) == (200, [])
        cities = client.read_ids(ANN, BOB, CAT, properties=["city"]).json()["results"]
        assert [each["properties"]["city"] for each in cities] == [None, "Nice", None]

    def test_from_a_membership_change_adds_first(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [BOB, CAT])
        client.emulator.faults([{"route": BOTH, "drop_rows": 2}, {"route": ADD, "empty_results": True}])
        body = {"recordIdsToAdd": [ANN], "recordIdsToRemove": [BOB, CAT]}
        nothing: dict[str, list[str]] = {
            "recordsIdsAdded": [],
            "recordIdsRemoved": [],
            "recordIdsMissing": [],
        }
        answer = client.change(list_id, "add-and-remove", body).json()
        assert answer == nothing | {"recordIdsRemoved": [CAT]}
        assert client.change(list_id, "add", [ANN]).json() == nothing
        assert client.emulator.member_ids(list_id) == [BOB]

    def test_from_a_page_of_members(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN, BOB])
        client.emulator.faults([{"route": MEMBERS, "drop_rows": 1}])
        page = client.call("GET", f"{LISTS}/{list_id}/memberships").json()
        assert [each["recordId"] for each in page["results"]] == [BOB]
        assert page["total"] == 2

    def test_everywhere_means_wherever_there_are_rows(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "empty_results": True}])
        assert client.call("GET", DETAILS).json()["portalId"] == 12345678
        assert client.read("ann@example.com").json()["results"] == []


@pytest.mark.parametrize(
    "fault",
    [
        "x",
        {},
        {"route": "*"},
        {"status": 503},
        {"route": "GET /nowhere", "status": 503},
        {"route": f"PUT {LISTS}/811/memberships/add", "status": 503},
        {"route": "*", "status": 200},
        {"route": "*", "status": 600},
        {"route": "*", "status": "503"},
        {"route": "*", "status": None},
        {"route": "*", "status": True},
        {"route": "*", "reset": "during"},
        {"route": "*", "reset": None},
        {"route": "*", "hang": -1},
        {"route": "*", "hang": True},
        {"route": "*", "latency": "1"},
        {"route": "*", "drop_rows": 0},
        {"route": "*", "drop_rows": None},
        {"route": "*", "empty_results": False},
        {"route": "*", "html": 1},
        {"route": "*", "retry_after": 1, "latency": 1},
        {"route": "*", "status": 503, "hang": 1},
        {"route": "*", "reset": "after", "drop_rows": 1},
        {"route": "*", "status": 503, "times": 0},
        {"route": "*", "status": 503, "after": -1},
        {"route": "*", "status": 503, "after": None},
        {"route": "*", "status": 503, "sometimes": True},
        {"route": f"GET {DETAILS}", "drop_rows": 1},
    ],
)
def test_a_script_it_cannot_follow_is_refused_and_the_old_one_stays(client: Client, fault: Any) -> None:
    client.emulator.faults([{"route": "*", "status": 503}])
    with pytest.raises(ValueError, match=r"400: .*fault 1"):
        client.emulator.faults([{"route": "*", "status": 500}, fault])
    assert statuses(client, 2) == [503, 200]


def test_a_script_is_an_array(client: Client) -> None:
    answer = requests.post(f"{client.emulator.url}/_emulator/faults", json={}, timeout=20)
    assert answer.status_code == 400
    assert "array" in answer.json()["error"]
