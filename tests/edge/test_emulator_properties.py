"""The emulator's property definitions, and which values each type takes, over real HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.edge.emulator_fixtures import NO_LIMITS, PROPERTIES, Client, assert_refused
from tests.emulator_process import EmulatorProcess

ANN = "40001"
SHOE_SIZE: dict[str, Any] = {
    "name": "shoe_size",
    "label": "Shoe size",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "contactinformation",
    "description": "In Paris points.",
    "hidden": True,
    "options": [
        {"label": "Thirty-nine", "value": "39", "displayOrder": 0, "hidden": False},
        {"label": "Forty", "value": "40", "displayOrder": 1, "hidden": True},
    ],
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    """A client of a portal of one contact and HubSpot's usual properties."""
    made = Client(emulator)
    requests.post(f"{emulator.url}/_emulator/reset", json={"portal": True}, timeout=20)
    emulator.contacts([{"email": "ann@example.com"}])
    yield made
    made.session.close()


def create(client: Client, **change: Any) -> requests.Response:
    return client.call("POST", PROPERTIES, {**SHOE_SIZE, **change})


def names(client: Client) -> set[str]:
    return {each["name"] for each in client.call("GET", PROPERTIES).json()["results"]}


def code(client: Client, name: str, value: str) -> str | None:
    """HubSpot's code for a value that it refuses to write; None when the value was written."""
    answer = client.update((ANN, {name: value}))
    if answer.status_code == 200:
        assert client.value(ANN, name) == value
        return None
    (problem,) = json.loads(answer.json()["message"].removeprefix("Property values were not valid: "))
    assert problem["name"] == name
    found: str = problem["error"]
    return found


class TestCreate:
    def test_is_a_201_with_the_definition(self, client: Client) -> None:
        answer = create(client)
        assert answer.status_code == 201
        made = answer.json()
        assert {name: made[name] for name in SHOE_SIZE} == SHOE_SIZE
        assert made["hubspotDefined"] is False
        assert made["modificationMetadata"]["readOnlyValue"] is False
        assert client.call("GET", f"{PROPERTIES}/shoe_size").json() == made
        assert client.call("GET", "/crm/v3/properties/0-1/shoe_size").json() == made
        assert "shoe_size" in names(client)

    def test_what_it_defines_can_be_written(self, client: Client) -> None:
        assert code(client, "shoe_size", "39") == "PROPERTY_DOESNT_EXIST"
        create(client)
        assert [code(client, "shoe_size", value) for value in ("39", "40", "41")] == [
            None,
            None,
            "INVALID_OPTION",
        ]

    def test_a_taken_name_is_a_409(self, client: Client) -> None:
        create(client)
        body = assert_refused(create(client), 409, "CONFLICT")
        assert body["context"] == {"name": ["shoe_size"]}
        assert_refused(create(client, name="email"), 409, "CONFLICT")

    @pytest.mark.parametrize("absent", ["name", "label", "type", "fieldType", "groupName"])
    def test_five_members_are_required(self, client: Client, absent: str) -> None:
        body = {name: value for name, value in SHOE_SIZE.items() if name != absent}
        assert absent in assert_refused(client.call("POST", PROPERTIES, body), 400)["message"]

    @pytest.mark.parametrize(
        "name", ["Shoe", "shoe-size", "1shoe", "_shoe", "shoe size", "s" * 101, "schühe"]
    )
    def test_names_are_lower_case_letters_digits_and_underscores(self, client: Client, name: str) -> None:
        assert_refused(create(client, name=name), 400, "VALIDATION_ERROR")
        assert create(client, name="s" * 100).status_code == 201

    @pytest.mark.parametrize(
        "change",
        [
            {"type": "text"},
            {"fieldType": "text"},
            {"groupName": "nowhere"},
            {"options": []},
            {"type": "string", "fieldType": "text"},
            {"options": [{"label": "a", "value": "1"}, {"label": "b", "value": "1"}]},
            {"options": [{"label": "a"}]},
            {"hasUniqueValue": True},
            {"unheard_of": 1},
        ],
    )
    def test_definitions_that_do_not_fit_together_are_refused(
        self, client: Client, change: dict[str, Any]
    ) -> None:
        answer = create(client, **change)
        assert_refused(answer, 400, answer.json().get("category"))
        assert "shoe_size" not in names(client)


class TestRead:
    def test_one_that_is_unknown_is_a_404(self, client: Client) -> None:
        assert client.call("GET", f"{PROPERTIES}/email").json()["name"] == "email"
        assert_refused(client.call("GET", f"{PROPERTIES}/no_such"), 404, "OBJECT_NOT_FOUND")

    def test_archived_ones_are_none(self, client: Client) -> None:
        assert client.call("GET", f"{PROPERTIES}?archived=true").json() == {"results": []}
        assert len(client.call("GET", f"{PROPERTIES}?archived=false").json()["results"]) > 20
        assert_refused(client.call("GET", f"{PROPERTIES}/email?archived=true"), 404, "OBJECT_NOT_FOUND")


class TestBatches:
    def read(self, client: Client, *wanted: str) -> requests.Response:
        inputs = [{"name": each} for each in wanted]
        return client.call("POST", f"{PROPERTIES}/batch/read", {"archived": False, "inputs": inputs})

    def create(self, client: Client, *definitions: dict[str, Any]) -> requests.Response:
        return client.call("POST", f"{PROPERTIES}/batch/create", {"inputs": list(definitions)})

    def test_read_names_what_is_missing(self, client: Client) -> None:
        found = self.read(client, "email", "city")
        partly = self.read(client, "no_such", "email", "email")
        assert found.status_code == 200
        assert [each["name"] for each in found.json()["results"]] == ["email", "city"]
        assert partly.status_code == 207
        assert [each["name"] for each in partly.json()["results"]] == ["email"]
        (error,) = partly.json()["errors"]
        assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"name": ["no_such"]})
        assert_refused(self.read(client, *(f"p{n}" for n in range(101))), 400, "VALIDATION_ERROR")

    def test_create_answers_for_each(self, client: Client) -> None:
        whole = self.create(client, SHOE_SIZE, {**SHOE_SIZE, "name": "hat_size"})
        partly = self.create(client, SHOE_SIZE, {**SHOE_SIZE, "name": "Coat"}, {**SHOE_SIZE, "name": "belt"})
        assert whole.status_code == 201
        assert partly.status_code == 207
        assert [each["name"] for each in partly.json()["results"]] == ["belt"]
        taken, malformed = partly.json()["errors"]
        assert (taken["category"], taken["context"]) == ("CONFLICT", {"name": ["shoe_size"]})
        assert (malformed["category"], malformed["context"]) == ("VALIDATION_ERROR", {"name": ["Coat"]})
        assert {"shoe_size", "hat_size", "belt"} <= names(client)


class TestValues:
    @pytest.mark.parametrize(
        ("kind", "value", "wanted"),
        [
            ("bool", "true", None),
            ("bool", "True", "INVALID_BOOLEAN"),
            ("bool", " true", "INVALID_BOOLEAN"),
            ("number", "1e3", None),
            ("number", "1\u200b", "INVALID_NUMBER"),
            ("number", "1,5", "INVALID_NUMBER"),
            ("number", "٣", "INVALID_NUMBER"),
            ("date", "2026-11-20", None),
            ("date", "2026-11-20T00:00:00Z", None),
            ("date", "2026-11-20T01:00:00+01:00", None),
            ("date", "2026-11-20T00:00:00+01:00", "INVALID_DATE"),
            ("date", "1795132800000", None),
            ("date", "1795132800001", "INVALID_DATE"),
            ("date", "2026-11-20\u00a0", "INVALID_LONG"),
            ("date", "20.11.2026", "INVALID_LONG"),
            ("date", "2026-02-30", "INVALID_LONG"),
            ("datetime", "2026-11-20T10:11:12.345Z", None),
            ("datetime", "2026-11-20 10:11:12", "INVALID_LONG"),
            ("datetime", "1795132800001", None),
            ("datetime", "\u200e2026-11-20", "INVALID_LONG"),
            ("phone_number", "+33 1 23 45", None),
            ("phone_number", "+33 1 ", "INVALID_PHONE_NUMBER"),
            ("phone_number", "+33\u200b1", "INVALID_PHONE_NUMBER"),
            ("string", " \u200bAnn ", None),
        ],
    )
    def test_of_each_type(self, client: Client, kind: str, value: str, wanted: str | None) -> None:
        fields = {"bool": "booleancheckbox", "number": "number", "string": "text"}
        field_type = "phonenumber" if kind == "phone_number" else fields.get(kind, "date")
        client.define("probe", kind, field_type)
        assert code(client, "probe", value) == wanted

    def test_a_multiple_checkbox_takes_options_joined_by_semicolons(self, client: Client) -> None:
        client.define("sports", "enumeration", "checkbox", "run", "swim", "ride")
        assert [code(client, "sports", value) for value in ("run", "run;ride", "swim;run;ride")] == [None] * 3
        for wrong in ("run;fly", "run; ride", "run,ride", "run;", "Run"):
            assert code(client, "sports", wrong) == "INVALID_OPTION"

    def test_a_single_choice_takes_one_option(self, client: Client) -> None:
        client.define("sport", "enumeration", "radio", "run", "ride")
        assert code(client, "sport", "run") is None
        assert code(client, "sport", "run;ride") == "INVALID_OPTION"
        assert code(client, "sport", "run ") == "INVALID_OPTION"

    def test_a_calculated_property_is_read_only(self, client: Client) -> None:
        client.define("score", "number", "calculation_equation")
        for name in ("score", "days_to_close"):
            definition = client.call("GET", f"{PROPERTIES}/{name}").json()
            assert (definition["calculated"], definition["modificationMetadata"]["readOnlyValue"]) == (
                True,
                True,
            )
            assert code(client, name, "1") == "READ_ONLY_VALUE"
            assert code(client, name, "") == "READ_ONLY_VALUE"

    def test_an_empty_value_clears(self, client: Client) -> None:
        client.update((ANN, {"lifetime_value": "1"}))
        assert client.update((ANN, {"lifetime_value": ""})).status_code == 200
        assert client.value(ANN, "lifetime_value") is None
