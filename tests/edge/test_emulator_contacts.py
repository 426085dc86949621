"""The emulator's contact endpoints follow HubSpot's documented rules, over real HTTP."""

import json
from collections.abc import Iterator

import pytest

from tests.edge.emulator_fixtures import CONTACTS, NO_LIMITS, Client, assert_refused
from tests.emulator_process import EmulatorProcess


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    """A client of a portal whose contacts were all deleted."""
    made = Client(emulator)
    yield made
    for start in range(40001, 40401, 100):
        found = made.read_ids(*map(str, range(start, start + 100))).json()["results"]
        emulator.delete_contacts([each["id"] for each in found])
    made.session.close()


def add(client: Client, *contacts: dict[str, str | None]) -> list[str]:
    return client.emulator.contacts(contacts)


class TestBatchRead:
    def test_all_found_is_200_without_errors(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com", "firstname": "Ann"})
        answer = client.read("ann@example.com")
        assert answer.status_code == 200
        body = answer.json()
        assert body["status"] == "COMPLETE"
        assert [each["id"] for each in body["results"]] == [ann]
        assert "errors" not in body
        assert "numErrors" not in body

    def test_answers_carry_the_asked_properties_and_three_more(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com", "firstname": "Ann", "phone": "1"})
        asked = ["firstname", "lastname", "no_such_property"]
        (record,) = client.read("ann@example.com", properties=asked).json()["results"]
        assert set(record["properties"]) == {
            "firstname",
            "lastname",
            "createdate",
            "hs_object_id",
            "lastmodifieddate",
        }
        assert record["properties"]["firstname"] == "Ann"
        assert record["properties"]["lastname"] is None
        assert record["properties"]["hs_object_id"] == ann
        assert record["createdAt"] == record["properties"]["createdate"]
        assert record["archived"] is False

    def test_unknown_addresses_make_a_207_that_names_them_as_sent(self, client: Client) -> None:
        add(client, {"email": "ann@example.com"})
        answer = client.read("ann@example.com", "No.Body@example.com", "nobody@example.com")
        assert answer.status_code == 207
        body = answer.json()
        assert len(body["results"]) == 1
        assert body["numErrors"] == 1
        (error,) = body["errors"]
        assert error["category"] == "OBJECT_NOT_FOUND"
        assert error["context"] == {"ids": ["No.Body@example.com", "nobody@example.com"]}

    def test_case_does_not_matter(self, client: Client) -> None:
        add(client, {"email": "Ann@Example.com"})
        (record,) = client.read("aNN@exAMPLE.com").json()["results"]
        assert record["properties"]["email"] == "Ann@Example.com"

    def test_a_secondary_address_finds_the_contact_with_its_primary_address(self, client: Client) -> None:
        more = "old@example.com;Older@example.com"
        add(client, {"email": "ann@example.com", "hs_additional_emails": more})
        answer = client.read("older@example.com", properties=["email", "hs_additional_emails"])
        (record,) = answer.json()["results"]
        assert record["properties"]["email"] == "ann@example.com"
        assert record["properties"]["hs_additional_emails"] == more

    def test_inputs_that_name_one_contact_twice_collapse(self, client: Client) -> None:
        add(client, {"email": "ann@example.com", "hs_additional_emails": "old@example.com"})
        answer = client.read("ann@example.com", "ANN@example.com", "old@example.com", "no@example.com")
        again = client.read("no@example.com", "no@example.com")
        assert len(answer.json()["results"]) == 1
        assert again.json()["errors"][0]["context"]["ids"] == ["no@example.com"]

    def test_results_do_not_follow_the_order_of_the_inputs(self, client: Client) -> None:
        ids = add(client, {"email": "a@example.com"}, {"email": "b@example.com"})
        answer = client.read("b@example.com", "a@example.com")
        assert [each["id"] for each in answer.json()["results"]] == ids

    def test_one_malformed_address_refuses_the_whole_call(self, client: Client) -> None:
        add(client, {"email": "ann@example.com"})
        answer = client.read("ann@example.com", "bob@example.con", "two@@example.com")
        body = assert_refused(answer, 400, "VALIDATION_ERROR")
        assert set(body) == {"status", "message", "correlationId", "category"}
        prefix = "Property values were not valid: "
        assert body["message"].startswith(prefix)
        (problem,) = json.loads(body["message"].removeprefix(prefix))
        assert problem == {
            "isValid": False,
            "message": "Email address bob@example.con is invalid",
            "error": "INVALID_EMAIL",
            "name": "email",
        }

    def test_by_record_id_when_no_id_property_is_given(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        answer = client.read_ids(ann, "ann@example.com", "99990001")
        assert [each["id"] for each in answer.json()["results"]] == [ann]
        assert answer.json()["errors"][0]["context"]["ids"] == ["ann@example.com", "99990001"]

    def test_another_id_property_is_refused(self, client: Client) -> None:
        body = {"idProperty": "phone", "properties": [], "inputs": [{"id": "1"}]}
        assert_refused(client.call("POST", f"{CONTACTS}/batch/read", body), 400, "VALIDATION_ERROR")

    @pytest.mark.parametrize(("history", "most"), [([], 100), (["email"], 50)])
    def test_inputs_are_limited(self, client: Client, history: list[str], most: int) -> None:
        addresses = [f"user{n}@example.com" for n in range(most + 1)]
        assert client.read(*addresses[:most], propertiesWithHistory=history).status_code == 207
        assert_refused(client.read(*addresses, propertiesWithHistory=history), 400, "VALIDATION_ERROR")
        assert_refused(client.read(), 400, "VALIDATION_ERROR")

    def test_history_shows_what_was_asked_and_is_set(self, client: Client) -> None:
        add(client, {"email": "ann@example.com"})
        (record,) = client.read("ann@example.com", propertiesWithHistory=["email", "phone"]).json()["results"]
        assert [each["value"] for each in record["propertiesWithHistory"]["email"]] == ["ann@example.com"]
        assert set(record["propertiesWithHistory"]) == {"email"}


class TestBatchUpdate:
    def test_writes_values_and_answers_with_them(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com", "firstname": "Ann", "phone": "1"})
        answer = client.update((ann, {"loyalty_tier": "gold", "phone": ""}))
        assert answer.status_code == 200
        (record,) = answer.json()["results"]
        logged = client.emulator.requests()[-1]
        assert (logged["updated"], logged["at"]) == (1, record["updatedAt"])
        shown = {"loyalty_tier", "phone", "createdate", "hs_object_id", "lastmodifieddate"}
        assert set(record["properties"]) == shown
        (after,) = client.read_ids(ann, properties=["loyalty_tier", "phone", "firstname"]).json()["results"]
        assert after["properties"]["loyalty_tier"] == "gold"
        assert after["properties"]["phone"] is None
        assert after["properties"]["firstname"] == "Ann"
        assert after["updatedAt"] == record["updatedAt"]

    def test_unknown_ids_make_a_207_and_the_others_are_written(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        answer = client.update((ann, {"city": "Lyon"}), ("99990001", {"city": "Lyon"}))
        assert answer.status_code == 207
        assert [each["id"] for each in answer.json()["results"]] == [ann]
        (error,) = answer.json()["errors"]
        assert error["category"] == "OBJECT_NOT_FOUND"
        assert error["context"] == {"ids": ["99990001"]}

    def test_trace_ids_are_echoed(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        inputs = [
            {"id": ann, "properties": {}, "objectWriteTraceId": "row-0"},
            {"id": "99990001", "properties": {}, "objectWriteTraceId": "row-1"},
        ]
        answer = client.call("POST", f"{CONTACTS}/batch/update", {"inputs": inputs}).json()
        assert answer["results"][0]["objectWriteTraceId"] == "row-0"
        assert answer["errors"][0]["context"]["objectWriteTraceId"] == ["row-1"]

    def test_duplicate_ids_refuse_the_whole_batch(self, client: Client) -> None:
        ann, bob = add(client, {"email": "ann@example.com"}, {"email": "bob@example.com"})
        answer = client.update((bob, {"city": "Lyon"}), (ann, {}), (ann, {}))
        body = assert_refused(answer, 400, "VALIDATION_ERROR")
        assert body["message"] == f"Duplicate IDs found in batch input: [{ann}]. IDs must be unique"
        assert body["context"] == {"ids": [ann]}
        assert client.read_ids(bob, properties=["city"]).json()["results"][0]["properties"]["city"] is None

    def test_an_unknown_property_refuses_the_whole_batch_and_names_no_record(self, client: Client) -> None:
        ann, bob = add(client, {"email": "ann@example.com"}, {"email": "bob@example.com"})
        answer = client.update((ann, {"city": "Lyon"}), (bob, {"loyalty_tierr": "gold"}))
        body = assert_refused(answer, 400, "VALIDATION_ERROR")
        (told,) = json.loads(body["message"].removeprefix("Property values were not valid: "))
        assert told["error"] == "PROPERTY_DOESNT_EXIST"
        assert told["name"] == "loyalty_tierr"
        (error,) = body["errors"]
        assert error["code"] == "PROPERTY_DOESNT_EXIST"
        assert error["context"] == {"propertyName": ["loyalty_tierr"]}
        assert bob not in answer.text
        assert client.read_ids(ann, properties=["city"]).json()["results"][0]["properties"]["city"] is None

    def test_the_message_tells_every_problem_and_errors_only_three(self, client: Client) -> None:
        ids = add(client, {"email": "ann@example.com"}, {"email": "bob@example.com"})
        body = client.update(*((each, {"bad_one": "x", "bad_two": "x"}) for each in ids)).json()
        assert len(json.loads(body["message"].removeprefix("Property values were not valid: "))) == 4
        assert len(body["errors"]) == 3

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("hs_object_id", "1", "READ_ONLY_VALUE"),
            ("createdate", "2026-01-01", "READ_ONLY_VALUE"),
            ("hs_email_optout", "true", "READ_ONLY_VALUE"),
            ("hs_additional_emails", "x@example.com", "READ_ONLY_VALUE"),
            ("lifecyclestage", "no such stage", "INVALID_OPTION"),
            ("lifetime_value", "12 ", "INVALID_NUMBER"),
            ("last_order_date", "2026-11-20T10:00:00Z", "INVALID_DATE"),
            ("last_order_date", "yesterday", "INVALID_LONG"),
            ("email", "ann@example.con", "INVALID_EMAIL"),
        ],
    )
    def test_values_hubspot_refuses(self, client: Client, name: str, value: str, code: str) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        body = assert_refused(client.update((ann, {name: value})), 400, "VALIDATION_ERROR")
        (told,) = json.loads(body["message"].removeprefix("Property values were not valid: "))
        assert (told["name"], told["error"]) == (name, code)
        assert ("errors" in body) == (code != "INVALID_EMAIL")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("last_order_date", "2026-11-20"),
            ("last_order_date", "1795132800000"),
            ("lifetime_value", "-12.5"),
            ("lifecyclestage", "customer"),
            ("firstname", " Ann "),
            ("last_order_date", ""),
        ],
    )
    def test_values_hubspot_takes(self, client: Client, name: str, value: str) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        assert client.update((ann, {name: value})).status_code == 200
        (record,) = client.read_ids(ann, properties=[name]).json()["results"]
        assert record["properties"][name] == (value or None)

    def test_the_lifecycle_stage_moves_forward_only_unless_cleared(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com", "lifecyclestage": "customer"})

        def stage_after(value: str) -> str | None:
            assert client.update((ann, {"lifecyclestage": value})).status_code == 200
            record = client.read_ids(ann, properties=["lifecyclestage"]).json()["results"][0]
            stage: str | None = record["properties"]["lifecyclestage"]
            return stage

        assert [stage_after(value) for value in ("lead", "evangelist", "", "lead")] == [
            "customer",
            "evangelist",
            None,
            "lead",
        ]

    def test_addresses_as_keys_are_refused(self, client: Client) -> None:
        row = {"id": "ann@example.com", "idProperty": "email", "properties": {}}
        add(client, {"email": "ann@example.com"})
        answer = client.call("POST", f"{CONTACTS}/batch/update", {"inputs": [row]})
        assert "non-unique" in assert_refused(answer, 400, "VALIDATION_ERROR")["message"]

    def test_a_taken_address_refuses_the_whole_batch(self, client: Client) -> None:
        ann, bob = add(client, {"email": "ann@example.com"}, {"email": "bob@example.com"})
        taken = client.update((ann, {"city": "Lyon"}), (bob, {"email": "Ann@example.com"}))
        twice = client.update((ann, {"email": "new@example.com"}), (bob, {"email": "NEW@example.com"}))
        assert ann in assert_refused(taken, 409, "CONFLICT")["message"]
        assert_refused(twice, 409, "CONFLICT")
        assert client.read_ids(ann, properties=["city"]).json()["results"][0]["properties"]["city"] is None

    def test_a_changed_address_is_found_and_the_old_one_is_free(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        client.update((ann, {"email": "new@example.com"}))
        assert [each["id"] for each in client.read("new@example.com").json()["results"]] == [ann]
        assert client.read("ann@example.com").json()["results"] == []

    def test_at_most_100_inputs(self, client: Client) -> None:
        rows = [(str(number), {"city": "Lyon"}) for number in range(1, 102)]
        assert client.update(*rows[:100]).status_code == 207
        assert_refused(client.update(*rows), 400, "VALIDATION_ERROR")


class TestBatchCreate:
    def test_creates_and_counts(self, client: Client) -> None:
        before = client.emulator.state()
        answer = client.create({"email": "ann@example.com", "firstname": "Ann"}, {"email": "bob@example.com"})
        after = client.emulator.state()
        assert answer.status_code == 201
        assert len(answer.json()["results"]) == 2
        assert after["contacts"] == before["contacts"] + 2
        assert after["contacts_created"] == before["contacts_created"] + 2
        assert client.emulator.requests()[-1]["created"] == 2

    def test_one_bad_row_without_trace_ids_creates_nobody(self, client: Client) -> None:
        add(client, {"email": "ann@example.com", "hs_additional_emails": "old@example.com"})
        before = client.emulator.state()
        malformed = client.create({"email": "new@example.com"}, {"email": "bob@example.con"})
        taken = client.create({"email": "new@example.com"}, {"email": "OLD@example.com"})
        assert_refused(malformed, 400, "VALIDATION_ERROR")
        assert_refused(taken, 409, "CONFLICT")
        assert client.emulator.state()["contacts"] == before["contacts"]
        assert client.emulator.state()["contacts_created"] == before["contacts_created"]

    def test_with_trace_ids_each_row_stands_for_itself(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        rows = [{"email": "ANN@example.com"}, {"email": "new@example.com"}, {"email": "x@example.con"}]
        answer = client.create(*rows, traced=True)
        assert answer.status_code == 207
        body = answer.json()
        assert len(body["results"]) == 1
        assert body["numErrors"] == 2
        conflict, malformed = body["errors"]
        assert conflict["category"] == "CONFLICT"
        assert conflict["context"] == {"objectWriteTraceId": ["row-0"], "existingId": [ann]}
        assert malformed["category"] == "VALIDATION_ERROR"
        assert malformed["context"] == {"objectWriteTraceId": ["row-2"]}


class TestOneContact:
    def test_is_read_by_id_and_by_address(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com", "city": "Lyon"})
        by_id = client.call("GET", f"{CONTACTS}/{ann}")
        by_address = client.call("GET", f"{CONTACTS}/ann%40example.com?idProperty=email&properties=city")
        assert by_id.json()["properties"]["email"] == "ann@example.com"
        assert by_address.json()["id"] == ann
        assert by_address.json()["properties"]["city"] == "Lyon"
        assert "email" not in by_address.json()["properties"]

    def test_that_is_unknown_is_a_404(self, client: Client) -> None:
        body = assert_refused(client.call("GET", f"{CONTACTS}/99990001"), 404, "OBJECT_NOT_FOUND")
        assert body["context"] == {"id": ["99990001"]}
        assert_refused(client.call("GET", f"{CONTACTS}/1?idProperty=phone"), 400, "VALIDATION_ERROR")

    def test_once_archived_is_gone_from_everywhere(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        list_id = client.new_list("archived")
        client.change(list_id, "add", [ann])
        answer = client.call("DELETE", f"{CONTACTS}/{ann}")
        assert answer.status_code == 204
        assert answer.content == b""
        assert client.read("ann@example.com").status_code == 207
        assert client.update((ann, {})).json()["errors"][0]["context"]["ids"] == [ann]
        assert client.change(list_id, "add", [ann]).json()["recordIdsMissing"] == [ann]
        assert client.emulator.member_ids(list_id) == []
        assert_refused(client.call("DELETE", f"{CONTACTS}/{ann}"), 404, "OBJECT_NOT_FOUND")


class TestMerge:
    def test_the_losing_id_vanishes_silently(self, client: Client) -> None:
        ann, bob = add(client, {"email": "ann@example.com"}, {"email": "bob@example.com"})
        list_id = client.new_list("vanishing")
        assert client.merge(ann, bob).json()["id"] == ann
        read, update = client.read_ids(ann, bob), client.update((ann, {}), (bob, {"city": "Lyon"}))
        for answer in (read, update):
            assert answer.status_code == 200
            assert [each["id"] for each in answer.json()["results"]] == [ann]
            assert "errors" not in answer.json()
        assert client.change(list_id, "add", [ann, bob]).json() == {
            "recordsIdsAdded": [ann],
            "recordIdsRemoved": [],
            "recordIdsMissing": [],
        }

    def test_addresses_become_secondary_and_gaps_are_filled(self, client: Client) -> None:
        ann, bob = add(
            client,
            {"email": "ann@example.com", "hs_additional_emails": "ann2@example.com", "city": "Lyon"},
            {
                "email": "bob@example.com",
                "hs_additional_emails": "bob2@example.com",
                "city": "Nice",
                "zip": "1",
            },
        )
        client.update((bob, {"zip": "1"}))
        client.merge(ann, bob)
        answer = client.read("bob2@example.com", properties=["email", "hs_additional_emails", "city", "zip"])
        (record,) = answer.json()["results"]
        assert record["id"] == ann
        assert record["properties"]["email"] == "ann@example.com"
        more = "ann2@example.com;bob@example.com;bob2@example.com"
        assert record["properties"]["hs_additional_emails"] == more
        assert (record["properties"]["city"], record["properties"]["zip"]) == ("Lyon", "1")

    def test_memberships_are_inherited(self, client: Client) -> None:
        ann, bob = add(client, {"email": "ann@example.com"}, {"email": "bob@example.com"})
        first, second = client.new_list("inherited 1"), client.new_list("inherited 2")
        client.change(first, "add", [bob])
        client.change(second, "add", [ann, bob])
        client.merge(ann, bob)
        assert client.emulator.member_ids(first) == [ann]
        assert client.emulator.member_ids(second) == [ann]

    def test_needs_two_contacts_that_are_there(self, client: Client) -> None:
        (ann,) = add(client, {"email": "ann@example.com"})
        assert_refused(client.merge(ann, ann), 400, "VALIDATION_ERROR")
        assert_refused(client.merge(ann, "99990001"), 404, "OBJECT_NOT_FOUND")
