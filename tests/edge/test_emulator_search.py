"""The emulator's contact search: operators, limits, order and pages, over real HTTP."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import requests

from tests.edge.emulator_fixtures import CONTACTS, MANY_SEARCHES, Client, assert_refused
from tests.emulator_process import EmulatorProcess

ANN = {
    "email": "Ann@example.com",
    "firstname": "Ann Mary",
    "city": "Lyon",
    "lifetime_value": "9",
    "last_order_date": "2026-01-02",
    "hs_additional_emails": "old@shop.example.com",
}
BOB = {
    "email": "bob@example.com",
    "firstname": "Bob",
    "city": "New Lyon",
    "lifetime_value": "10.5",
    "last_order_date": "1767398400000",
}
CAT = {"email": "cat@shop.example.com", "firstname": "Cat"}
DAN = {"email": "dan@example.com", "firstname": "Dan", "city": "Nice", "lifetime_value": "-2"}
NAMES = {"40001": "ann", "40002": "bob", "40003": "cat", "40004": "dan"}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with EmulatorProcess(contacts=[ANN, BOB, CAT, DAN], arguments=MANY_SEARCHES) as process:
        made = Client(process)
        yield made
        made.session.close()


def search(client: Client, **body: Any) -> requests.Response:
    return client.call("POST", f"{CONTACTS}/search", body)


def found(client: Client, **body: Any) -> list[str]:
    answer = search(client, **body)
    assert answer.status_code == 200, answer.text
    return [NAMES[each["id"]] for each in answer.json()["results"]]


def where(name: str, operator: str, *values: str) -> dict[str, Any]:
    """A filter; two values are a low and a high one."""
    filter_: dict[str, Any] = {"propertyName": name, "operator": operator}
    if operator in ("IN", "NOT_IN"):
        return filter_ | {"values": list(values)}
    return filter_ | dict(zip(("value", "highValue"), values, strict=False))


def groups(*each: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"filters": list(filters)} for filters in each]


class TestFilters:
    @pytest.mark.parametrize(
        ("filter_", "wanted"),
        [
            (where("city", "EQ", "lyon"), "ann"),
            (where("email", "EQ", "ANN@EXAMPLE.COM"), "ann"),
            (where("city", "NEQ", "Lyon"), "bob dan"),
            (where("city", "IN", "lyon", "nice", "paris"), "ann dan"),
            (where("city", "NOT_IN", "lyon", "nice"), "bob"),
            (where("city", "HAS_PROPERTY"), "ann bob dan"),
            (where("city", "NOT_HAS_PROPERTY"), "cat"),
            (where("city", "CONTAINS_TOKEN", "lyon"), "ann bob"),
            (where("city", "CONTAINS_TOKEN", "ly"), ""),
            (where("city", "CONTAINS_TOKEN", "ly*"), "ann bob"),
            (where("city", "CONTAINS_TOKEN", "new lyon"), "bob"),
            (where("email", "CONTAINS_TOKEN", "*@shop.example.com"), "cat"),
            (where("city", "NOT_CONTAINS_TOKEN", "lyon"), "cat dan"),
            (where("lifetime_value", "LT", "10"), "ann dan"),
            (where("lifetime_value", "LTE", "9"), "ann dan"),
            (where("lifetime_value", "GT", "9"), "bob"),
            (where("lifetime_value", "GTE", "9.0"), "ann bob"),
            (where("lifetime_value", "BETWEEN", "-2", "9"), "ann dan"),
            (where("last_order_date", "GT", "2026-01-02"), "bob"),
            (where("last_order_date", "EQ", "2026-01-03T00:00:00Z"), "bob"),
            (where("hs_object_id", "EQ", "40003"), "cat"),
            (where("createdate", "GT", "2020-01-01"), "ann bob cat dan"),
        ],
    )
    def test_each_operator(self, client: Client, filter_: dict[str, Any], wanted: str) -> None:
        assert found(client, filterGroups=groups([filter_])) == wanted.split()

    def test_groups_are_or_and_filters_are_and(self, client: Client) -> None:
        first = [where("city", "HAS_PROPERTY"), where("lifetime_value", "GT", "0")]
        second = [where("firstname", "EQ", "cat")]
        assert found(client, filterGroups=groups(first, second)) == ["ann", "bob", "cat"]
        assert found(client) == ["ann", "bob", "cat", "dan"]

    def test_a_property_the_portal_lacks_is_a_400(self, client: Client) -> None:
        body = search(client, filterGroups=groups([where("no_such", "EQ", "x")])).json()
        assert body["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
        sort = search(client, sorts=[{"propertyName": "no_such"}])
        assert_refused(sort, 400, "VALIDATION_ERROR")

    @pytest.mark.parametrize(
        "filter_",
        [
            where("city", "EQ"),
            where("city", "IN"),
            where("lifetime_value", "BETWEEN", "1"),
            where("lifetime_value", "GT", "much"),
            where("last_order_date", "GT", "yesterday"),
            where("city", "CONTAINS_TOKEN"),
        ],
    )
    def test_an_operator_needs_its_values(self, client: Client, filter_: dict[str, Any]) -> None:
        assert_refused(search(client, filterGroups=groups([filter_])), 400, "VALIDATION_ERROR")

    @pytest.mark.parametrize(
        ("sizes", "status"),
        [([1] * 5, 200), ([1] * 6, 400), ([6], 200), ([7], 400), ([6, 6, 6], 200), ([6, 6, 6, 1], 400)],
    )
    def test_groups_and_filters_are_limited(self, client: Client, sizes: list[int], status: int) -> None:
        filter_ = where("email", "HAS_PROPERTY")
        answer = search(client, filterGroups=groups(*([filter_] * size for size in sizes)))
        assert answer.status_code == status


class TestQuery:
    @pytest.mark.parametrize(
        ("query", "wanted"),
        [("ann", "ann"), ("ANN mar", "ann"), ("mary bob", ""), ("shop", "ann cat"), ("40004", "dan")],
    )
    def test_every_word_begins_a_word_of_the_contact(self, client: Client, query: str, wanted: str) -> None:
        assert found(client, query=query) == wanted.split()

    def test_narrows_what_the_filters_find(self, client: Client) -> None:
        filters = groups([where("city", "HAS_PROPERTY")])
        assert found(client, query="shop", filterGroups=filters) == ["ann"]


class TestOrder:
    @pytest.mark.parametrize(
        ("name", "direction", "wanted"),
        [
            ("lifetime_value", "ASCENDING", "dan ann bob cat"),
            ("lifetime_value", "DESCENDING", "bob ann dan cat"),
            ("firstname", "DESCENDING", "dan cat bob ann"),
            ("last_order_date", "ASCENDING", "ann bob cat dan"),
        ],
    )
    def test_one_sort_with_those_without_a_value_last(
        self, client: Client, name: str, direction: str, wanted: str
    ) -> None:
        assert found(client, sorts=[{"propertyName": name, "direction": direction}]) == wanted.split()

    def test_two_sorts_are_refused(self, client: Client) -> None:
        sorts = [{"propertyName": "city"}, {"propertyName": "zip"}]
        assert_refused(search(client, sorts=sorts), 400, "VALIDATION_ERROR")


class TestPages:
    def test_the_cursor_leads_on_until_the_end(self, client: Client) -> None:
        first = search(client, limit=3).json()
        assert (first["total"], len(first["results"])) == (4, 3)
        last = search(client, limit=3, after=first["paging"]["next"]["after"]).json()
        assert [each["id"] for each in last["results"]] == ["40004"]
        assert "paging" not in last
        assert "paging" not in search(client, limit=4).json()

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"limit": 200}, 200),
            ({"limit": 201}, 400),
            ({"limit": 0}, 400),
            ({"limit": 100, "after": "9900"}, 200),
            ({"limit": 100, "after": "9901"}, 400),
            ({"after": "x"}, 400),
            ({"after": "-1"}, 400),
        ],
    )
    def test_pages_hold_200_and_reach_10000(self, client: Client, body: dict[str, Any], status: int) -> None:
        assert search(client, **body).status_code == status

    def test_ten_a_page_by_default(self) -> None:
        people = [{"email": f"user{n}@example.com"} for n in range(11)]
        with EmulatorProcess(contacts=people) as process:
            client = Client(process)
            body = search(client).json()
            client.session.close()
        assert (body["total"], len(body["results"]), body["paging"]["next"]["after"]) == (11, 10, "10")

    def test_shows_the_asked_properties_or_the_usual_ones(self, client: Client) -> None:
        always = {"createdate", "hs_object_id", "lastmodifieddate"}
        (asked,) = search(client, query="cat", properties=["city"]).json()["results"]
        (usual,) = search(client, query="cat").json()["results"]
        assert set(asked["properties"]) == {"city", *always}
        assert set(usual["properties"]) == {"email", "firstname", "lastname", *always}

    def test_archived_and_merged_contacts_are_not_found(self) -> None:
        with EmulatorProcess(contacts=[ANN, BOB, CAT], arguments=MANY_SEARCHES) as process:
            client = Client(process)
            client.call("DELETE", f"{CONTACTS}/40001")
            client.merge("40002", "40003")
            assert [each["id"] for each in search(client).json()["results"]] == ["40002"]
            client.session.close()
