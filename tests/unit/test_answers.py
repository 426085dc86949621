"""HubSpot's answers as values. A body may lack anything, then says less; nothing raises."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.answers import (
    changed_ids,
    contacts_of,
    list_of,
    lists_of_contacts,
    missing_ids,
    page_of,
    refused_ids,
)
from sync.records import Contact, HubSpotList, Reply


def reply(**body: object) -> Reply:
    return Reply(200, body)


class TestContacts:
    def test_a_contact_with_all_it_has(self) -> None:
        properties = {
            "email": " Ann@Example.com ",
            "hs_additional_emails": "Ann.Old@Example.com; ann2@example.com;",
            "hs_email_optout": "true",
            "hs_email_hard_bounce_reason_enum": "UNKNOWN_USER",
        }
        assert contacts_of(reply(results=[{"id": "40001", "properties": properties}])) == [
            Contact("40001", "ann@example.com", ("ann.old@example.com", "ann2@example.com"), True, True)
        ]

    @pytest.mark.parametrize(
        "properties", [{}, {"email": None, "hs_email_optout": None}, None, "?", {"hs_email_optout": "false"}]
    )
    def test_what_is_not_set_is_not_true(self, properties: object) -> None:
        (contact,) = contacts_of(reply(results=[{"id": 40001, "properties": properties}]))
        assert contact == Contact("40001", "", (), opted_out=False, bounced=False)

    @pytest.mark.parametrize("item", [{}, {"id": None}, {"id": ["1"]}, "40001", None])
    def test_a_result_without_an_id_is_none(self, item: object) -> None:
        assert contacts_of(reply(results=[item, {"id": "1"}])) == [Contact("1", "", (), False, False)]


class TestErrorsOfABatch:
    ABSENT: ClassVar[dict[str, Any]] = {
        "category": "OBJECT_NOT_FOUND",
        "context": {"ids": ["a@example.com", "b@example.com"]},
    }
    TRACED: ClassVar[dict[str, Any]] = {
        "category": "OBJECT_NOT_FOUND",
        "context": {"objectWriteTraceId": ["7"]},
    }
    REFUSED: ClassVar[dict[str, Any]] = {
        "category": "VALIDATION_ERROR",
        "context": {"objectWriteTraceId": ["8"]},
    }
    UNNAMED: ClassVar[dict[str, Any]] = {"context": {"objectWriteTraceId": "9"}}

    def test_only_what_is_not_found_is_missing(self) -> None:
        body = reply(errors=[self.ABSENT, self.TRACED, self.REFUSED, self.UNNAMED])
        assert missing_ids(body) == {"a@example.com", "b@example.com", "7"}

    def test_everything_else_is_refused_with_its_reason(self) -> None:
        body = reply(errors=[self.ABSENT, self.TRACED, self.REFUSED, self.UNNAMED])
        assert refused_ids(body) == {"8": "VALIDATION_ERROR", "9": "REFUSED"}

    @pytest.mark.parametrize(
        "errors", [None, {}, [None], [{}], [{"category": "OBJECT_NOT_FOUND", "context": []}]]
    )
    def test_an_error_that_names_nobody_says_nothing(self, errors: object) -> None:
        assert missing_ids(reply(errors=errors)) == set()
        assert refused_ids(reply(errors=errors)) == {}


class TestLists:
    def test_a_list(self) -> None:
        found = {"listId": "811", "name": "VIP", "processingType": "MANUAL", "size": 12}
        assert list_of(reply(list=found)) == HubSpotList("811", "VIP", "MANUAL", 12)

    @pytest.mark.parametrize(
        ("size", "expected"),
        [("12", 12), (0, 0), (None, None), ("many", None), ("²", None), (True, None), ([], None)],
    )
    def test_its_size_is_known_or_not(self, size: object, expected: int | None) -> None:
        assert list_of(reply(list={"listId": 811, "size": size})) == HubSpotList("811", "", "", expected)

    @pytest.mark.parametrize(
        "body", [{}, {"list": None}, {"list": {}}, {"list": {"listId": ""}}, {"list": []}]
    )
    def test_an_answer_without_an_id_holds_no_list(self, body: dict[str, object]) -> None:
        assert list_of(Reply(200, body)) is None


class TestMembers:
    @pytest.mark.parametrize("added", ["recordsIdsAdded", "recordIdsAdded"])
    @pytest.mark.parametrize("removed", ["recordsIdsRemoved", "recordIdsRemoved"])
    @pytest.mark.parametrize("missing", ["recordsIdsMissing", "recordIdsMissing"])
    def test_both_spellings_count(self, added: str, removed: str, missing: str) -> None:
        body = {added: ["1", 2], removed: ["3"], missing: ["4"]}
        assert changed_ids(Reply(200, body)) == ({"1", "2"}, {"3"}, {"4"})

    @pytest.mark.parametrize("body", [{}, {"recordsIdsAdded": None, "recordIdsRemoved": "3"}])
    def test_empty_ones_may_be_left_out(self, body: dict[str, object]) -> None:
        assert changed_ids(Reply(200, body)) == (set(), set(), set())

    def test_a_page_and_the_next_ones_cursor(self) -> None:
        results = [{"recordId": "1"}, {"recordId": 2}]
        assert page_of(reply(results=results, paging={"next": {"after": "abc"}})) == (["1", "2"], "abc")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"results": None},
            {"results": {}},
            *({"results": [each]} for each in ({}, None, "1", {"recordId": "x"})),
        ],
    )
    def test_what_is_no_page_is_not_an_empty_one(self, body: dict[str, object]) -> None:
        assert page_of(Reply(200, body)) is None
        assert page_of(reply(results=[])) == ([], None)

    @pytest.mark.parametrize("paging", [None, {}, {"next": None}, {"next": {}}, {"next": {"after": ""}}, []])
    def test_the_last_page(self, paging: object) -> None:
        assert page_of(reply(results=[{"recordId": "1"}], paging=paging)) == (["1"], None)

    def test_the_lists_a_contact_is_on(self) -> None:
        results = [
            {"recordId": "1", "recordListMemberships": [{"listId": "811"}, {"listId": 812}, {}, None]},
            {"recordId": 2, "recordListMemberships": []},
            {"recordId": "3"},
            {"recordListMemberships": [{"listId": "811"}]},
        ]
        assert lists_of_contacts(reply(results=results)) == {"1": {"811", "812"}, "2": set(), "3": set()}


NAMES = [
    *("id", "ids", "email", "properties", "errors", "context", "category", "correlationId"),
    *("list", "listId", "size", "results", "recordId", "paging", "next", "after"),
    *("recordsIdsAdded", "recordIdsRemoved", "recordIdsMissing", "recordListMemberships"),
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["results", "errors", "list", "paging", "recordsIdsAdded"]), ANY_JSON))
def test_no_body_raises(body: dict[str, object]) -> None:
    answer = Reply(200, body)
    for read in (contacts_of, missing_ids, refused_ids, list_of, changed_ids, page_of, lists_of_contacts):
        read(answer)
    assert answer.correlation_id is None


@pytest.mark.parametrize("strange", ["../x", "4\u0000", "\ud800", "", None, True, 4.5, "9" * 5000, "٣"])
def test_what_is_no_number_is_neither_an_id_nor_a_size(strange: object) -> None:
    """A strange contact id would be sent, refused and stand as refused; a strange size stopped the job."""
    assert (
        contacts_of(Reply(200, {"results": [{"id": strange, "properties": {"email": "a@example.com"}}]}))
        == []
    )
    assert list_of(Reply(200, {"list": {"listId": strange, "name": "VIP"}})) is None
    found = list_of(Reply(200, {"list": {"listId": "811", "size": strange}}))
    assert found is not None
    assert found.size is None
