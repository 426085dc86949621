"""`hubspot_changes` by example: properties, and contacts that several customers lead to."""

from __future__ import annotations

import pytest

from tests.edge.state_rows import STALE, A, B, added, found, listed, updated, wanted
from tests.edge.state_session import Case, Session, session
from tests.host import MIRROR, VIP

__all__ = ["session"]

PROPERTIES = [
    Case(
        "properties are sent beside the add",
        [wanted("c", properties=A), found("c", "C")],
        ["VIP add C", "VIP update C c-c"],
    ),
    Case(
        "what HubSpot has is not sent again",
        [wanted("c", properties=A), found("c", "C"), added("C"), updated("C", A)],
        [],
    ),
    Case(
        "other properties are",
        [wanted("c", properties=B), found("c", "C"), added("C"), updated("C", A)],
        ["VIP update C c-c"],
    ),
    Case(
        "no properties: no update",
        [wanted("c"), found("c", "C"), added("C"), updated("C", A)],
        [],
    ),
    Case(
        "A applied, B in doubt, A wanted: sent",
        [
            wanted("c", properties=A),
            found("c", "C"),
            added("C"),
            updated("C", A),
            updated("C", B, "in_doubt"),
        ],
        ["VIP update C c-c"],
    ),
    Case(
        "A applied, B failed, A wanted: sent",
        [
            wanted("c", properties=A),
            found("c", "C"),
            added("C"),
            updated("C", A),
            updated("C", B, "failed", step=504),
        ],
        ["VIP update C c-c"],
    ),
    Case(
        "A applied, B applied, A wanted: sent",
        [wanted("c", properties=A), found("c", "C"), added("C"), updated("C", A), updated("C", B, step=504)],
        ["VIP update C c-c"],
    ),
    Case(
        "A applied, B rejected, A wanted: HubSpot still has A",
        [
            wanted("c", properties=A),
            found("c", "C"),
            added("C"),
            updated("C", A),
            updated("C", B, "rejected", step=704),
        ],
        [],
    ),
    Case(
        "A applied, B never sent, A wanted: HubSpot still has A",
        [
            wanted("c", properties=A),
            found("c", "C"),
            added("C"),
            updated("C", A),
            updated("C", B, "not_sent", step=704),
        ],
        [],
    ),
    Case(
        "after HubSpot called the contact missing, what it had counts for nothing",
        [
            wanted("c", properties=A),
            found("c", "C", step=602),
            added("C"),
            updated("C", A),
            updated("C", B, "missing", step=504),
        ],
        ["VIP update C c-c"],
    ),
    Case(
        "rejected properties are not repeated; the add still goes",
        [wanted("c", properties=A), found("c", "C"), updated("C", A, "rejected", step=704)],
        ["VIP add C"],
    ),
    Case(
        "other properties end the rejection",
        [wanted("c", properties=B), found("c", "C"), added("C"), updated("C", A, "rejected", step=704)],
        ["VIP update C c-c"],
    ),
    Case(
        "another contact ends the rejection",
        [wanted("c", properties=A), found("c", "D"), added("D"), updated("C", A, "rejected", step=704)],
        ["VIP update D c-c"],
    ),
    Case(
        "time ends the rejection",
        [wanted("c", properties=A), found("c", "C"), added("C"), updated("C", A, "rejected", step=504)],
        ["VIP update C c-c"],
    ),
    Case(
        "a rejection before the newest answer is over",
        [
            wanted("c", properties=A),
            found("c", "C"),
            added("C"),
            updated("C", A, "rejected", step=704),
            updated("C", B, step=705),
        ],
        ["VIP update C c-c"],
    ),
    Case(
        "two lists send their own properties of one contact, each when its own change",
        [
            wanted("c", properties=A),
            wanted("c", MIRROR, properties=B),
            found("c", "C"),
            added("C"),
            added("C", list_name=MIRROR),
            updated("C", A),
        ],
        ["Mirror update C c-c"],
    ),
    Case(
        "what another list sent does not count for this one",
        [
            wanted("c", properties=A),
            wanted("c", MIRROR, properties=A),
            found("c", "C"),
            added("C"),
            added("C", list_name=MIRROR),
            updated("C", A),
            updated("C", B, list_name=MIRROR),
        ],
        ["Mirror update C c-c"],
    ),
    Case(
        "what HubSpot refused for another list does not either",
        [
            wanted("c", properties=A),
            wanted("c", MIRROR, properties=A),
            found("c", "C"),
            added("C"),
            added("C", list_name=MIRROR),
            updated("C", A, "rejected", step=704),
        ],
        ["Mirror update C c-c"],
    ),
    Case(
        "properties belong to the contact: what was sent for the list before it was made again counts",
        [
            listed(VIP, "11", 401),
            wanted("c", properties=A),
            found("c", "C"),
            added("C", list_id="11", step=504),
            updated("C", A),
            updated("C", B, list_id="11", step=504),
        ],
        ["VIP update C c-c"],
    ),
    Case(
        "and what was refused before it was made again is over with the next answer",
        [
            listed(VIP, "11", 401),
            wanted("c", properties=A),
            found("c", "C"),
            added("C", list_id="11", step=504),
            updated("C", A, "rejected", step=604),
            updated("C", B, list_id="11", step=704),
        ],
        ["VIP update C c-c"],
    ),
]

SHARED_CONTACTS = [
    Case(
        "two customers, one contact: one membership, for whom the address is primary",
        [wanted("ann"), wanted("bob"), found("ann", "C", primary="bob"), found("bob", "C")],
        ["VIP add C c-bob"],
    ),
    Case(
        "two customers by secondary addresses: the smaller id",
        [
            wanted("x", customer="c-2"),
            wanted("y", customer="c-1"),
            found("x", "C", primary="z"),
            found("y", "C", primary="z"),
        ],
        ["VIP add C c-1"],
    ),
    Case(
        "the properties are those of its face only",
        [
            wanted("ann", properties=A),
            wanted("bob", properties=B),
            added("C", name="bob"),
            found("ann", "C", primary="bob"),
            found("bob", "C"),
        ],
        ["VIP update C c-bob"],
    ),
    Case(
        "the face is one over all lists",
        [
            wanted("ann", properties=A),
            wanted("bob", MIRROR, properties=B),
            added("C", name="ann"),
            added("C", name="bob", list_name=MIRROR),
            found("ann", "C", primary="bob"),
            found("bob", "C"),
        ],
        ["Mirror update C c-bob"],
    ),
    Case(
        "also when its own lookup is too old to be sent by",
        [
            wanted("ann", properties=A),
            wanted("bob", properties=B),
            added("C", name="ann"),
            found("ann", "C", primary="bob"),
            found("bob", "C", step=STALE),
        ],
        [],
    ),
    Case(
        "one customer's two addresses of one contact: one add, the primary one's properties",
        [
            wanted("ann", properties=A, customer="c-1"),
            wanted("bob", properties=B, customer="c-1"),
            found("ann", "C", primary="bob"),
            found("bob", "C"),
            updated("C", A),
        ],
        ["VIP add C c-1", "VIP update C c-1"],
    ),
    Case(
        "a member stays while one of two rows that led to it does",
        [wanted("bob"), found("bob", "C"), added("C", name="ann")],
        [],
    ),
]


@pytest.mark.parametrize("case", [*PROPERTIES, *SHARED_CONTACTS], ids=lambda case: case.rule)
def test_changes(session: Session, case: Case) -> None:
    case.check(session)
