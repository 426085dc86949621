"""`hubspot_changes` by example: who is put on a list and taken off, in doubt, and on which lists."""

from __future__ import annotations

import pytest

from tests.edge.state_rows import (
    MODELS,
    A,
    added,
    flat,
    found,
    held,
    judged,
    listed,
    looked_up,
    observed,
    removed,
    updated,
    wanted,
)
from tests.edge.state_session import Case, Session, session
from tests.host import MIRROR, VIP

__all__ = ["session"]

MEMBERSHIP = [
    Case("a wanted contact that is not on the list is added", [wanted("c"), found("c", "C")], ["VIP add C"]),
    Case(
        "a wanted contact that may be on the list is added again",
        [wanted("c"), found("c", "C"), added("C", "failed", step=704)],
        ["VIP add C"],
    ),
    Case("a wanted member is left alone", [wanted("c"), found("c", "C"), added("C")], []),
    Case("a wanted stranger is left alone", [wanted("c"), found("c", "C"), observed("C", present=True)], []),
    Case("a member of ours that nobody wants is removed", [added("C")], ["VIP remove C"]),
    Case("a member that may be ours is removed", [added("C", "failed")], ["VIP remove C"]),
    Case("a stranger stays on a managed list", [observed("C", present=True)], []),
    Case(
        "a stranger leaves a mirror list",
        [observed("C", present=True, list_name=MIRROR)],
        ["Mirror remove C"],
    ),
    Case(
        "a removal that failed is repeated",
        [added("C", step=104), removed("C", "failed")],
        ["VIP remove C"],
    ),
    Case(
        "a removal that was refused is repeated",
        [added("C", step=104), removed("C", "rejected")],
        ["VIP remove C"],
    ),
    Case(
        "a held contact is not added",
        [wanted("c"), found("c", "C"), held("d"), looked_up("d", "C", primary="c")],
        [],
    ),
    Case(
        "a held member of ours is removed, whoever waits for an address",
        [
            wanted("c"),
            judged("c"),
            wanted("e", customer="c-c"),
            found("d", "C"),
            held("d"),
            added("C", name="c"),
        ],
        ["VIP remove C"],
    ),
    Case(
        "a held member whom we did not add stays on a managed list",
        [wanted("d"), found("d", "C"), held("d"), observed("C", present=True)],
        [],
    ),
    Case(
        "a held stranger leaves a mirror list, whoever waits for an address",
        [
            wanted("c", MIRROR),
            held("d", None),
            found("d", "C"),
            observed("C", present=True, list_name=MIRROR),
        ],
        ["Mirror remove C"],
    ),
    Case(
        "a held contact gets no properties for that list",
        [wanted("c", properties=A), wanted("c", MIRROR), found("c", "C"), held("d"), looked_up("d", "C")],
        ["Mirror add C"],
    ),
    Case("what was removed is gone", [added("C", step=104), removed("C")], []),
    Case("what was gone already is gone", [added("C", step=104), removed("C", "already_so")], []),
    Case("what HubSpot does not know is gone", [added("C", step=104), removed("C", "missing")], []),
    Case(
        "a list without an id yet is planned all the same",
        [wanted("c", "Capped"), found("c", "C")],
        ["Capped add C"],
    ),
]

DOUBT = [
    Case(
        "a receipt is lost, then it is a member already: ours",
        [added("C", "in_doubt", step=404), added("C", "already_so", step=504)],
        ["VIP remove C"],
    ),
    Case(
        "an add that a run in order never sent is no doubt: a stranger who comes later stays",
        [added("C", "not_sent"), observed("C", present=True)],
        [],
    ),
    Case(
        "a removal in doubt is repeated",
        [added("C", step=104), removed("C", "in_doubt")],
        ["VIP remove C"],
    ),
    Case(
        "a removal in doubt of somebody wanted again is an add",
        [wanted("c"), found("c", "C"), added("C", step=104), removed("C", "in_doubt")],
        ["VIP add C"],
    ),
    Case(
        "an add that failed over a stranger does not make him ours",
        [observed("C", present=True, step=103), added("C", "failed")],
        [],
    ),
    Case(
        "a removal that failed makes nobody ours",
        [observed("C", present=True, step=103), removed("C", "failed")],
        [],
    ),
    Case(
        "hand-added, wanted, later not wanted: stays on a managed list",
        [observed("C", present=True, step=103), added("C", "already_so")],
        [],
    ),
    Case(
        "hand-added, wanted, later not wanted: leaves a mirror list",
        [
            observed("C", present=True, step=103, list_name=MIRROR),
            added("C", "already_so", list_name=MIRROR),
        ],
        ["Mirror remove C"],
    ),
    Case(
        "hand-removed and wanted: put back once a reading shows it",
        [wanted("c"), found("c", "C"), added("C"), observed("C", present=False)],
        ["VIP add C"],
    ),
    Case(
        "hand-removed, then hand-added: not ours any more",
        [added("C"), observed("C", present=False), observed("C", present=True, step=603)],
        [],
    ),
    Case(
        "a membership inherited by a merge stays on a managed list",
        [added("C"), observed("C", present=False), observed("M", present=True)],
        [],
    ),
]

LISTS = [
    Case(
        "a list made again under a new id starts empty; properties are not sent again",
        [listed(VIP, "11", 501), wanted("c", properties=A), found("c", "C"), added("C"), updated("C", A)],
        ["VIP add C"],
    ),
    Case(
        "a list that is gone has no members",
        [listed(VIP, None, 501), wanted("c"), found("c", "C"), added("C"), added("X")],
        ["VIP add C"],
    ),
    Case("and nobody is removed from the one before", [listed(VIP, "11", 501), added("C")], []),
    Case(
        "a list that is declared no longer is left alone",
        [listed("Old", "30", 101), added("C", list_name="Old")],
        [],
    ),
    Case(
        "nobody is added to a list that is not declared",
        [listed("Old", "30", 101), wanted("c", "Old"), found("c", "C")],
        [],
    ),
    Case(
        "another portal's members are left alone",
        [listed(VIP, "10", 101, portal="9"), added("C", portal="9")],
        [],
    ),
    Case(
        "another portal's list is not the one behind a name",
        [listed(VIP, "99", 901, portal="9"), added("C")],
        ["VIP remove C"],
    ),
    Case(
        "another portal's lookups lead nowhere",
        [wanted("ann"), judged("ann"), looked_up("ann", "C", portal="9")],
        [],
    ),
    Case(
        "another portal's missing contact is no news here",
        [wanted("c"), found("c", "C"), added("C", "missing", step=504, portal="9")],
        ["VIP add C"],
    ),
    Case(
        "a refused add stands",
        [wanted("c"), found("c", "C"), added("C", "rejected", step=604)],
        [],
    ),
    Case(
        "until it is time to try again",
        [wanted("c"), found("c", "C"), added("C", "rejected", step=504)],
        ["VIP add C"],
    ),
    Case(
        "or the address leads to another contact",
        [wanted("c"), found("c", "D"), added("C", "rejected", step=604)],
        ["VIP add D"],
    ),
    Case(
        "it stands for its own list only",
        [wanted("c"), found("c", "C"), added("C", "rejected", step=604, list_name=MIRROR)],
        ["VIP add C"],
    ),
]


@pytest.mark.parametrize("case", [*MEMBERSHIP, *DOUBT, *LISTS], ids=lambda case: case.rule)
def test_changes(session: Session, case: Case) -> None:
    case.check(session)


def test_nothing_changes_before_the_first_run(session: Session) -> None:
    with session.transaction():
        session.insert(flat([wanted("c"), found("c", "C"), listed(VIP, "10", 101)]))
        assert session.rows(f"select * from {MODELS}.hubspot_changes") == []
