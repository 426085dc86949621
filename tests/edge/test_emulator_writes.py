"""The emulator writes contacts as HubSpot does, by every route that writes them, over real HTTP."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.edge.emulator_fixtures import CONTACTS, NO_LIMITS, Client, assert_refused
from tests.emulator_process import EmulatorProcess

ANN, BOB, CAT = "40001", "40002", "40003"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    """A client of a portal of three contacts; Ann has a secondary address."""
    made = Client(emulator)
    requests.post(f"{emulator.url}/_emulator/reset", json={"portal": True}, timeout=20)
    ann = {"email": "ann@example.com", "hs_additional_emails": "old@example.com"}
    emulator.contacts([ann, {"email": "bob@example.com"}, {"email": "cat@example.com"}])
    yield made
    made.session.close()


def created(client: Client) -> int:
    number: int = client.emulator.state()["contacts_created"]
    return number


def told(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and code of every problem in an error's message."""
    problems = json.loads(body["message"].removeprefix("Property values were not valid: "))
    return [(each["name"], each["error"]) for each in problems]


class TestCreateOne:
    def create(self, client: Client, values: dict[str, str], **more: Any) -> requests.Response:
        return client.call("POST", CONTACTS, {"properties": values, **more})

    def test_is_a_201_that_counts(self, client: Client) -> None:
        answer = self.create(client, {"email": "dan@example.com", "city": "Lyon"}, objectWriteTraceId="a")
        assert answer.status_code == 201
        record = answer.json()
        assert record["properties"]["city"] == "Lyon"
        assert record["objectWriteTraceId"] == "a"
        assert client.emulator.requests()[-1]["created"] == 1
        assert client.value(record["id"], "email") == "dan@example.com"
        assert created(client) == 1

    @pytest.mark.parametrize("address", ["Ann@example.com", "OLD@example.com"])
    def test_an_address_of_another_contact_is_a_409_with_its_id(self, client: Client, address: str) -> None:
        body = assert_refused(self.create(client, {"email": address}), 409, "CONFLICT")
        assert body["message"] == f"Contact already exists. Existing ID: {ANN}"
        assert created(client) == 0

    def test_bad_values_create_nobody(self, client: Client) -> None:
        body = assert_refused(self.create(client, {"email": "x@y", "no": "1"}), 400, "VALIDATION_ERROR")
        assert told(body) == [("email", "INVALID_EMAIL"), ("no", "PROPERTY_DOESNT_EXIST")]
        assert (created(client), client.emulator.state()["contacts"]) == (0, 3)


class TestUpdateOne:
    def update(self, client: Client, key: str, values: dict[str, str], **more: Any) -> requests.Response:
        return client.call("PATCH", f"{CONTACTS}/{key}", {"properties": values}, **more)

    def test_by_id_and_by_any_address(self, client: Client) -> None:
        by_address = {"params": {"idProperty": "email"}}
        first = self.update(client, ANN, {"city": "Lyon"})
        second = self.update(client, "OLD@example.com", {"zip": "1"}, **by_address)
        assert [first.status_code, second.status_code] == [200, 200]
        assert second.json()["id"] == ANN
        assert (client.value(ANN, "city"), client.value(ANN, "zip")) == ("Lyon", "1")
        assert client.emulator.requests()[-3]["updated"] == 1

    def test_never_creates(self, client: Client) -> None:
        by_address = {"params": {"idProperty": "email"}}
        unknown = self.update(client, "dan@example.com", {"city": "Lyon"}, **by_address)
        assert_refused(unknown, 404, "OBJECT_NOT_FOUND")
        assert_refused(self.update(client, "99990001", {}), 404, "OBJECT_NOT_FOUND")
        assert_refused(self.update(client, "ann@example.com", {}), 404, "OBJECT_NOT_FOUND")
        wrong = self.update(client, ANN, {}, params={"idProperty": "phone"})
        assert_refused(wrong, 400, "VALIDATION_ERROR")
        assert client.emulator.state()["contacts"] == 3

    def test_refuses_what_the_batch_refuses(self, client: Client) -> None:
        body = assert_refused(self.update(client, ANN, {"hs_object_id": "1"}), 400, "VALIDATION_ERROR")
        assert told(body) == [("hs_object_id", "READ_ONLY_VALUE")]
        taken = assert_refused(self.update(client, BOB, {"email": "old@example.com"}), 409, "CONFLICT")
        assert taken["message"].endswith(ANN)
        assert client.value(BOB, "email") == "bob@example.com"

    def test_a_contact_keeps_its_own_addresses(self, client: Client) -> None:
        assert self.update(client, ANN, {"email": "OLD@example.com"}).status_code == 200
        assert client.value(ANN, "email") == "OLD@example.com"


class TestUpsert:
    def test_updates_who_is_there_and_creates_who_is_not(self, client: Client) -> None:
        answer = client.upsert(("OLD@example.com", {"city": "Lyon"}), ("dan@example.com", {"city": "Nice"}))
        assert answer.status_code == 200
        ann, dan = answer.json()["results"]
        assert (ann["id"], ann["new"], dan["new"]) == (ANN, False, True)
        assert client.value(ANN, "email") == "ann@example.com"
        assert client.value(dan["id"], "email") == "dan@example.com"
        assert client.value(dan["id"], "city") == "Nice"
        assert created(client) == 1
        entry = [each for each in client.emulator.requests() if each["route"].endswith("upsert")][-1]
        assert (entry["created"], entry["updated"]) == (1, 1)

    def test_by_record_id_only_updates(self, client: Client) -> None:
        def upsert(record_id: str) -> requests.Response:
            inputs = [{"id": record_id, "properties": {"city": "Lyon"}}]
            return client.call("POST", f"{CONTACTS}/batch/upsert", {"inputs": inputs})

        assert upsert(ANN).json()["results"][0]["new"] is False
        assert_refused(upsert("99990001"), 400, "VALIDATION_ERROR")
        assert client.emulator.state()["contacts"] == 3

    def test_rows_that_name_one_contact_refuse_the_batch(self, client: Client) -> None:
        for second in ("ANN@example.com", "old@example.com"):
            answer = client.upsert(("dan@example.com", {}), ("ann@example.com", {}), (second, {}))
            body = assert_refused(answer, 400, "VALIDATION_ERROR")
            assert body["context"] == {"ids": ["ann@example.com"]}
        twice = client.upsert(("dan@example.com", {}), ("DAN@example.com", {}))
        assert_refused(twice, 400, "VALIDATION_ERROR")
        assert created(client) == 0

    def test_without_trace_ids_all_or_nothing(self, client: Client) -> None:
        malformed = client.upsert(("dan@example.com", {}), ("eve@example.con", {}))
        taken = client.upsert(("bob@example.com", {"email": "old@example.com"}), ("dan@example.com", {}))
        assert_refused(malformed, 400, "VALIDATION_ERROR")
        assert_refused(taken, 409, "CONFLICT")
        assert (created(client), client.emulator.state()["contacts"]) == (0, 3)

    def test_with_trace_ids_each_row_stands_for_itself(self, client: Client) -> None:
        rows = [("bob@example.com", {"email": "old@example.com"}), ("eve@example.con", {})]
        answer = client.upsert(*rows, ("dan@example.com", {}), traced=True)
        assert answer.status_code == 207
        body = answer.json()
        assert [each["objectWriteTraceId"] for each in body["results"]] == ["row-2"]
        conflict, malformed = body["errors"]
        assert (conflict["category"], malformed["category"]) == ("CONFLICT", "VALIDATION_ERROR")
        assert conflict["context"] == {"objectWriteTraceId": ["row-0"], "existingId": [ANN]}
        assert malformed["context"] == {"objectWriteTraceId": ["row-1"]}
        assert body["numErrors"] == 2
        assert created(client) == 1

    def test_at_most_100_inputs(self, client: Client) -> None:
        rows: list[tuple[str, dict[str, str]]] = [(f"user{n}@example.com", {}) for n in range(101)]
        assert_refused(client.upsert(*rows), 400, "VALIDATION_ERROR")
        assert client.upsert(*rows[:100]).status_code == 200
        assert created(client) == 100


class TestBatchCreate:
    def test_two_rows_of_one_address_create_nobody(self, client: Client) -> None:
        answer = client.create({"email": "dan@example.com"}, {"email": "DAN@example.com"})
        assert assert_refused(answer, 409, "CONFLICT")["message"] == "Contact already exists"
        assert (created(client), client.emulator.state()["contacts"]) == (0, 3)


class TestArchive:
    def archive(self, client: Client, *ids: str) -> requests.Response:
        inputs = [{"id": each} for each in ids]
        return client.call("POST", f"{CONTACTS}/batch/archive", {"inputs": inputs})

    def test_a_batch_is_a_204_known_or_not(self, client: Client) -> None:
        list_id = client.new_list("archived in a batch")
        client.change(list_id, "add", [ANN, BOB])
        answer = self.archive(client, ANN, "99990001")
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.emulator.member_ids(list_id) == [BOB]
        assert client.read("ann@example.com", "old@example.com").json()["results"] == []
        assert self.archive(client, ANN).status_code == 204
        assert_refused(self.archive(client, *map(str, range(1, 102))), 400, "VALIDATION_ERROR")

    def test_archived_contacts_are_read_when_asked_for_and_alone(self, client: Client) -> None:
        self.archive(client, ANN)
        body = {"properties": ["email"], "inputs": [{"id": ANN}, {"id": BOB}]}
        answer = client.call("POST", f"{CONTACTS}/batch/read?archived=true", body)
        assert answer.status_code == 207
        (ann,) = answer.json()["results"]
        assert (ann["id"], ann["archived"], ann["properties"]["email"]) == (ANN, True, "ann@example.com")
        assert ann["archivedAt"]
        assert answer.json()["errors"][0]["context"]["ids"] == [BOB]
        assert client.call("GET", f"{CONTACTS}/{ANN}?archived=true").json()["id"] == ANN
        assert_refused(client.call("GET", f"{CONTACTS}/{ANN}"), 404, "OBJECT_NOT_FOUND")
        assert_refused(client.call("GET", f"{CONTACTS}/{BOB}?archived=true"), 404, "OBJECT_NOT_FOUND")
        assert_refused(client.call("GET", f"{CONTACTS}/{BOB}?archived=x"), 400, "VALIDATION_ERROR")

    def test_the_address_is_free_again(self, client: Client) -> None:
        self.archive(client, ANN)
        assert client.create({"email": "old@example.com"}).status_code == 201


Write = Callable[[Client, str, dict[str, str]], requests.Response]


def _patch(client: Client, base: str, values: dict[str, str]) -> requests.Response:
    return client.call("PATCH", f"{base}/{ANN}", {"properties": values})


def _update(client: Client, base: str, values: dict[str, str]) -> requests.Response:
    inputs = [{"id": ANN, "properties": values}]
    return client.call("POST", f"{base}/batch/update", {"inputs": inputs})


def _post(client: Client, base: str, values: dict[str, str]) -> requests.Response:
    return client.call("POST", base, {"properties": {"email": "new@example.com", **values}})


def _create(client: Client, base: str, values: dict[str, str]) -> requests.Response:
    inputs = [{"properties": {"email": "new@example.com", **values}}]
    return client.call("POST", f"{base}/batch/create", {"inputs": inputs})


def _upsert(client: Client, base: str, values: dict[str, str]) -> requests.Response:
    inputs = [{"id": "new@example.com", "idProperty": "email", "properties": values}]
    return client.call("POST", f"{base}/batch/upsert", {"inputs": inputs})


@pytest.mark.parametrize("write", [_patch, _update, _post, _create, _upsert])
class TestValidationRules:
    NEWEST = "/crm/objects/2026-09/contacts"
    OLDER = (CONTACTS, "/crm/objects/2026-03/contacts")

    def test_hold_on_every_way_to_write_from_2026_09_on(self, client: Client, write: Write) -> None:
        client.emulator.rules([{"require": "city"}])
        body = assert_refused(write(client, self.NEWEST, {"zip": "1"}), 400, "VALIDATION_ERROR")
        assert told(body) == [("city", "REQUIRED_PROPERTY_MISSING")]
        assert client.value(ANN, "zip") is None
        assert created(client) == 0
        assert write(client, self.NEWEST, {"city": "Lyon"}).status_code in (200, 201)

    def test_may_depend_on_another_value(self, client: Client, write: Write) -> None:
        client.emulator.rules([{"require": "city", "when": {"country": "France"}}])
        assert_refused(write(client, self.NEWEST, {"country": "France"}), 400, "VALIDATION_ERROR")
        assert write(client, self.NEWEST, {"country": "Spain"}).status_code in (200, 201)

    def test_do_not_hold_in_older_versions(self, client: Client, write: Write) -> None:
        client.emulator.rules([{"require": "city"}])
        for base in self.OLDER:
            assert write(client, base, {"zip": "1"}).status_code in (200, 201)
            client.emulator.delete_contacts(
                [each["id"] for each in client.read("new@example.com").json()["results"]]
            )


class TestValidationRulesOfAContact:
    def test_what_it_already_has_counts(self, client: Client) -> None:
        client.emulator.contacts([{"id": ANN, "city": "Lyon"}])
        client.emulator.rules([{"require": "city"}])
        assert _patch(client, TestValidationRules.NEWEST, {"zip": "1"}).status_code == 200
        assert_refused(_patch(client, TestValidationRules.NEWEST, {"city": ""}), 400, "VALIDATION_ERROR")

    def test_with_trace_ids_only_the_row_fails(self, client: Client) -> None:
        client.emulator.rules([{"require": "city"}])
        inputs = [
            {"properties": {"email": "dan@example.com"}, "objectWriteTraceId": "dan"},
            {"properties": {"email": "eve@example.com", "city": "Lyon"}, "objectWriteTraceId": "eve"},
        ]
        answer = client.call("POST", f"{TestValidationRules.NEWEST}/batch/create", {"inputs": inputs})
        assert answer.status_code == 207
        (error,) = answer.json()["errors"]
        assert error["context"] == {"objectWriteTraceId": ["dan"]}

    def test_a_reset_lifts_them(self, client: Client) -> None:
        client.emulator.rules([{"require": "city"}])
        requests.post(f"{client.emulator.url}/_emulator/reset", json={}, timeout=20)
        assert _patch(client, TestValidationRules.NEWEST, {"zip": "1"}).status_code == 200

    @pytest.mark.parametrize(
        ("rules", "complaint"),
        [
            ({}, "array of rules"),
            ([1], "rule 0 must be an object"),
            ([{"require": "city"}, {"when": {}}], "rule 1 must be an object"),
            ([{"require": 1}], "rule 0: 'require'"),
            ([{"require": "city", "when": {"zip": 1}}], "rule 0: 'require'"),
            ([{"require": "no_such"}], "no property 'no_such'"),
            ([{"require": "city", "when": {"no_such": "x"}}], "no property 'no_such'"),
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, client: Client, rules: object, complaint: str) -> None:
        answer = requests.post(f"{client.emulator.url}/_emulator/rules", json=rules, timeout=20)
        assert answer.status_code == 400
        assert complaint in answer.json()["error"]


class TestRowsThatAFaultMakesVanish:
    @pytest.mark.parametrize("write", [_update, _create, _upsert])
    def test_are_not_written_and_named_nowhere(self, client: Client, write: Write) -> None:
        name = write.__name__.removeprefix("_")
        client.emulator.faults([{"route": f"POST {CONTACTS}/batch/{name}", "drop_rows": 1}])
        answer = write(client, CONTACTS, {"city": "Lyon"})
        assert answer.status_code in (200, 201)
        assert answer.json()["results"] == []
        assert "errors" not in answer.json()
        assert (created(client), client.value(ANN, "city")) == (0, None)

    def test_are_not_archived(self, client: Client) -> None:
        client.emulator.faults([{"route": f"POST {CONTACTS}/batch/archive", "drop_rows": 1}])
        assert TestArchive().archive(client, ANN, BOB).status_code == 204
        assert [each["id"] for each in client.read_ids(ANN, BOB).json()["results"]] == [ANN]
