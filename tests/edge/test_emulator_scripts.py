"""Troubles by chance, answers cut in half, rows refused one by one, and things done in the middle of a job."""

import statistics
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from emulator.fault_script import read_script
from emulator.faults import Script
from tests.edge.emulator_fixtures import CONTACTS, LISTS, NO_LIMITS, Client, assert_refused
from tests.emulator_process import EmulatorProcess

READ = f"POST {CONTACTS}/batch/read"
UPDATE = f"POST {CONTACTS}/batch/update"
CREATE = f"POST {CONTACTS}/batch/create"
ADD = f"PUT {LISTS}/{{listId}}/memberships/add"
DETAILS = "/account-info/v3/details"
ANN, BOB, CAT = "40001", "40002", "40003"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    emulator.reset(portal=True)
    emulator.contacts([{"email": f"{name}@example.com"} for name in ("ann", "bob", "cat")])
    yield made
    made.session.close()


def hits(fault: dict[str, Any], requests_made: int = 1000) -> list[int]:
    """The places of the requests that a script of one fault hits."""
    script = Script()
    script.replace(read_script([{"route": "*", **fault}]))
    return [n for n in range(requests_made) if script.take(f"GET {DETAILS}")]


class TestChance:
    def test_strikes_about_as_often_as_its_probability_says(self) -> None:
        struck = hits({"status": 503, "times": None, "probability": 0.2})
        assert 150 < len(struck) < 250
        assert struck != list(range(len(struck)))

    def test_is_the_same_for_the_same_seed_only(self) -> None:
        fault = {"status": 503, "times": None, "probability": 0.5}
        assert hits(fault | {"seed": 7}) == hits(fault | {"seed": 7})
        assert hits(fault | {"seed": 7}) != hits(fault | {"seed": 8})

    def test_begins_after_and_ends_with_times(self) -> None:
        struck = hits({"status": 503, "times": 3, "after": 100, "probability": 0.5})
        assert len(struck) == 3
        assert struck[0] >= 100

    def test_strikes_the_nth_request_and_no_other(self) -> None:
        assert hits({"status": 503, "after": 4}) == [4]


class TestLatency:
    def draws(self, latency: object, seed: int = 0) -> list[float]:
        (fault,) = read_script([{"route": "*", "latency": latency, "seed": seed}])
        return [fault.seconds() for _ in range(2000)]

    def test_spreads_evenly_from_low_to_high(self) -> None:
        drawn = self.draws({"low": 0.1, "high": 0.3})
        assert 0.1 <= min(drawn) < 0.11
        assert 0.29 < max(drawn) <= 0.3
        assert statistics.mean(drawn) == pytest.approx(0.2, abs=0.01)

    def test_has_a_long_tail_when_lognormal(self) -> None:
        drawn = self.draws({"median": 0.2, "sigma": 1})
        assert statistics.median(drawn) == pytest.approx(0.2, rel=0.1)
        assert statistics.mean(drawn) > 0.28
        assert max(self.draws({"median": 3600, "sigma": 5})) == 3600

    def test_is_the_same_for_the_same_seed_only(self) -> None:
        spread = {"low": 0, "high": 1}
        assert self.draws(spread, seed=1) == self.draws(spread, seed=1) != self.draws(spread, seed=2)

    def test_is_waited_for(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "latency": {"low": 600, "high": 601}}])
        with pytest.raises(requests.ReadTimeout):
            client.session.get(client.emulator.url + DETAILS, timeout=0.1)


class TestAnAnswerCutInHalf:
    def test_breaks_off_with_everything_applied(self, client: Client) -> None:
        list_id = client.new_list("One")
        client.emulator.faults([{"route": ADD, "cut": True}])
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            client.change(list_id, "add", [ANN])
        assert client.emulator.member_ids(list_id) == [ANN]
        assert client.emulator.requests()[-1]["status"] is None
        assert client.call("GET", DETAILS).status_code == 200

    def test_has_the_status_and_half_of_the_body(self, client: Client) -> None:
        whole = client.call("GET", DETAILS).text
        client.emulator.faults([{"route": "*", "cut": True}])
        answer = client.session.get(client.emulator.url + DETAILS, stream=True, timeout=20)
        assert answer.status_code == 200
        assert answer.headers["Content-Length"] == str(len(whole))
        assert answer.raw.read1(10_000).decode() == whole[: len(whole) // 2]
        answer.close()

    def test_without_a_body_there_is_no_answer(self, client: Client) -> None:
        list_id = client.new_list("One")
        client.emulator.faults([{"route": "*", "cut": True}])
        with pytest.raises(requests.ConnectionError):
            client.call("DELETE", f"{LISTS}/{list_id}")
        assert client.emulator.state()["lists"] == []


class TestRefusedRows:
    def refuse(self, client: Client, route: str, *rows: dict[str, Any]) -> None:
        client.emulator.faults([{"route": route, "refuse_rows": list(rows)}])

    def test_fail_with_their_categories_beside_the_rows_that_work(self, client: Client) -> None:
        rows: list[dict[str, Any]] = [
            {"id": BOB, "category": "CONFLICT"},
            {"row": 2, "category": "VALIDATION_ERROR"},
        ]
        self.refuse(client, UPDATE, *rows)
        answer = client.update((ANN, {"city": "Lyon"}), (BOB, {"city": "Nice"}), (CAT, {"city": "Metz"}))
        body = answer.json()
        assert answer.status_code == 207
        assert [each["id"] for each in body["results"]] == [ANN]
        assert [(each["category"], each["context"]) for each in body["errors"]] == [
            ("CONFLICT", {"ids": [BOB]}),
            ("VALIDATION_ERROR", {"ids": [CAT]}),
        ]
        assert body["numErrors"] == 2
        cities = client.read_ids(ANN, BOB, CAT, properties=["city"]).json()["results"]
        assert [each["properties"]["city"] for each in cities] == ["Lyon", None, None]

    def test_stand_beside_errors_of_hubspots_own(self, client: Client) -> None:
        self.refuse(client, READ, {"id": "ann@example.com", "category": "INTERNAL_ERROR", "message": "Oh"})
        body = client.read("ann@example.com", "bob@example.com", "nobody@example.com").json()
        assert {each["category"]: each["context"]["ids"] for each in body["errors"]} == {
            "OBJECT_NOT_FOUND": ["nobody@example.com"],
            "INTERNAL_ERROR": ["ann@example.com"],
        }
        assert body["errors"][-1]["message"] == "Oh"
        assert body["numErrors"] == 2

    def test_of_one_category_share_an_entry_unless_they_carry_trace_ids(self, client: Client) -> None:
        rows: list[dict[str, Any]] = [{"row": n, "category": "CONFLICT"} for n in (0, 1)]
        self.refuse(client, READ, *rows)
        together = client.read("ann@example.com", "bob@example.com", "cat@example.com").json()
        assert [each["context"] for each in together["errors"]] == [
            {"ids": ["ann@example.com", "bob@example.com"]}
        ]
        self.refuse(client, CREATE, *rows)
        apart = client.create(*({"email": f"new{n}@example.com"} for n in range(3)), traced=True)
        assert apart.status_code == 207
        assert [each["context"] for each in apart.json()["errors"]] == [
            {"objectWriteTraceId": ["row-0"]},
            {"objectWriteTraceId": ["row-1"]},
        ]
        assert client.emulator.state()["contacts_created"] == 1

    def test_may_be_all_of_them(self, client: Client) -> None:
        self.refuse(client, UPDATE, {"row": 0, "category": "CONFLICT"})
        answer = client.update((ANN, {"city": "Lyon"}))
        assert (answer.status_code, answer.json()["results"]) == (207, [])

    def test_do_not_hide_what_is_wrong_with_the_others(self, client: Client) -> None:
        self.refuse(client, UPDATE, {"row": 0, "category": "CONFLICT"})
        answer = client.update((ANN, {"city": "Lyon"}), (BOB, {"no_such": "x"}))
        assert_refused(answer, 400, "VALIDATION_ERROR")

    def test_leave_a_refusal_of_the_whole_batch_what_it_is(self, client: Client) -> None:
        self.refuse(client, UPDATE, {"id": BOB, "category": "CONFLICT"})
        answer = client.update((ANN, {"no_such_property": "x"}), (BOB, {"city": "Nice"}))
        assert_refused(answer, 400, "VALIDATION_ERROR")

    def test_leave_a_request_without_them_as_it_is(self, client: Client) -> None:
        client.emulator.faults(
            [{"route": "*", "times": 3, "refuse_rows": [{"id": BOB, "category": "CONFLICT"}]}]
        )
        assert client.call("GET", DETAILS).status_code == 200
        assert client.update((ANN, {"city": "Lyon"})).status_code == 200
        assert client.call("POST", f"{CONTACTS}/batch/update", [1]).status_code == 400
        assert client.update((BOB, {"city": "Lyon"})).status_code == 207


class TestInTheMiddle:
    @pytest.mark.parametrize("by", ["id", "name"])
    def test_a_list_is_deleted(self, client: Client, by: str) -> None:
        list_id = client.new_list("Winback")
        target = {"id": list_id, "name": "WINBACK"}[by]
        client.emulator.faults([{"route": ADD, "after": 1, "do": {"delete_list": target}}])
        assert client.change(list_id, "add", [ANN]).status_code == 200
        assert_refused(client.change(list_id, "add", [BOB]), 404, "OBJECT_NOT_FOUND")
        assert client.emulator.state()["lists"] == []

    @pytest.mark.parametrize("target", [BOB, "BOB@example.com"])
    def test_a_contact_is_deleted_between_lookup_and_change(self, client: Client, target: str) -> None:
        list_id = client.new_list("One")
        client.emulator.faults([{"route": ADD, "do": {"delete_contact": target}}])
        assert client.read("bob@example.com").json()["results"][0]["id"] == BOB
        answer = client.change(list_id, "add", [ANN, BOB]).json()
        assert (answer["recordsIdsAdded"], answer["recordIdsMissing"]) == ([ANN], [BOB])

    def test_a_contact_is_merged_between_lookup_and_change(self, client: Client) -> None:
        merge = {"primary": ANN, "losing": "bob@example.com"}
        client.emulator.faults([{"route": UPDATE, "do": {"merge_contacts": merge}}])
        answer = client.update((ANN, {"city": "Lyon"}), (BOB, {"city": "Nice"}))
        assert [each["id"] for each in answer.json()["results"]] == [ANN]
        assert client.read("bob@example.com").json()["results"][0]["id"] == ANN

    @pytest.mark.parametrize("target", [True, "some-token"])
    def test_a_token_is_revoked(self, client: Client, target: object) -> None:
        client.emulator.faults([{"route": "*", "after": 1, "do": {"revoke_token": target}}])
        answers = [client.call("GET", DETAILS).status_code for _ in range(3)]
        assert answers == [200, 401, 401]

    def test_a_token_that_is_named_is_revoked_and_no_other(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "do": {"revoke_token": "another-token"}}])
        assert client.call("GET", DETAILS).status_code == 200
        other = {"Authorization": "Bearer another-token"}
        assert client.call("GET", DETAILS, headers=other).status_code == 401
        assert client.call("GET", DETAILS).status_code == 200

    def test_several_things_happen_in_the_order_given(self, client: Client) -> None:
        merge = {"primary": ANN, "losing": BOB}
        client.emulator.faults([{"route": "*", "do": {"merge_contacts": merge, "delete_contact": ANN}}])
        client.call("GET", DETAILS)
        found = client.read("ann@example.com", "bob@example.com", "cat@example.com").json()["results"]
        assert [each["id"] for each in found] == [CAT]

    def test_what_is_not_there_is_passed_over(self, client: Client) -> None:
        gone = {
            "delete_list": "999",
            "delete_contact": "1",
            "merge_contacts": {"primary": ANN, "losing": ANN},
        }
        client.emulator.faults([{"route": "*", "do": gone}])
        assert client.call("GET", DETAILS).status_code == 200
        assert client.emulator.state()["contacts"] == 3


@pytest.mark.parametrize("status", [413, 414, 423, 477, 500, 502, 503, 504, 521, 522, 523, 524, 525, 526])
def test_every_status_may_carry_retry_after(client: Client, status: int) -> None:
    client.emulator.faults([{"route": "*", "status": status, "retry_after": 86_400}])
    answer = client.call("GET", DETAILS)
    assert answer.status_code == status
    assert answer.headers["Retry-After"] == "86400"


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"status": 503, "probability": 0}, "probability must be a number above 0 and at most 1"),
        ({"status": 503, "probability": "0.5"}, "probability must be"),
        ({"status": 503, "probability": True}, "probability must be"),
        ({"status": 503, "probability": 0.5, "seed": -1}, "seed must be a whole number"),
        ({"status": 503, "seed": 1}, "seed needs a probability or a latency that varies"),
        ({"latency": {"low": 2, "high": 1}}, "a low above its high"),
        ({"latency": {"low": 1}}, "latency must be seconds, or an object with low and high"),
        ({"latency": {"median": 1, "sigma": 6}}, "sigma of latency must be at most 5"),
        ({"latency": {"median": -1, "sigma": 1}}, "latency must be a number of seconds"),
        ({"cut": 1}, "cut must be true or absent"),
        ({"cut": True, "status": 503}, "exclude each other: cut, status"),
        ({"refuse_rows": []}, "refuse_rows must be an array"),
        ({"refuse_rows": [1]}, "a row to refuse must have"),
        ({"refuse_rows": [{"row": 1, "id": "1", "category": "X"}]}, "a row to refuse must have"),
        ({"refuse_rows": [{"row": -1, "category": "X"}]}, "row must be a whole number"),
        ({"refuse_rows": [{"id": 1, "category": "X"}]}, "must be texts"),
        ({"refuse_rows": [{"row": 0, "category": "not so"}]}, "must be capital letters"),
        ({"route": ADD, "refuse_rows": [{"row": 0, "category": "X"}]}, "refuse_rows means nothing on"),
        ({"do": {}}, "do must be an object with delete_list"),
        ({"do": {"dance": "now"}}, "not 'dance'"),
        ({"do": {"delete_list": 811}}, "delete_list must be a text"),
        ({"do": {"delete_contact": ""}}, "delete_contact must be a text"),
        ({"do": {"merge_contacts": {"primary": ANN}}}, "'primary' and 'losing'"),
        ({"do": {"revoke_token": False}}, "unless it is true"),
    ],
)
def test_a_script_it_cannot_follow_is_refused_in_one_sentence(
    client: Client, fault: dict[str, Any], complaint: str
) -> None:
    script = [{"route": "*", **fault}]
    answer = requests.post(f"{client.emulator.url}/_emulator/faults", json=script, timeout=20)
    assert answer.status_code == 400
    said = answer.json()["error"]
    assert said.startswith("fault 0: ")
    assert complaint in said
    assert "\n" not in said
