"""`hubspot_changes` by example: what addresses, verdicts and lookups do to members."""

from __future__ import annotations

import pytest

from tests.edge.state_rows import (
    OLD_RULESET,
    STALE,
    A,
    added,
    found,
    judged,
    looked_up,
    observed,
    updated,
    wanted,
)
from tests.edge.state_session import Case, Session, session
from tests.host import MIRROR

__all__ = ["session"]

ADDRESSES = [
    Case(
        "an address moves from contact C to D: both, once it is known",
        [wanted("ann"), found("ann", "D"), added("C", name="ann")],
        ["VIP add D", "VIP remove C"],
    ),
    Case(
        "before that C keeps its place and D is not touched",
        [wanted("ann"), found("ann", "C", step=STALE), added("C", name="ann")],
        [],
    ),
    Case(
        "a stale lookup adds nobody and updates nobody",
        [wanted("ann", properties=A), found("ann", "C", step=STALE)],
        [],
    ),
    Case(
        "a customer's new address without a lookup holds the removal",
        [wanted("new", customer="c-ann"), judged("new"), added("C", name="ann")],
        [],
    ),
    Case(
        "a customer's new address without a verdict holds the removal",
        [wanted("new", customer="c-ann"), added("C", name="ann")],
        [],
    ),
    Case(
        "a customer's new address that HubSpot does not know holds nothing",
        [
            wanted("new", customer="c-ann"),
            judged("new"),
            looked_up("new", None, outcome="absent"),
            added("C", name="ann"),
        ],
        ["VIP remove C"],
    ),
    Case(
        "it holds only members of that customer",
        [wanted("new", customer="c-ann"), added("C", name="bob")],
        ["VIP remove C"],
    ),
    Case(
        "and only on the list it waits for",
        [wanted("new", MIRROR, customer="c-ann"), added("C", name="ann")],
        ["VIP remove C"],
    ),
    Case(
        "a row that waits for a new verdict keeps its contact",
        [
            wanted("ann", customer="c-other"),
            judged("ann", ruleset=OLD_RULESET),
            looked_up("ann", "C"),
            added("C", name="ann"),
        ],
        [],
    ),
    Case(
        "a new ruleset rejects an address: removed",
        [
            wanted("ann"),
            judged("ann", ruleset=OLD_RULESET),
            judged("ann", "rejected"),
            looked_up("ann", "C"),
            added("C", name="ann"),
        ],
        ["VIP remove C"],
    ),
    Case(
        "a contact whose mail bounces is removed and not added",
        [
            wanted("ann"),
            wanted("bob"),
            judged("ann"),
            judged("bob"),
            looked_up("ann", "C", bounced=True),
            looked_up("bob", "D", bounced=True),
            added("C", name="ann"),
        ],
        ["VIP remove C"],
    ),
    Case(
        "rulesets take turns: the newest run's counts, not the newest verdict",
        [
            wanted("ann"),
            judged("ann", step=101),
            judged("ann", "rejected", ruleset=OLD_RULESET, step=801),
            looked_up("ann", "C"),
        ],
        ["VIP add C"],
    ),
    Case(
        "HubSpot calls a contact missing: its lookup is void, its customer waits",
        [wanted("ann"), found("ann", "C"), added("C", name="ann"), updated("C", A, "missing", step=504)],
        [],
    ),
    Case(
        "until it is looked up again",
        [
            wanted("ann"),
            found("ann", "C"),
            added("C", name="ann"),
            added("C", "missing", step=504, name="ann"),
            looked_up("ann", "D", step=506),
        ],
        ["VIP add D"],
    ),
    Case(
        "a contact that is missing for one list is missing for all",
        [
            wanted("ann"),
            found("ann", "C"),
            added("C", "missing", step=504, name="ann", list_name=MIRROR),
        ],
        [],
    ),
    Case(
        "a mirror list waits with strangers while one of its rows waits",
        [wanted("ann", MIRROR), judged("ann"), observed("X", present=True, list_name=MIRROR)],
        [],
    ),
    Case(
        "also while it waits for a verdict",
        [wanted("ann", MIRROR), observed("X", present=True, list_name=MIRROR)],
        [],
    ),
    Case(
        "but not for rows of another list",
        [wanted("ann"), judged("ann"), observed("X", present=True, list_name=MIRROR)],
        ["Mirror remove X"],
    ),
    Case(
        "and not with members of customers that do not wait",
        [
            wanted("ann", MIRROR),
            judged("ann"),
            added("X", list_name=MIRROR),
            observed("Y", present=True, step=103, list_name=MIRROR),
            added("Y", "already_so", list_name=MIRROR),
        ],
        ["Mirror remove X", "Mirror remove Y"],
    ),
]


@pytest.mark.parametrize("case", ADDRESSES, ids=lambda case: case.rule)
def test_changes(session: Session, case: Case) -> None:
    case.check(session)
