"""The statements of a run: what it starts with, plans, records and counts, on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from tests.edge.state_rows import (
    MODELS,
    STATE,
    A,
    Given,
    Row,
    added,
    flat,
    found,
    held,
    judged,
    listed,
    looked_up,
    observed,
    runs,
    updated,
    wanted,
)
from tests.edge.state_session import Session, session
from tests.host import MIRROR, PORTAL, VIP

__all__ = ["session"]
LISTS = [VIP, MIRROR, "Capped"]


@pytest.mark.parametrize(
    ("days_ago", "fresh_from", "retry_from"),
    [
        pytest.param([], 100, 100, id="the first run"),
        pytest.param([1], 100, 100, id="a young one before it"),
        pytest.param([90, 60], 300, 300, id="only old ones before it"),
        pytest.param([90, 29, 1], 200, 200, id="from the oldest that is young enough"),
    ],
)
def test_a_run_fixes_as_steps_how_old_a_lookup_and_a_rejection_may_be(
    session: Session, days_ago: list[int], fresh_from: int, retry_from: int
) -> None:
    with session.transaction():
        for run_no, days in enumerate(days_ago, start=1):
            session.rows(
                f"insert into {STATE}.run_events (run_no, event, step, occurred_at)"
                f" select {run_no}, 'started', {run_no * 100},"
                f" now() at time zone 'UTC' - interval '{days} days' + interval '1 hour'"
            )
        _start(session)
        rows = session.rows(
            "select run_no, event, step, ruleset, portal_id, fresh_from_step, retry_rejected_from_step"
            f" from {STATE}.run_events where run_id = 'mine'"
        )
        run_no = len(days_ago) + 1
        assert rows == [(run_no, "started", run_no * 100, "r", PORTAL, fresh_from, retry_from)]
        assert session.call("hubspot_run_no", run_id="mine") == [(run_no,)]


def _start(session: Session) -> None:
    identity = {"host": "machine", "pid": 1, "version": "1"}
    session.call("hubspot_start_run", run_id="mine", ruleset="r", portal_id=PORTAL, **identity)


def _prepare(session: Session, given: Given) -> None:
    session.insert(flat([runs(), *given]))
    session.call("hubspot_scratch_members")
    session.call("hubspot_scratch_audience_rows")


def _plan(session: Session, lists: list[str], limit: int | None = None, after_no: int = 0) -> None:
    session.call("hubspot_scratch_changes", list_names=lists, limit=limit, after_no=after_no)


PLANNED: Given = [
    *(wanted(name, properties=A) for name in ("a", "b")),
    wanted("a", MIRROR),
    *(found(name, name.upper()) for name in ("a", "b")),
    added("X"),
    observed("Y", present=True, list_name=MIRROR),
]


@pytest.mark.parametrize(
    ("lists", "limit", "after_no", "expected"),
    [
        pytest.param(
            LISTS,
            None,
            0,
            [
                *("1 Mirror remove Y", "2 VIP remove X", "3 VIP update A", "4 VIP update B"),
                *("5 Mirror add A", "6 VIP add A", "7 VIP add B"),
            ],
            id="removals, then updates, then adds",
        ),
        pytest.param(
            [VIP],
            None,
            7,
            ["8 VIP remove X", "9 VIP update A", "10 VIP update B", "11 VIP add A", "12 VIP add B"],
            id="some lists, in a second pass",
        ),
        pytest.param(
            LISTS,
            1,
            0,
            ["1 Mirror remove Y", "2 VIP remove X", "3 VIP update A", "4 VIP update B", "5 Mirror add A"],
            id="a limit caps adds and nothing else",
        ),
        pytest.param(["It's"], None, 0, [], id="a quote in a name"),
    ],
)
def test_the_plan_numbers_its_changes_in_the_order_of_sending(
    session: Session, lists: list[str], limit: int | None, after_no: int, expected: list[str]
) -> None:
    with session.transaction():
        _prepare(session, PLANNED)
        _plan(session, lists, limit, after_no)
        rows = session.call("hubspot_changes_between", first_no=1, last_no=100)
        assert [f"{no} {name} {action} {contact}" for no, name, action, contact, _ in rows] == expected
        assert {payload for *_, action, _, payload in rows if action == "update"} <= {A}
        highest = session.call("hubspot_highest_no", scratch="changes", column="change_no")
        assert highest == [(after_no + len(expected) if expected else 0, len(expected))]


def test_intents_are_the_plan_with_the_list_that_was_made_meanwhile(session: Session) -> None:
    with session.transaction():
        _prepare(session, [wanted("a", "Capped", properties=A), found("a", "A"), added("X")])
        _plan(session, LISTS)
        session.insert([listed("Capped", "77", 905)])
        session.call("hubspot_record_intents", run_no=9, step=906)
        columns = (
            "run_no, change_no, list_id, list_name, action, contact_id, customer_id, payload, step, portal_id"
        )
        rows = session.rows(
            f"select {columns} from {STATE}.change_intents where run_no = 9 order by change_no"
        )
        assert rows == [
            (9, 1, "10", VIP, "remove", "X", "c-x", None, 906, PORTAL),
            (9, 2, "77", "Capped", "update", "A", "c-a", A, 906, PORTAL),
            (9, 3, "77", "Capped", "add", "A", "c-a", None, 906, PORTAL),
        ]


def test_a_reading_records_only_what_differs_from_the_belief(session: Session) -> None:
    with session.transaction():
        known: Given = [added("IN"), added("GONE"), added("MAYBE", "failed"), added("LOST", "failed")]
        _prepare(session, [*known, observed("OTHER", present=True, list_name=MIRROR)])
        session.call("hubspot_scratch_reading")
        seen = ["IN", "MAYBE", "NEW", "NEW"]
        session.insert(Row(f"{STATE}.scratch_reading", {"contact_id": each}) for each in seen)
        session.call("hubspot_record_reading", portal_id=PORTAL, list_id="10", step=903)
        rows = session.rows(
            f"select portal_id, list_id, contact_id, present from {STATE}.member_observations where step = 903"
        )
        differences = [("GONE", 0), ("LOST", 0), ("MAYBE", 1), ("NEW", 1)]
        assert sorted(rows) == [(PORTAL, "10", *each) for each in differences]
        counts = {"10": (2, 0), "20": (1, 1)}
        assert _member_counts(session) == counts
        session.call("hubspot_scratch_members")
        assert _member_counts(session) == counts | {"10": (3, 1)}


def _member_counts(session: Session) -> dict[Any, Any]:
    rows = session.call("hubspot_member_counts", portal_id=PORTAL)
    return {list_id: (int(members), int(strangers)) for list_id, members, strangers in rows}


def test_only_sendable_addresses_of_the_lists_asked_for_are_looked_up_each_once(session: Session) -> None:
    with session.transaction():
        rows = [wanted("a"), wanted("a", MIRROR, customer="c-other"), wanted("b", "Capped"), wanted("c")]
        verdicts = [judged("a"), judged("b"), judged("c"), judged("d", "rejected"), looked_up("c", "C")]
        _prepare(session, [*rows, wanted("d"), wanted("e"), *verdicts])
        session.call("hubspot_scratch_lookups", list_names=[VIP, MIRROR])
        assert session.call("hubspot_lookups_between", first_no=1, last_no=9) == [("a@example.com",)]
        session.call("hubspot_scratch_lookups", list_names=LISTS)
        due = session.call("hubspot_lookups_between", first_no=1, last_no=9)
        assert due == [("a@example.com",), ("b@example.com",)]
        assert session.call("hubspot_lookups_between", first_no=2, last_no=2) == due[1:]


def test_addresses_nothing_can_be_planned_for_are_looked_up_first_and_the_oldest_lookups_before_others(
    session: Session,
) -> None:
    old, due = "2020-01-01 00:00:00", 600
    with session.transaction():
        given: list[list[Row]] = [
            # Due again, but good to go by.
            [judged("ann"), looked_up("ann", "A", at=old, step=due + 2)],
            [judged("bob"), looked_up("bob", None, outcome="absent", at=old, step=due + 1)],
            # Too old to go by.
            [judged("cat"), looked_up("cat", "C", at=old, step=202)],
            [judged("dan"), looked_up("dan", "D", at=old, step=201)],
            # Void, since HubSpot no longer knows the contact.
            [*found("eve", "E", step=due), *updated("E", A, "missing", step=704)],
            # No lookup at all.
            [judged("zoe"), judged("zed")],
        ]
        names = ("ann", "bob", "cat", "dan", "eve", "zoe", "zed")
        # On one list held, on the other not: what one list needs is needed.
        also = [wanted("dan", MIRROR), held("dan", VIP)]
        _prepare(session, [*(wanted(name) for name in names), *also, *flat(given)])
        session.call("hubspot_scratch_lookups", list_names=LISTS)
        rows = session.call("hubspot_lookups_between", first_no=1, last_no=9)
        order = ["zed", "zoe", "dan", "cat", "eve", "bob", "ann"]
        assert rows == [(f"{name}@example.com",) for name in order]


def test_a_second_pass_looks_up_only_whose_contact_was_missing_in_the_run(session: Session) -> None:
    with session.transaction():
        gone: Given = [found("eve", "E"), updated("E", A, "missing", step=904)]
        earlier: Given = [found("fay", "F"), updated("F", A, "missing", step=704)]
        _prepare(session, [*(wanted(name) for name in ("ann", "eve", "fay")), judged("ann"), *gone, *earlier])
        session.call("hubspot_scratch_lookups", list_names=LISTS, replacing_run_no=9)
        assert session.call("hubspot_lookups_between", first_no=1, last_no=9) == [("eve@example.com",)]


def test_what_a_run_has_no_receipt_for_is_not_sent_to_itself_and_in_doubt_to_others(session: Session) -> None:
    with session.transaction():
        earlier: Given = [wanted("b"), found("b", "B"), added("B", "failed")]
        now: Given = [added("A", "in_doubt", step=904), added("B", "in_doubt", step=904)]
        _prepare(session, [wanted("a"), found("a", "A"), *earlier, *now])
        counts = {status: int(rows) for _, status, rows in session.call("hubspot_status_counts")}
        assert counts == {"not_sent": 1, "failed": 1}
        statuses = session.rows(f"select status from {MODELS}.hubspot_audience_status")
        assert statuses == [("failed",), ("failed",)]
        outcomes = session.call("hubspot_outcome_counts", run_no=9)
        assert [(*key, int(changes)) for *key, changes in outcomes] == [(VIP, "add", "in_doubt", 2)]


def test_the_earliest_claim_on_a_list_is_told(session: Session) -> None:
    with session.transaction():
        again = [listed(VIP, "11", 201), listed(VIP, "10", 301), listed(MIRROR, "21", 202, portal="9")]
        session.insert(flat([runs(), *again]))
        rows = session.call("hubspot_recorded_lists", portal_id=PORTAL)
        assert sorted((name, list_id, step) for name, list_id, _, step in rows) == [
            (MIRROR, "20", 101),
            (VIP, "10", 101),
        ]


def test_a_rejection_is_explained_to_the_run_that_made_it(session: Session) -> None:
    with session.transaction():
        given: Given = [wanted("a"), found("a", "A"), added("A", "rejected", step=904)]
        _prepare(session, [*given, wanted("b"), judged("b", "rejected", code="unknown_tld")])
        rows = session.call("hubspot_rejected_sample", list_names=[VIP], sample_size=5)
        assert {row[1] for row in rows} == {"REFUSED", "unknown_tld"}
