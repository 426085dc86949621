"""Both answers to each question about contacts and lists that HubSpot's documents leave open."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.edge.emulator_fixtures import CONTACTS, LISTS, MANY_SEARCHES, NO_LIMITS, Client, assert_refused
from tests.emulator_process import EmulatorProcess

ANN, BOB, CAT = "40001", "40002", "40003"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=[*NO_LIMITS, *MANY_SEARCHES]) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    """A client of a portal of three contacts, every switch at its default."""
    made = Client(emulator)
    requests.post(f"{emulator.url}/_emulator/reset", json={"portal": True}, timeout=20)
    emulator.contacts([{"email": f"{name}@example.com"} for name in ("ann", "bob", "cat")])
    yield made
    made.session.close()


def update(client: Client, *rows: dict[str, Any]) -> requests.Response:
    return client.call("POST", f"{CONTACTS}/batch/update", {"inputs": list(rows)})


class TestMalformedEmailLookup:
    def test_refuse(self, client: Client) -> None:
        for malformed in ("bob@example.con", ""):
            assert_refused(client.read("ann@example.com", malformed), 400, "VALIDATION_ERROR")

    def test_not_found(self, client: Client) -> None:
        client.emulator.behave(malformed_email_lookup="not_found")
        answer = client.read("ann@example.com", "bob@example.con", "two@@example.com")
        assert answer.status_code == 207
        assert [each["id"] for each in answer.json()["results"]] == [ANN]
        assert answer.json()["errors"][0]["context"]["ids"] == ["bob@example.con", "two@@example.com"]


class TestBadPropertyBatch:
    ROWS = (
        {"id": ANN, "properties": {"city": "Lyon"}, "objectWriteTraceId": "ann"},
        {"id": BOB, "properties": {"no_such": "x"}, "objectWriteTraceId": "bob"},
        {"id": "99990001", "properties": {"city": "Lyon"}, "objectWriteTraceId": "nobody"},
        {"id": CAT, "properties": {"email": "ann@example.com"}, "objectWriteTraceId": "cat"},
    )

    def test_refuse(self, client: Client) -> None:
        assert_refused(update(client, *self.ROWS), 400, "VALIDATION_ERROR")
        assert_refused(update(client, *self.ROWS[2:]), 409, "CONFLICT")
        assert client.value(ANN, "city") is None

    def test_refuse_holds_for_a_row_of_nobody_too(self, client: Client) -> None:
        rows = [{"id": "99990001", "properties": {"no_such": "x"}}, {"id": ANN, "properties": {}}]
        assert_refused(update(client, *rows), 400, "VALIDATION_ERROR")

    def test_mixed(self, client: Client) -> None:
        client.emulator.behave(bad_property_batch="mixed")
        answer = update(client, *self.ROWS)
        assert answer.status_code == 207
        body = answer.json()
        assert [each["objectWriteTraceId"] for each in body["results"]] == ["ann"]
        missing, unknown, taken = body["errors"]
        assert missing["context"] == {"ids": ["99990001"], "objectWriteTraceId": ["nobody"]}
        assert unknown["category"] == "VALIDATION_ERROR"
        assert unknown["context"] == {"objectWriteTraceId": ["bob"]}
        assert unknown["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
        assert taken["category"] == "CONFLICT"
        assert taken["context"] == {"objectWriteTraceId": ["cat"], "existingId": [ANN]}
        assert body["numErrors"] == 3
        assert client.value(ANN, "city") == "Lyon"

    def test_mixed_needs_a_trace_id_on_every_row(self, client: Client) -> None:
        client.emulator.behave(bad_property_batch="mixed")
        untraced = {"id": CAT, "properties": {}}
        assert_refused(update(client, *self.ROWS[:2], untraced), 400, "VALIDATION_ERROR")
        assert client.value(ANN, "city") is None


class TestEmailAsIdPropertyInBatchUpdate:
    def row(self, address: str, **values: str) -> dict[str, Any]:
        return {"id": address, "idProperty": "email", "properties": values}

    def test_refuse(self, client: Client) -> None:
        body = assert_refused(update(client, self.row("ann@example.com")), 400, "VALIDATION_ERROR")
        assert "non-unique" in body["message"]

    def test_accept(self, client: Client) -> None:
        client.emulator.behave(email_as_id_property_in_batch_update="accept")
        answer = update(client, self.row("ANN@example.com", city="Lyon"), self.row("no@example.com"))
        assert answer.status_code == 207
        assert [each["id"] for each in answer.json()["results"]] == [ANN]
        assert answer.json()["errors"][0]["context"]["ids"] == ["no@example.com"]
        assert client.value(ANN, "city") == "Lyon"
        assert client.emulator.state()["contacts"] == 3

    def test_accept_still_wants_each_contact_once(self, client: Client) -> None:
        client.emulator.behave(email_as_id_property_in_batch_update="accept")
        body = update(client, self.row("ann@example.com"), {"id": ANN, "properties": {}}).json()
        assert body["context"] == {"ids": ["ann@example.com"]}


class TestMembershipAnswers:
    @pytest.mark.parametrize(
        ("switches", "wanted"),
        [
            ({}, {"recordsIdsAdded": [ANN], "recordIdsRemoved": [], "recordIdsMissing": []}),
            ({"unnamed_additions": "omit"}, {"recordsIdsAdded": [ANN]}),
            (
                {"additions_key": "recordIdsAdded"},
                {"recordIdsAdded": [ANN], "recordIdsRemoved": [], "recordIdsMissing": []},
            ),
            ({"additions_key": "recordIdsAdded", "unnamed_additions": "omit"}, {"recordIdsAdded": [ANN]}),
        ],
    )
    def test_their_keys(self, client: Client, switches: dict[str, str], wanted: dict[str, list[str]]) -> None:
        client.emulator.behave(**switches)
        list_id = client.new_list("answers")
        assert client.change(list_id, "add", [ANN]).json() == wanted
        assert client.emulator.requests()[-1]["added"] == 1

    def test_nothing_changed_may_be_an_empty_object(self, client: Client) -> None:
        client.emulator.behave(unnamed_additions="omit")
        list_id = client.new_list("unchanged")
        assert client.change(list_id, "remove", [ANN]).json() == {}


class TestMergedId:
    def answers(self, client: Client) -> list[dict[str, Any]]:
        """A read, an update and a membership change that name Bob, merged into Ann."""
        client.merge(ANN, BOB)
        list_id = client.new_list("merged")
        rows = [{"id": ANN, "properties": {}}, {"id": BOB, "properties": {}}]
        changed = client.change(
            list_id, "add-and-remove", {"recordIdsToAdd": [ANN], "recordIdsToRemove": [BOB]}
        )
        return [client.read_ids(ANN, BOB).json(), update(client, *rows).json(), changed.json()]

    def test_vanish(self, client: Client) -> None:
        read, updated, changed = self.answers(client)
        for body in (read, updated):
            assert [each["id"] for each in body["results"]] == [ANN]
            assert "errors" not in body
        assert changed["recordIdsMissing"] == []

    def test_missing(self, client: Client) -> None:
        client.emulator.behave(merged_id="missing")
        read, updated, changed = self.answers(client)
        for body in (read, updated):
            assert [each["id"] for each in body["results"]] == [ANN]
            assert body["errors"][0]["context"]["ids"] == [BOB]
        assert changed["recordIdsMissing"] == [BOB]


@pytest.mark.parametrize(("status", "category"), [("400", "VALIDATION_ERROR"), ("403", "FORBIDDEN")])
def test_a_dynamic_list_is_refused_with_the_status_chosen(client: Client, status: str, category: str) -> None:
    client.emulator.behave(dynamic_list_status=status)
    dynamic, static = client.new_list("dynamic", "DYNAMIC"), client.new_list("static")
    answers = [
        client.change(dynamic, "add", [ANN]),
        client.change(dynamic, "remove", [ANN]),
        client.call("PUT", f"{LISTS}/{dynamic}/memberships/add-from/{static}"),
        client.call("DELETE", f"{LISTS}/{dynamic}/memberships"),
    ]
    for answer in answers:
        assert "DYNAMIC" in assert_refused(answer, int(status), category)["message"]
    assert client.emulator.member_ids(dynamic) == []


class TestUnknownPropertyInRead:
    def answers(self, client: Client) -> list[requests.Response]:
        asked = ["email", "no_such"]
        return [
            client.read("ann@example.com", properties=asked),
            client.read("ann@example.com", propertiesWithHistory=["no_such"]),
            client.call("GET", f"{CONTACTS}/{ANN}?properties=email,no_such"),
            client.call("GET", f"{CONTACTS}/{ANN}?propertiesWithHistory=no_such"),
            client.call("POST", f"{CONTACTS}/search", {"query": "ann", "properties": asked}),
        ]

    def test_ignore(self, client: Client) -> None:
        for answer in self.answers(client):
            assert answer.status_code == 200
            assert "no_such" not in answer.text
            assert "ann@example.com" in answer.text

    def test_refuse(self, client: Client) -> None:
        client.emulator.behave(unknown_property_in_read="refuse")
        for answer in self.answers(client):
            body = assert_refused(answer, 400, "VALIDATION_ERROR")
            assert [each["code"] for each in body["errors"]] == ["PROPERTY_DOESNT_EXIST"]


class TestMembershipLimit:
    def test_is_100000_by_default(self, client: Client) -> None:
        list_id = client.new_list("large")
        ids = [str(number) for number in range(1, 100_002)]
        assert client.change(list_id, "add", ids[:-1]).status_code == 200
        assert_refused(client.change(list_id, "add", ids), 400, "VALIDATION_ERROR")

    @pytest.mark.parametrize(("status", "category"), [("400", "VALIDATION_ERROR"), ("413", None)])
    def test_counts_the_ids_of_a_request(self, client: Client, status: str, category: str | None) -> None:
        client.emulator.behave(membership_limit="2", membership_limit_status=status)
        list_id = client.new_list("small")
        assert client.change(list_id, "add", [ANN, BOB]).status_code == 200
        both = {"recordIdsToAdd": [ANN], "recordIdsToRemove": [BOB]}
        assert client.change(list_id, "add-and-remove", both).status_code == 200
        three = {"recordIdsToAdd": [ANN, BOB], "recordIdsToRemove": [CAT]}
        for answer in (
            client.change(list_id, "add", [ANN, BOB, CAT]),
            client.change(list_id, "remove", [ANN, BOB, CAT]),
            client.change(list_id, "add-and-remove", three),
        ):
            assert_refused(answer, int(status), category)
        assert client.emulator.member_ids(list_id) == [ANN]

    @pytest.mark.parametrize("value", ["0", "-1", "x", "N", "1.5", "", "9" * 10, 2, None])
    def test_is_a_whole_number_as_text(self, client: Client, value: object) -> None:
        url = f"{client.emulator.url}/_emulator/behaviour"
        answer = requests.post(url, json={"membership_limit": value}, timeout=20)
        assert answer.status_code == 400
        assert "membership_limit must be" in answer.json()["error"]


class TestListSize:
    def sizes(self, client: Client, list_id: str) -> list[int]:
        """What three answers in a row say."""
        found = [client.call("GET", f"{LISTS}/{list_id}").json()["list"]["size"] for _ in range(3)]
        return [int(each) for each in found]

    def test_exact(self, client: Client) -> None:
        list_id = client.new_list("exact")
        client.change(list_id, "add", [ANN, BOB])
        assert self.sizes(client, list_id) == [2, 2, 2]

    def test_lagging(self, client: Client) -> None:
        client.emulator.behave(list_size="lagging")
        list_id = client.new_list("lagging")
        client.change(list_id, "add", [ANN, BOB])
        assert self.sizes(client, list_id) == [0, 2, 2]
        client.change(list_id, "add", [ANN])
        assert self.sizes(client, list_id) == [2, 2, 2]
        client.change(list_id, "add", [CAT])
        client.change(list_id, "remove", [ANN, BOB])
        assert self.sizes(client, list_id) == [2, 1, 1]

    def test_lagging_wherever_a_size_is_told(self, client: Client) -> None:
        client.emulator.behave(list_size="lagging")
        list_id = client.new_list("told")
        search = {"query": "told", "offset": 0, "additionalProperties": ["hs_list_size"]}
        calls: list[tuple[str, str, object]] = [
            ("GET", f"{LISTS}?listIds={list_id}", None),
            ("GET", f"{LISTS}/object-type-id/0-1/name/told", None),
            ("POST", f"{LISTS}/search", search),
            ("PUT", f"{LISTS}/{list_id}/update-list-name?listName=told", None),
        ]
        for method, path, body in calls:
            client.change(list_id, "add", [ANN])
            first, second = (json.dumps(client.call(method, path, body).json()) for _ in range(2))
            assert ('size": 0' in first) or ('size": "0"' in first), path
            assert ('size": 1' in second) or ('size": "1"' in second), path
            client.change(list_id, "remove", [ANN])
            client.call(method, path, body)
        client.change(list_id, "add", [ANN])
        assert client.emulator.state()["lists"][0]["size"] == 1
