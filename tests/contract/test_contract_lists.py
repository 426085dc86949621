"""What any HubSpot answers about lists and who is on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.contract.portal import LISTS, NOBODY, Portal

Record = Callable[[str, object], None]


def added(answer: Any) -> list[str]:
    """The ids that a membership change says it added, in either spelling."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    ids: list[str] = body.get("recordsIdsAdded", body.get("recordIdsAdded", []))
    return sorted(ids)


def shows_members(portal: Portal, list_id: str, ids: Sequence[str]) -> None:
    """The list has these members, ascending by record id."""
    wanted = sorted(ids, key=int)
    portal.shows(
        lambda: portal.call("GET", f"{LISTS}/{list_id}/memberships", limit=250),
        lambda body: [each["recordId"] for each in body["results"]] == wanted,
    )


def only(address: str) -> dict[str, Any]:
    """The filters of a DYNAMIC list of who has that address."""
    operation = {"operationType": "MULTISTRING", "operator": "IS_EQUAL_TO", "values": [address]}
    condition = {"filterType": "PROPERTY", "property": "email", "operation": operation}
    both = {
        "filterBranchType": "AND",
        "filterBranchOperator": "AND",
        "filterBranches": [],
        "filters": [condition],
    }
    return {"filterBranchType": "OR", "filterBranchOperator": "OR", "filterBranches": [both], "filters": []}


def test_a_new_list_is_empty_and_found_by_its_name_in_any_case(portal: Portal) -> None:
    name = portal.name("new")
    made = portal.create_list(name)
    assert made.status_code == 200, made.text
    told = made.json()["list"]
    assert isinstance(told["listId"], str)
    assert (told["name"], told["objectTypeId"], told["processingType"]) == (name, "0-1", "MANUAL")
    for asked in (name, name.upper()):
        body = portal.shows(lambda asked=asked: portal.by_name(asked), lambda _: True)  # type: ignore[misc]
        assert body["list"]["listId"] == told["listId"]


def test_a_name_that_is_taken_is_refused(portal: Portal) -> None:
    portal.list("taken")
    answer = portal.create_list(portal.name("taken"))
    assert answer.status_code == 400, answer.text
    assert answer.json()["subCategory"] == "ILS.DUPLICATE_LIST_NAMES"


def test_a_name_that_no_list_has_is_a_404_or_a_400(portal: Portal, record_property: Record) -> None:
    answer = portal.by_name(portal.name("missing"))
    assert answer.status_code in (400, 404), answer.text
    record_property("missing_list_name", str(answer.status_code))


def test_members_are_added_once_and_removed(portal: Portal) -> None:
    ids = sorted(portal.contact(name) for name in ("ann", "bob", "cat"))
    list_id = portal.list("members")
    first = portal.change(list_id, "add", [*ids[:2], NOBODY])
    assert (added(first), first.json()["recordIdsMissing"]) == (ids[:2], [NOBODY])
    assert added(portal.change(list_id, "add", ids[:2])) == []
    shows_members(portal, list_id, ids[:2])
    both = {"recordIdsToAdd": ids[2:], "recordIdsToRemove": ids[:1]}
    changed = portal.change(list_id, "add-and-remove", both)
    assert (added(changed), changed.json()["recordIdsRemoved"]) == (ids[2:], ids[:1])
    shows_members(portal, list_id, ids[1:])
    assert sorted(portal.change(list_id, "remove", ids).json()["recordIdsRemoved"]) == ids[1:]
    shows_members(portal, list_id, [])


def test_pages_of_members_follow_one_another(portal: Portal) -> None:
    ids = [portal.contact(name) for name in ("ann", "bob", "cat")]
    list_id = portal.list("pages")
    portal.change(list_id, "add", ids)
    shows_members(portal, list_id, ids)
    path, found = f"{LISTS}/{list_id}/memberships", []
    page = portal.call("GET", path, limit=2).json()
    found += page["results"]
    page = portal.call("GET", path, limit=2, after=page["paging"]["next"]["after"]).json()
    found += page["results"]
    assert [each["recordId"] for each in found] == sorted(ids, key=int)
    assert "next" not in page.get("paging", {})


def test_a_record_tells_which_lists_it_is_on(portal: Portal) -> None:
    ann, list_id = portal.contact("ann"), portal.list("of ann")
    portal.change(list_id, "add", [ann])
    asked = {"inputs": [{"objectTypeId": "0-1", "recordId": ann}]}

    def on_the_list(body: Any) -> bool:
        return list_id in [each["listId"] for each in body["results"][0]["recordListMemberships"]]

    portal.shows(lambda: portal.call("POST", f"{LISTS}/records/memberships/batch/read", asked), on_the_list)


def test_nobody_is_put_on_a_dynamic_list(portal: Portal, record_property: Record) -> None:
    ann = portal.contact("ann")
    list_id = portal.list("dynamic", "DYNAMIC", filterBranch=only(portal.address("somebody.else")))
    answer = portal.change(list_id, "add", [ann])
    assert answer.status_code in (400, 403), answer.text
    record_property("dynamic_list_status", str(answer.status_code))


def test_a_deleted_list_is_a_404(portal: Portal) -> None:
    list_id = portal.list("deleted")
    assert portal.call("GET", f"{LISTS}/{list_id}").status_code == 200
    assert portal.call("DELETE", f"{LISTS}/{list_id}").status_code == 204
    assert portal.call("GET", f"{LISTS}/{list_id}").status_code == 404
