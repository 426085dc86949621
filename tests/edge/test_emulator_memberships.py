"""The emulator's other calls about who is on a list: copying, emptying, pages both ways, lists of a record."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.edge.emulator_fixtures import CONTACTS, LISTS, NO_LIMITS, Client, assert_refused
from tests.emulator_process import EmulatorProcess

IDS = [str(number) for number in range(40001, 40011)]
ANN, BOB, CAT, DAN = IDS[:4]
_names = (f"list {number}" for number in itertools.count())


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    people = [{"email": f"user{number}@example.com"} for number in range(10)]
    with EmulatorProcess(contacts=people, arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    yield made
    made.session.close()


def new_list(client: Client, *members: str, processing_type: str = "MANUAL") -> str:
    list_id = client.new_list(next(_names), processing_type)
    if members:
        client.change(list_id, "add", list(members))
    return list_id


class TestAddFrom:
    def add_from(self, client: Client, target: str, source: str) -> requests.Response:
        return client.call("PUT", f"{LISTS}/{target}/memberships/add-from/{source}")

    def test_copies_the_members_of_another_list(self, client: Client) -> None:
        target, source = new_list(client, ANN, BOB), new_list(client, BOB, CAT)
        answer = self.add_from(client, target, source)
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.emulator.requests()[-1]["added"] == 1
        assert client.emulator.member_ids(target) == [ANN, BOB, CAT]
        assert client.emulator.member_ids(source) == [BOB, CAT]

    def test_needs_two_lists_and_a_static_target(self, client: Client) -> None:
        static, dynamic = new_list(client, ANN), new_list(client, processing_type="DYNAMIC")
        assert_refused(self.add_from(client, static, "99"), 404, "OBJECT_NOT_FOUND")
        assert_refused(self.add_from(client, "99", static), 404, "OBJECT_NOT_FOUND")
        assert_refused(self.add_from(client, dynamic, static), 400, "VALIDATION_ERROR")
        assert self.add_from(client, static, dynamic).status_code == 204


class TestRemoveAll:
    def test_empties_the_list(self, client: Client) -> None:
        list_id = new_list(client, ANN, BOB)
        answer = client.call("DELETE", f"{LISTS}/{list_id}/memberships")
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.emulator.requests()[-1]["removed"] == 2
        assert client.emulator.member_ids(list_id) == []
        assert client.call("GET", f"{LISTS}/{list_id}").json()["list"]["size"] == 0

    def test_not_of_a_dynamic_list(self, client: Client) -> None:
        dynamic = new_list(client, processing_type="DYNAMIC")
        assert_refused(client.call("DELETE", f"{LISTS}/{dynamic}/memberships"), 400, "VALIDATION_ERROR")


def test_copying_and_emptying_are_for_lists_of_fewer_than_100000(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["email"], *([f"user{n}@example.com"] for n in range(100_000))])
    with EmulatorProcess(contacts=path) as process:
        client = Client(process)
        everybody = [str(number) for number in range(40001, 140001)]
        full, target = client.new_list("full"), client.new_list("target")
        assert len(client.change(full, "add", everybody).json()["recordsIdsAdded"]) == 100_000
        copy, empty = f"{LISTS}/{target}/memberships/add-from/{full}", f"{LISTS}/{full}/memberships"
        assert_refused(client.call("PUT", copy), 400, "VALIDATION_ERROR")
        assert_refused(client.call("DELETE", empty), 400, "VALIDATION_ERROR")
        client.change(full, "remove", [ANN])
        assert client.call("PUT", copy).status_code == 204
        assert client.call("DELETE", empty).status_code == 204
        sizes = {each["name"]: each["size"] for each in process.state()["lists"]}
        client.session.close()
    assert sizes == {"full": 0, "target": 99_999}


class TestPages:
    def page(self, client: Client, list_id: str, kind: str = "", **query: Any) -> dict[str, Any]:
        answer = client.call("GET", f"{LISTS}/{list_id}/memberships{kind}", params=query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def ids(self, page: dict[str, Any]) -> list[str]:
        return [row["recordId"] for row in page["results"]]

    def test_before_leads_downwards(self, client: Client) -> None:
        list_id = new_list(client, *IDS[:6])
        cursor = self.page(client, list_id, limit=5)["paging"]["next"]["after"]
        first = self.page(client, list_id, limit=3, before=cursor)
        assert self.ids(first) == [IDS[3], IDS[2], IDS[1]]
        assert "next" not in first["paging"]
        last = self.page(client, list_id, limit=3, before=first["paging"]["prev"]["before"])
        assert self.ids(last) == [IDS[0]]
        assert "paging" not in last
        link = client.session.get(first["paging"]["prev"]["link"], timeout=20).json()
        assert self.ids(link) == [IDS[0]]

    def test_after_wins_over_before(self, client: Client) -> None:
        list_id = new_list(client, *IDS[:6])
        cursor = self.page(client, list_id, limit=2)["paging"]["next"]["after"]
        assert self.ids(self.page(client, list_id, limit=2, after=cursor, before=cursor)) == IDS[2:4]

    def test_join_order_is_by_the_time_added(self, client: Client) -> None:
        list_id = new_list(client)
        requests.post(f"{client.emulator.url}/_emulator/clock", json={"frozen": True}, timeout=20)
        for joined in ([CAT, BOB], [ANN], [DAN]):
            client.change(list_id, "add", joined)
            requests.post(f"{client.emulator.url}/_emulator/clock", json={"step": 1}, timeout=20)
        requests.post(f"{client.emulator.url}/_emulator/clock", json={"frozen": False}, timeout=20)
        whole = self.page(client, list_id, "/join-order")
        assert self.ids(whole) == [BOB, CAT, ANN, DAN]
        times = [row["membershipTimestamp"] for row in whole["results"]]
        assert times == sorted(times)
        assert len(set(times)) == 3
        first = self.page(client, list_id, "/join-order", limit=2)
        cursor = first["paging"]["next"]["after"]
        client.change(list_id, "remove", [CAT, ANN])
        assert (self.ids(first), first["total"]) == ([BOB, CAT], 4)
        assert self.ids(self.page(client, list_id, "/join-order", after=cursor)) == [DAN]
        assert self.ids(self.page(client, list_id, "/join-order", before=cursor)) == [BOB]
        client.change(list_id, "add", [ANN])
        assert self.ids(self.page(client, list_id, "/join-order")) == [BOB, DAN, ANN]

    def test_cursors_of_the_other_order_are_refused(self, client: Client) -> None:
        list_id = new_list(client, ANN, BOB)
        for kind, other in (("", "/join-order"), ("/join-order", "")):
            cursor = self.page(client, list_id, kind, limit=1)["paging"]["next"]["after"]
            for name in ("after", "before"):
                answer = client.call("GET", f"{LISTS}/{list_id}/memberships{other}", params={name: cursor})
                body = assert_refused(answer, 400, "VALIDATION_ERROR")
                assert body["subCategory"] == "INVALID_CURSOR"


class TestListsOfARecord:
    def read(self, client: Client, record_id: str) -> requests.Response:
        return client.call("GET", f"{LISTS}/records/0-1/{record_id}/memberships")

    def test_every_list_it_is_on(self, client: Client) -> None:
        (new,) = client.emulator.contacts([{"email": "on.two@example.com"}])
        first, second = new_list(client, new), new_list(client, ANN, new)
        answer = self.read(client, new)
        assert answer.status_code == 200
        body = answer.json()
        assert (body["total"], [each["listId"] for each in body["results"]]) == (2, [first, second])
        client.call("DELETE", f"{LISTS}/{first}")
        assert [each["listId"] for each in self.read(client, new).json()["results"]] == [second]

    @pytest.mark.parametrize("record_id", ["99990001", "x"])
    def test_a_record_nobody_has_is_on_none(self, client: Client, record_id: str) -> None:
        assert self.read(client, record_id).json() == {"total": 0, "results": []}

    def test_only_contacts(self, client: Client) -> None:
        answer = client.call("GET", f"{LISTS}/records/0-2/{ANN}/memberships")
        assert_refused(answer, 404, "OBJECT_NOT_FOUND")


def test_a_merge_brings_the_survivor_on_to_deleted_lists_too(client: Client) -> None:
    one, two = client.emulator.contacts([{"email": "one@example.com"}, {"email": "two@example.com"}])
    list_id = new_list(client, two)
    client.call("DELETE", f"{LISTS}/{list_id}")
    client.merge(one, two)
    client.call("PUT", f"{LISTS}/{list_id}/restore")
    assert client.emulator.member_ids(list_id) == [one]


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_dated_versions_serve_these_too(client: Client, version: str) -> None:
    lists, contacts = f"/crm/lists/{version}", f"/crm/objects/{version}/contacts"
    properties = f"/crm/properties/{version}/contacts"
    list_id, source = new_list(client), new_list(client, BOB)
    search = {"offset": 0, "additionalProperties": []}
    calls: list[tuple[str, str, object, int]] = [
        ("GET", f"{lists}?listIds={list_id}", None, 200),
        ("POST", f"{lists}/search", search, 200),
        ("PUT", f"{lists}/{list_id}/memberships/add-from/{source}", None, 204),
        ("GET", f"{lists}/{list_id}/memberships/join-order", None, 200),
        ("GET", f"{lists}/records/0-1/{BOB}/memberships", None, 200),
        ("DELETE", f"{lists}/{list_id}/memberships", None, 204),
        ("DELETE", f"{lists}/{list_id}", None, 204),
        ("PUT", f"{lists}/{list_id}/restore", None, 204),
        ("POST", contacts, {"properties": {"email": f"new{version}@example.com"}}, 201),
        ("PATCH", f"{contacts}/{ANN}", {"properties": {"city": version}}, 200),
        ("POST", f"{contacts}/search", {"query": "user0"}, 200),
        ("POST", f"{contacts}/batch/upsert", {"inputs": [{"id": ANN, "properties": {}}]}, 200),
        ("POST", f"{contacts}/batch/archive", {"inputs": [{"id": "99990001"}]}, 204),
        ("GET", f"{properties}/email", None, 200),
        ("POST", f"{properties}/batch/read", {"inputs": [{"name": "email"}]}, 200),
    ]
    for method, path, body, status in calls:
        assert client.call(method, path, body).status_code == status, path
    assert client.value(ANN, "city") == version
    assert client.call("GET", f"{CONTACTS}/{ANN}").status_code == 200
