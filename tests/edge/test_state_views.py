"""Audience rows, statuses and lookups by example: each state a row can be in, on both engines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.edge.state_rows import (
    FRESH,
    MODELS,
    OLD_RULESET,
    RUN_AT,
    STALE,
    A,
    Given,
    Row,
    added,
    flat,
    found,
    hash_of,
    held,
    judged,
    listed,
    looked_up,
    observed,
    removed,
    runs,
    updated,
    wanted,
)
from tests.edge.state_session import Session, session
from tests.host import MIRROR, VIP

__all__ = ["session"]


@dataclass(frozen=True)
class RowCase:
    """Rows about ann@example.com, wanted on the list VIP, and her row's state and last contact."""

    rule: str
    given: Given
    state: str
    contact: str | None = None
    is_due: bool = False


ROWS = [
    RowCase("no verdict", [], "unjudged", is_due=True),
    RowCase("a verdict of another ruleset", [judged("ann", ruleset=OLD_RULESET)], "unjudged", is_due=True),
    RowCase(
        "a verdict of another ruleset still leads to the contact",
        [judged("ann", ruleset=OLD_RULESET), looked_up("ann", "C")],
        "unjudged",
        "C",
    ),
    RowCase("rejected", [judged("ann", "rejected")], "rejected_by_us", is_due=True),
    RowCase(
        "the newest verdict of the ruleset counts",
        [judged("ann", "rejected", step=101), judged("ann", step=201), looked_up("ann", "C")],
        "found",
        "C",
    ),
    RowCase("no lookup", [judged("ann")], "unresolved", is_due=True),
    RowCase(
        "an old lookup", [judged("ann"), looked_up("ann", "C", step=499)], "unresolved", "C", is_due=True
    ),
    RowCase("just young enough", [judged("ann"), looked_up("ann", "C", step=500)], "found", "C"),
    RowCase(
        "an old absence",
        [judged("ann"), looked_up("ann", None, outcome="absent", step=STALE)],
        "unresolved",
        is_due=True,
    ),
    RowCase(
        "its contact is missing since",
        [found("ann", "C"), updated("C", A, "missing", step=504)],
        "unresolved",
        is_due=True,
    ),
    RowCase("its contact was missing before", [found("ann", "C"), added("C", "missing")], "found", "C"),
    RowCase(
        "another contact is missing", [found("ann", "C"), removed("D", "missing", step=504)], "found", "C"
    ),
    RowCase(
        "HubSpot refused to look",
        [judged("ann"), looked_up("ann", None, outcome="refused")],
        "refused_by_hubspot",
    ),
    RowCase(
        "HubSpot does not have it",
        [judged("ann"), looked_up("ann", None, outcome="absent")],
        "not_in_hubspot",
    ),
    RowCase("found", [found("ann", "C")], "found", "C"),
    RowCase(
        "the newest lookup counts",
        [found("ann", "C"), looked_up("ann", None, outcome="absent", step=602)],
        "not_in_hubspot",
    ),
    RowCase(
        "mail to it bounces",
        [judged("ann"), looked_up("ann", "C", bounced=True)],
        "excluded_by_consent",
        "C",
    ),
    RowCase(
        "mail to it bounces, says a later lookup of another address",
        [found("ann", "C"), judged("bob"), looked_up("bob", "C", bounced=True, step=602)],
        "excluded_by_consent",
        "C",
    ),
    RowCase("it opted out", [judged("ann"), looked_up("ann", "C", opted_out=True)], "found", "C"),
    RowCase("its address is held", [held("ann"), found("ann", "C")], "held_out", "C"),
    RowCase("its address is held everywhere", [held("ann", None), judged("ann")], "held_out"),
    RowCase("its address is held, and rejected", [held("ann"), judged("ann", "rejected")], "held_out"),
    RowCase("its address is held for another list", [held("ann", MIRROR), found("ann", "C")], "found", "C"),
    RowCase(
        "its contact has a held address",
        [held("bob"), found("ann", "C"), looked_up("bob", "C", primary="ann", step=FRESH - 1)],
        "held_out",
        "C",
    ),
    RowCase(
        "its contact has a held address, for all we knew long ago",
        [held("bob"), found("ann", "C", step=STALE), looked_up("bob", "C", primary="ann", step=STALE - 1)],
        "held_out",
        "C",
        is_due=True,
    ),
    RowCase(
        "its contact has a held address for another list",
        [held("bob", MIRROR), found("ann", "C"), looked_up("bob", "C", primary="ann", step=FRESH - 1)],
        "found",
        "C",
    ),
    RowCase(
        "its contact had a held address, and is named without it since",
        [held("bob"), found("ann", "C"), looked_up("bob", "C", primary="ann", step=FRESH - 2)],
        "found",
        "C",
    ),
    RowCase(
        "its contact had a held address that leads elsewhere since",
        [held("bob"), found("ann", "C"), looked_up("bob", "C"), looked_up("bob", "D", step=602)],
        "found",
        "C",
    ),
    RowCase(
        "a held address leads to a contact of that id in another portal",
        [held("bob"), found("ann", "C"), looked_up("bob", "C", portal="9")],
        "found",
        "C",
    ),
    RowCase(
        "its held contact is missing since",
        [held("bob"), found("ann", "C"), looked_up("bob", "C"), updated("C", A, "missing", step=504)],
        "unresolved",
        is_due=True,
    ),
    RowCase("of this portal", [found("ann", "C"), looked_up("ann", "D", step=602, portal="9")], "found", "C"),
]


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.rule)
def test_the_state_of_an_audience_row(session: Session, case: RowCase) -> None:
    with session.transaction():
        session.insert(flat([runs(), wanted("ann"), *case.given]))
        rows = session.rows(
            f"select row_state, last_contact_id, lookup_is_due, list_id from {MODELS}.hubspot_audience_rows"
        )
        assert rows == [(case.state, case.contact, int(case.is_due), "10")]


def test_a_row_carries_its_payload_and_whether_its_address_is_the_primary_one(session: Session) -> None:
    with session.transaction():
        given: Given = [
            wanted("ann", properties=A),
            wanted("bob"),
            found("ann", "C", primary="bob"),
            found("bob", "C"),
        ]
        session.insert(flat([runs(), *given, listed(VIP, "11", 201), wanted("cat", "Undeclared")]))
        rows = session.rows(
            "select customer_id, is_secondary, properties, payload_hash, list_id, run_no, portal_id,"
            f" retry_rejected_from_step from {MODELS}.hubspot_audience_rows order by customer_id"
        )
        assert rows == [
            ("c-ann", 1, A, hash_of(A), "11", 9, "12345678", 600),
            ("c-bob", 0, None, None, "11", 9, "12345678", 600),
        ]


@pytest.mark.parametrize(("outcome", "days"), [("found", 30), ("absent", 3), ("refused", 3)])
def test_a_lookup_falls_due_between_half_and_all_of_its_days(
    session: Session, outcome: str, days: int
) -> None:
    names = [f"person{number}" for number in range(200)]
    due_shares = []
    for share in (0.5, 0.53, 0.75, 0.97, 1.01):
        age = timedelta(seconds=share * days * 86_400)
        at = (datetime.fromisoformat(RUN_AT) - age).isoformat(" ")
        contact = "C" if outcome == "found" else None
        with session.transaction():
            session.insert(flat([runs(), *(wanted(name) for name in names), *map(judged, names)]))
            session.insert(looked_up(name, contact, outcome=outcome, at=at) for name in names)
            ((due,),) = session.rows(f"select sum(lookup_is_due) from {MODELS}.hubspot_audience_rows")
            due_shares.append(int(due) / len(names))
    assert (due_shares[0], due_shares[1], due_shares[4]) == (0, 0, 1)
    assert 0.3 < due_shares[2] < 0.6
    assert due_shares[2] < due_shares[3] < 1


@dataclass(frozen=True)
class StatusCase:
    """Rows, and the status of ann's row on the list VIP, with its code."""

    rule: str
    given: Given
    status: str
    code: str | None = None
    runs: list[Row] = field(default_factory=runs)


ANN = wanted("ann")
STATUSES = [
    StatusCase("before the first run", [ANN, found("ann", "C")], "not_sent", runs=[]),
    StatusCase("coarse", [wanted("ann", address="ann@")], "rejected_by_us", "no_dot"),
    StatusCase(
        "strict", [ANN, judged("ann", "rejected", code="unknown_tld")], "rejected_by_us", "unknown_tld"
    ),
    StatusCase(
        "strict, the newest reason of the ruleset",
        [
            ANN,
            judged("ann", "rejected", code="old", step=101),
            judged("ann", "rejected", code="new", step=201),
            judged("ann", "rejected", code="other", ruleset=OLD_RULESET, step=301),
        ],
        "rejected_by_us",
        "new",
    ),
    StatusCase(
        "no lookup may be made",
        [ANN, judged("ann"), looked_up("ann", None, outcome="refused")],
        "rejected_by_hubspot",
    ),
    StatusCase(
        "no contact", [ANN, judged("ann"), looked_up("ann", None, outcome="absent")], "not_in_hubspot"
    ),
    StatusCase(
        "mail to it bounces",
        [ANN, judged("ann"), looked_up("ann", "C", bounced=True), added("C")],
        "excluded_by_consent",
    ),
    StatusCase(
        "the row that bounces gives way to one that keeps the contact on the list",
        [
            ANN,
            wanted("bob", customer="a-first"),
            found("ann", "C", step=STALE),
            judged("bob"),
            looked_up("bob", "C", primary="bob", bounced=True),
            added("C"),
        ],
        "on_list",
    ),
    StatusCase("its address is held", [ANN, held("ann"), found("ann", "C"), added("C")], "held_out"),
    StatusCase(
        "another row of its contact is held",
        [ANN, wanted("bob"), held("bob"), found("ann", "C", primary="bob"), found("bob", "C")],
        "held_out",
    ),
    StatusCase(
        "the row that is held gives way to one whose contact has the address no more",
        [ANN, wanted("bob", customer="a-first"), held("bob"), found("ann", "C"), found("bob", "C", step=402)],
        "not_sent",
    ),
    StatusCase("a member", [ANN, found("ann", "C"), added("C")], "on_list"),
    StatusCase("a stranger that is wanted", [ANN, found("ann", "C"), observed("C", present=True)], "on_list"),
    StatusCase(
        "a member that waits for a lookup", [ANN, found("ann", "C", step=STALE), added("C")], "on_list"
    ),
    StatusCase(
        "a member of another list", [ANN, found("ann", "C"), added("C", list_name="Mirror")], "not_sent"
    ),
    StatusCase(
        "the add was refused", [ANN, found("ann", "C"), added("C", "rejected")], "rejected_by_hubspot"
    ),
    StatusCase(
        "the add was refused, then it worked",
        [ANN, found("ann", "C"), added("C", "rejected"), added("C", step=504)],
        "on_list",
    ),
    StatusCase(
        "the add failed, then it was refused",
        [ANN, found("ann", "C"), added("C", "failed"), added("C", "rejected", step=504)],
        "rejected_by_hubspot",
    ),
    StatusCase("the add failed", [ANN, found("ann", "C"), added("C", "failed")], "failed"),
    StatusCase("the add is in doubt", [ANN, found("ann", "C"), added("C", "in_doubt")], "failed"),
    StatusCase("the add was not sent", [ANN, found("ann", "C"), added("C", "not_sent")], "not_sent"),
    StatusCase(
        "the add was refused, the next not sent",
        [ANN, found("ann", "C"), added("C", "rejected"), added("C", "not_sent", step=704)],
        "rejected_by_hubspot",
    ),
    StatusCase("nothing was sent yet", [ANN, found("ann", "C")], "not_sent"),
    StatusCase("not judged yet", [ANN], "not_sent"),
    StatusCase("not looked up yet", [ANN, judged("ann")], "not_sent"),
    StatusCase(
        "shares its address",
        [ANN, wanted("ann", customer="c-1"), found("ann", "C")],
        "same_contact",
    ),
    StatusCase(
        "shares its address with a rejected row",
        [ANN, wanted("ann", customer="c-1"), judged("ann", "rejected", code="x")],
        "same_contact",
    ),
    StatusCase(
        "shares its contact, by a secondary address",
        [ANN, wanted("bob"), found("ann", "C", primary="bob"), found("bob", "C"), added("C", name="bob")],
        "same_contact",
    ),
    StatusCase(
        "shares its contact, by the primary address",
        [ANN, wanted("bob"), found("ann", "C"), found("bob", "C", primary="ann"), added("C", name="bob")],
        "on_list",
    ),
    StatusCase(
        "shared its contact when it was last looked up",
        [ANN, wanted("bob"), found("ann", "C", step=STALE), found("bob", "C", primary="ann"), added("C")],
        "same_contact",
    ),
    StatusCase(
        "shares its contact on another list",
        [ANN, wanted("bob", "Mirror"), found("ann", "C", primary="bob"), found("bob", "C"), added("C")],
        "on_list",
    ),
]


@pytest.mark.parametrize("case", STATUSES, ids=lambda case: case.rule)
def test_the_status_of_an_audience_row(session: Session, case: StatusCase) -> None:
    with session.transaction():
        session.insert(flat([*case.runs, *case.given]))
        rows = session.rows(
            f"select status, code from {MODELS}.hubspot_audience_status"
            f" where customer_id = 'c-ann' and list_name = '{VIP}'"
        )
        assert rows == [(case.status, case.code)]
