"""The emulator's list endpoints follow HubSpot's documented rules, over real HTTP."""

import itertools
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from tests.edge.emulator_fixtures import CONTACTS, LISTS, NO_LIMITS, Client, assert_refused
from tests.emulator_process import EmulatorProcess

PEOPLE = [{"email": f"user{number}@example.com"} for number in range(600)]
ANN, BOB, CAT = "40001", "40002", "40003"
NOBODY = "99990001"
_names = (f"list {number}" for number in itertools.count())


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(contacts=PEOPLE, arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    yield made
    made.session.close()


@pytest.fixture
def list_id(client: Client) -> str:
    """The id of a fresh MANUAL list."""
    return client.new_list(next(_names))


class TestCreateAndFind:
    def test_create_is_a_200_with_the_list(self, client: Client) -> None:
        answer = client.create_list("Winback")
        assert answer.status_code == 200
        made = answer.json()["list"]
        assert isinstance(made["listId"], str)
        assert made["name"] == "Winback"
        assert made["processingType"] == "MANUAL"
        assert made["objectTypeId"] == "0-1"
        assert made["size"] == 0

    def test_names_are_unique_whatever_their_case(self, client: Client) -> None:
        client.create_list("Taken")
        body = assert_refused(client.create_list("tAKEN"), 400, "VALIDATION_ERROR")
        assert body["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"

    def test_by_id(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN])
        answer = client.call("GET", f"{LISTS}/{list_id}")
        assert answer.status_code == 200
        assert (answer.json()["list"]["listId"], answer.json()["list"]["size"]) == (list_id, 1)
        for unknown in ("99", "x", "0"):
            assert_refused(client.call("GET", f"{LISTS}/{unknown}"), 404, "OBJECT_NOT_FOUND")

    def test_by_name_whatever_its_case_and_characters(self, client: Client) -> None:
        list_id = client.new_list("50% off / été")
        path = f"{LISTS}/object-type-id/0-1/name/{quote('50% OFF / ÉTÉ', safe='')}"
        assert client.call("GET", path).json()["list"]["listId"] == list_id

    @pytest.mark.parametrize(("status", "category"), [(404, "OBJECT_NOT_FOUND"), (400, "VALIDATION_ERROR")])
    def test_a_missing_name_is_answered_as_the_switch_says(self, status: int, category: str) -> None:
        with EmulatorProcess(arguments=["--behaviour", f"missing_list_name={status}"]) as process:
            client = Client(process)
            answer = client.call("GET", f"{LISTS}/object-type-id/0-1/name/nothing")
            client.session.close()
        body = assert_refused(answer, status, category)
        assert "List does not exist with name nothing" in body["message"]

    def test_rename(self, client: Client, list_id: str) -> None:
        client.create_list("Occupied")
        path = f"{LISTS}/{list_id}/update-list-name"
        answer = client.call("PUT", path, params={"listName": "Renamed"})
        assert answer.status_code == 200
        assert answer.json()["updatedList"]["name"] == "Renamed"
        assert client.call("PUT", path, params={"listName": "RENAMED"}).status_code == 200
        body = assert_refused(
            client.call("PUT", path, params={"listName": "occupied"}), 400, "VALIDATION_ERROR"
        )
        assert body["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"
        assert_refused(client.call("PUT", path, params={"listName": " "}), 400, "VALIDATION_ERROR")

    def test_delete_frees_the_name(self, client: Client) -> None:
        list_id = client.new_list("Short-lived")
        assert client.call("DELETE", f"{LISTS}/{list_id}").status_code == 204
        assert_refused(client.call("GET", f"{LISTS}/{list_id}"), 404, "OBJECT_NOT_FOUND")
        assert client.create_list("Short-lived").status_code == 200

    @pytest.mark.parametrize(
        "change", [{"name": " "}, {"name": None}, {"processingType": "STATIC"}, {"unheard_of": 1}]
    )
    def test_create_refuses_what_hubspot_does_not_know(
        self, client: Client, change: dict[str, object]
    ) -> None:
        body = {"name": "n", "objectTypeId": "0-1", "processingType": "MANUAL", **change}
        assert_refused(client.call("POST", LISTS, body), 400)

    def test_only_lists_of_contacts(self, client: Client) -> None:
        body = {"name": "companies", "objectTypeId": "0-2", "processingType": "MANUAL"}
        assert_refused(client.call("POST", LISTS, body), 400, "VALIDATION_ERROR")


class TestReadSeveral:
    def test_those_that_are_there_each_once(self, client: Client) -> None:
        first, second = client.new_list(next(_names)), client.new_list(next(_names))
        client.change(second, "add", [ANN])
        answer = client.call("GET", LISTS, params={"listIds": [second, "99", first, second, "x"]})
        assert answer.status_code == 200
        found = [(each["listId"], each["size"]) for each in answer.json()["lists"]]
        assert found == [(second, 1), (first, 0)]
        assert client.call("GET", LISTS).json() == {"lists": []}


class TestSearch:
    def search(self, client: Client, **body: object) -> requests.Response:
        return client.call(
            "POST", f"{LISTS}/search", {"offset": 0, "additionalProperties": ["hs_list_size"], **body}
        )

    def found(self, client: Client, **body: object) -> list[str]:
        return [each["name"] for each in self.search(client, **body).json()["lists"]]

    def test_by_part_of_the_name_whatever_its_case(self, client: Client) -> None:
        list_id = client.new_list("Searched One")
        client.new_list("searched two", "SNAPSHOT")
        client.change(list_id, "add", [ANN, BOB])
        body = self.search(client, query="ARCHED o").json()
        assert (body["total"], body["offset"], body["hasMore"]) == (1, 1, False)
        (one,) = body["lists"]
        assert (one["listId"], one["additionalProperties"]) == (list_id, {"hs_list_size": "2"})
        assert "size" not in one
        (bare,) = self.search(client, query="searched o", additionalProperties=[]).json()["lists"]
        assert bare["additionalProperties"] == {}

    def test_narrowed_by_type_ids_and_object(self, client: Client) -> None:
        manual, other = client.new_list("narrow a"), client.new_list("narrow b", "SNAPSHOT")
        assert self.found(client, query="narrow", processingTypes=["SNAPSHOT"]) == ["narrow b"]
        assert self.found(client, listIds=[manual, other]) == ["narrow a", "narrow b"]
        assert self.found(client, query="narrow", objectTypeId="0-1") == ["narrow a", "narrow b"]
        assert self.found(client, query="narrow", objectTypeId="0-2") == []

    def test_pages_by_offset_and_count(self, client: Client) -> None:
        for number in range(22):
            client.new_list(f"paged {number:02}")
        first = self.search(client, query="paged").json()
        assert (len(first["lists"]), first["total"], first["hasMore"], first["offset"]) == (20, 22, True, 20)
        last = self.search(client, query="paged", offset=first["offset"], count=2).json()
        assert [each["name"] for each in last["lists"]] == ["paged 20", "paged 21"]
        assert last["hasMore"] is False

    @pytest.mark.parametrize(
        "change",
        [{"count": 501}, {"count": 0}, {"offset": -1}, {"offset": None}, {"additionalProperties": None}],
    )
    def test_limits_and_what_is_required(self, client: Client, change: dict[str, object]) -> None:
        assert self.search(client, count=500).status_code == 200
        assert_refused(self.search(client, **change), 400)
        for absent in ("offset", "additionalProperties"):
            body = {"offset": 0, "additionalProperties": []}
            del body[absent]
            assert_refused(client.call("POST", f"{LISTS}/search", body), 400)


class TestRestore:
    def restore(self, client: Client, list_id: str) -> requests.Response:
        return client.call("PUT", f"{LISTS}/{list_id}/restore")

    def test_brings_a_list_back_with_its_members(self, client: Client) -> None:
        (gone,) = client.emulator.contacts([{"email": "gone.meanwhile@example.com"}])
        list_id = client.new_list("Phoenix")
        client.change(list_id, "add", [ANN, BOB, gone])
        client.call("DELETE", f"{LISTS}/{list_id}")
        client.emulator.delete_contacts([gone])
        answer = self.restore(client, list_id)
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.call("GET", f"{LISTS}/{list_id}").json()["list"]["name"] == "Phoenix"
        assert client.emulator.member_ids(list_id) == [ANN, BOB]
        assert self.restore(client, list_id).status_code == 204

    def test_its_name_is_taken_again(self, client: Client) -> None:
        list_id = client.new_list("Lazarus")
        client.call("DELETE", f"{LISTS}/{list_id}")
        self.restore(client, list_id)
        body = assert_refused(client.create_list("LAZARUS"), 400, "VALIDATION_ERROR")
        assert body["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"

    def test_is_refused_once_another_list_has_the_name(self, client: Client) -> None:
        list_id = client.new_list("Contested")
        client.call("DELETE", f"{LISTS}/{list_id}")
        client.new_list("CONTESTED")
        body = assert_refused(self.restore(client, list_id), 400, "VALIDATION_ERROR")
        assert body["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"
        assert_refused(client.call("GET", f"{LISTS}/{list_id}"), 404, "OBJECT_NOT_FOUND")

    def test_an_unknown_list_is_a_404(self, client: Client) -> None:
        assert_refused(self.restore(client, "99"), 404, "OBJECT_NOT_FOUND")

    @pytest.mark.parametrize(("days", "status"), [(89, 204), (91, 404)])
    def test_within_90_days(self, days: int, status: int) -> None:
        with EmulatorProcess() as process:
            client = Client(process)
            list_id = client.new_list("Old")
            client.call("DELETE", f"{LISTS}/{list_id}")
            requests.post(f"{process.url}/_emulator/clock", json={"step": days * 86400}, timeout=20)
            assert self.restore(client, list_id).status_code == status
            client.session.close()


class TestChangeMembers:
    def test_add_names_new_members_and_missing_records_only(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN])
        answer = client.change(list_id, "add", [CAT, ANN, BOB, BOB, NOBODY])
        assert answer.status_code == 200
        assert answer.json() == {
            "recordsIdsAdded": [CAT, BOB],
            "recordIdsRemoved": [],
            "recordIdsMissing": [NOBODY],
        }
        assert client.emulator.member_ids(list_id) == [ANN, BOB, CAT]

    def test_what_is_read_keeps_up_with_every_change(self, client: Client, list_id: str) -> None:
        assert client.emulator.member_ids(list_id) == []
        client.change(list_id, "add", [ANN, BOB])
        assert client.emulator.member_ids(list_id) == [ANN, BOB]
        client.change(list_id, "remove", [ANN])
        assert client.emulator.member_ids(list_id) == [BOB]

    def test_remove_names_those_that_were_on_the_list(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN, BOB])
        assert client.change(list_id, "remove", [ANN, CAT, NOBODY]).json() == {
            "recordsIdsAdded": [],
            "recordIdsRemoved": [ANN],
            "recordIdsMissing": [NOBODY],
        }
        assert client.emulator.member_ids(list_id) == [BOB]

    def test_add_and_remove_in_one_call(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN])
        body = {"recordIdsToAdd": [BOB], "recordIdsToRemove": [ANN]}
        assert client.change(list_id, "add-and-remove", body).json() == {
            "recordsIdsAdded": [BOB],
            "recordIdsRemoved": [ANN],
            "recordIdsMissing": [],
        }
        assert client.emulator.member_ids(list_id) == [BOB]

    @pytest.mark.parametrize(
        "body",
        [
            {"recordIdsToAdd": [ANN]},
            {"recordIdsToRemove": [ANN]},
            {"recordIdsToAdd": [ANN], "recordIdsToRemove": [ANN]},
            [ANN],
        ],
    )
    def test_both_keys_are_required_and_may_not_overlap(
        self, client: Client, list_id: str, body: object
    ) -> None:
        answer = client.change(list_id, "add-and-remove", body)
        assert answer.status_code == 400
        assert client.emulator.member_ids(list_id) == []

    @pytest.mark.parametrize("verb", ["add", "remove"])
    @pytest.mark.parametrize("body", [[40001], ["ann@example.com"], ["040001"], {"ids": []}, ANN, [None]])
    def test_ids_are_record_ids_as_strings(
        self, client: Client, list_id: str, verb: str, body: object
    ) -> None:
        assert client.change(list_id, verb, body).status_code == 400
        assert client.emulator.member_ids(list_id) == []

    def test_a_dynamic_list_is_refused_and_a_snapshot_is_not(self, client: Client) -> None:
        dynamic, snapshot = client.new_list("dynamic", "DYNAMIC"), client.new_list("snapshot", "SNAPSHOT")
        assert_refused(client.change(dynamic, "add", [ANN]), 400, "VALIDATION_ERROR")
        assert client.change(snapshot, "add", [ANN]).json()["recordsIdsAdded"] == [ANN]

    def test_an_unknown_list_is_a_404(self, client: Client) -> None:
        assert_refused(client.change("99", "add", [ANN]), 404, "OBJECT_NOT_FOUND")

    def test_the_request_log_counts_what_changed(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN, BOB, NOBODY])
        client.change(list_id, "add-and-remove", {"recordIdsToAdd": [CAT], "recordIdsToRemove": [ANN, BOB]})
        first, second = client.emulator.requests()[-2:]
        assert (first["added"], first["removed"]) == (2, 0)
        assert (second["added"], second["removed"]) == (1, 2)


class TestReadMembers:
    def pages(self, client: Client, list_id: str, limit: int) -> list[requests.Response]:
        path = f"{LISTS}/{list_id}/memberships"
        answers = [client.call("GET", path, params={"limit": limit})]
        while "paging" in answers[-1].json():
            after = answers[-1].json()["paging"]["next"]["after"]
            answers.append(client.call("GET", path, params={"limit": limit, "after": after}))
        return answers

    def test_pages_ascend_by_record_id_and_tell_the_total(self, client: Client, list_id: str) -> None:
        wanted = [str(number) for number in range(40001, 40601)]
        client.change(list_id, "add", wanted[::-1])
        pages = [answer.json() for answer in self.pages(client, list_id, 250)]
        assert [len(page["results"]) for page in pages] == [250, 250, 100]
        assert [row["recordId"] for page in pages for row in page["results"]] == wanted
        assert {page["total"] for page in pages} == {600}

    def test_a_last_page_that_is_full_has_no_next(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN, BOB, CAT, "40004"])
        assert [len(answer.json()["results"]) for answer in self.pages(client, list_id, 2)] == [2, 2]

    def test_the_link_leads_to_the_next_page(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN, BOB])
        first = client.call("GET", f"{LISTS}/{list_id}/memberships?limit=1").json()
        second = client.session.get(first["paging"]["next"]["link"], timeout=20).json()
        assert [row["recordId"] for row in second["results"]] == [BOB]

    def test_a_cursor_survives_changes_in_between(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [ANN, BOB, CAT])
        path = f"{LISTS}/{list_id}/memberships"
        after = client.call("GET", f"{path}?limit=1").json()["paging"]["next"]["after"]
        client.change(list_id, "remove", [ANN, BOB])
        rest = client.call("GET", path, params={"after": after}).json()
        assert [row["recordId"] for row in rest["results"]] == [CAT]

    def test_one_hundred_a_page_by_default(self, client: Client, list_id: str) -> None:
        client.change(list_id, "add", [str(number) for number in range(40001, 40200)])
        answer = client.call("GET", f"{LISTS}/{list_id}/memberships").json()
        assert len(answer["results"]) == 100
        assert answer["results"][0]["membershipTimestamp"]

    @pytest.mark.parametrize("query", ["limit=0", "limit=251", "limit=x", "limit=-1", "after=zzz", "after="])
    def test_limits_and_cursors_it_did_not_hand_out(self, client: Client, list_id: str, query: str) -> None:
        assert_refused(client.call("GET", f"{LISTS}/{list_id}/memberships?{query}"), 400, "VALIDATION_ERROR")


class TestMembershipsOfRecords:
    PATH = f"{LISTS}/records/memberships/batch/read"

    def read(self, client: Client, *ids: str) -> requests.Response:
        inputs = [{"objectTypeId": "0-1", "recordId": each} for each in ids]
        return client.call("POST", self.PATH, {"inputs": inputs})

    def test_every_list_of_each_record(self, client: Client) -> None:
        (new,) = client.emulator.contacts([{"email": "on.two.lists@example.com"}])
        first, second = client.new_list(next(_names)), client.new_list(next(_names))
        client.change(first, "add", [new])
        client.change(second, "add", [new])
        answer = self.read(client, new, NOBODY, "x")
        assert answer.status_code == 200
        body = answer.json()
        assert body["status"] == "COMPLETE"
        assert [each["recordId"] for each in body["results"]] == [new, NOBODY, "x"]
        memberships = [each["recordListMemberships"] for each in body["results"]]
        assert [each["listId"] for each in memberships[0]] == [first, second]
        assert set(memberships[0][0]) == {
            "listId",
            "listVersion",
            "firstAddedTimestamp",
            "lastAddedTimestamp",
            "isPublicList",
        }
        assert memberships[1:] == [[], []]

    def test_inputs_are_limited_to_100(self, client: Client) -> None:
        ids = [str(number) for number in range(40001, 40102)]
        assert self.read(client, *ids[:100]).status_code == 200
        assert_refused(self.read(client, *ids), 400, "VALIDATION_ERROR")
        assert_refused(self.read(client), 400, "VALIDATION_ERROR")

    def test_only_contacts(self, client: Client) -> None:
        body = {"inputs": [{"objectTypeId": "0-2", "recordId": ANN}]}
        assert_refused(client.call("POST", self.PATH, body), 400)


class TestAPersonEditsAList:
    def test_by_hand_and_outside_the_request_log(self, client: Client, list_id: str) -> None:
        before = client.emulator.state()["requests"]["total"]
        answer = client.emulator.edit_members(list_id, add=[ANN, BOB, NOBODY])
        client.emulator.edit_members(list_id, remove=[ANN])
        assert answer["recordsIdsAdded"] == [ANN, BOB]
        assert answer["recordIdsMissing"] == [NOBODY]
        assert client.emulator.member_ids(list_id) == [BOB]
        assert client.emulator.members(list_id) == ["user1@example.com"]
        assert client.emulator.state()["requests"]["total"] == before

    def test_nonsense_is_refused(self, client: Client, list_id: str) -> None:
        nonsense: list[object] = [{"add": [1]}, {"adds": []}, [], {"add": "40001"}]
        for wrong in nonsense:
            url = f"{client.emulator.url}/_emulator/lists/{list_id}/members"
            answer = requests.post(url, json=wrong, timeout=20)
            assert answer.status_code == 400
            assert answer.json()["error"]
        with pytest.raises(ValueError, match="404"):
            client.emulator.member_ids("99")


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_dated_versions_serve_the_same_portal(client: Client, version: str) -> None:
    lists, contacts = f"/crm/lists/{version}", f"/crm/objects/{version}/contacts"
    body = {"name": f"dated {version}", "objectTypeId": "0-1", "processingType": "MANUAL"}
    list_id = client.call("POST", lists, body).json()["list"]["listId"]
    calls = [
        ("PUT", f"{lists}/{list_id}/memberships/add", [ANN]),
        (
            "PUT",
            f"{lists}/{list_id}/memberships/add-and-remove",
            {"recordIdsToAdd": [], "recordIdsToRemove": []},
        ),
        ("PUT", f"{lists}/{list_id}/memberships/remove", [BOB]),
        ("GET", f"{lists}/{list_id}/memberships", None),
        ("GET", f"{lists}/{list_id}", None),
        ("GET", f"{lists}/object-type-id/0-1/name/dated%20{version}", None),
        (
            "POST",
            f"{lists}/records/memberships/batch/read",
            {"inputs": [{"objectTypeId": "0-1", "recordId": ANN}]},
        ),
        ("POST", f"{contacts}/batch/read", {"properties": [], "inputs": [{"id": ANN}]}),
        ("POST", f"{contacts}/batch/update", {"inputs": [{"id": ANN, "properties": {}}]}),
        ("GET", f"{contacts}/{ANN}", None),
        ("GET", f"/crm/properties/{version}/contacts", None),
        ("GET", f"/account-info/{version}/details", None),
        ("GET", f"/account-info/{version}/api-usage/daily/private-apps", None),
    ]
    assert [client.call(*each).status_code for each in calls] == [200] * len(calls)
    assert client.call("GET", f"{LISTS}/{list_id}").json()["list"]["size"] == 1
    by_route = client.emulator.state()["requests"]["by_route"]
    assert by_route[f"PUT {lists}/{{listId}}/memberships/add"] == 1
    assert by_route[f"POST {contacts}/batch/read"] == 1


def test_paths_hubspot_does_not_have_are_a_404(client: Client) -> None:
    for method, path in [
        ("GET", "/"),
        ("GET", "/crm/v4/lists/811"),
        ("PATCH", f"{LISTS}/811"),
        ("POST", f"{CONTACTS}/gdpr-delete"),
        ("POST", "/crm/lists/2026-09/all"),
        ("GET", f"{LISTS}/811/memberships/"),
    ]:
        assert_refused(client.call(method, path), 404, "OBJECT_NOT_FOUND")


def test_query_parameters_hubspot_does_not_have_are_refused(client: Client, list_id: str) -> None:
    for path in (f"{LISTS}/{list_id}?x=1", f"{LISTS}/{list_id}/memberships?limits=5", f"{CONTACTS}/{ANN}?a"):
        body = assert_refused(client.call("GET", path), 400, "VALIDATION_ERROR")
        assert body["message"].startswith("Unknown query parameter: ")
