"""Every kind of trouble that the emulator can make, and the phases of a run that it can hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.host import MIRROR, VIP
from tests.hubspot_routes import (
    ACCOUNT,
    BY_NAME,
    CHANGE,
    CREATE,
    LIST,
    MEMBERS,
    MEMBERSHIPS,
    PROPERTIES,
    READ,
    UPDATE,
)
from tests.proof.oracle import Wish
from tests.proof.scenario import CAPPED, plain, vip


@dataclass(frozen=True)
class Kind:
    """One trouble, in the emulator's words and in those of people. It lasts as long as the run."""

    trouble: str
    """One of the emulator's."""
    title: str
    meaning: str
    fault: Mapping[str, Any]
    passing: bool = False
    """Whether trying again is enough where it happens once."""
    timeout_seconds: float = 60


@dataclass(frozen=True)
class Phase:
    """A part of a run: the request that is hit, and what is wanted meanwhile."""

    title: str
    route: str
    wishes: Sequence[Wish]
    after: int = 0
    """How many requests of the route belong to an earlier part."""
    swapped: bool = False
    """Whether a person put gus on the list and took ann off before."""


_BOB = vip("bob", properties={"loyalty_tier": "gold"})
_BOB_ASKED = vip("bob", properties={"loyalty_tier": "gold", "lifetime_value": "12"})
"""The second of these is only written where HubSpot has none."""
_HAL = plain(MIRROR, "hal")
_ALL = [_BOB, *plain(VIP, "dan", "eve"), *_HAL]
"""ann leaves, bob has other properties, dan and eve come."""

PHASES = (
    Phase("checking the account", ACCOUNT, _ALL),
    Phase("looking contacts up", READ, _ALL),
    Phase("finding a list by its id", LIST, _ALL),
    Phase("finding a list by its name", BY_NAME, _ALL),
    Phase("reading a list", MEMBERS, _ALL),
    Phase("checking how properties are defined", PROPERTIES, _ALL),
    Phase("making a list", CREATE, [*_ALL, *plain(CAPPED, "eve")]),
    Phase("removing members", CHANGE, [_BOB, *_HAL]),
    # The first such request looks contacts up.
    Phase("reading what properties hold", READ, [_BOB_ASKED, *plain(VIP, "dan", "eve"), *_HAL], after=1),
    Phase("updating properties", UPDATE, _ALL),
    Phase("adding members", CHANGE, [*plain(VIP, "ann", "dan", "eve"), _BOB, *_HAL]),
    Phase(
        "looking at what an answer left unsaid",
        MEMBERSHIPS,
        [*plain(VIP, "gus", "dan", "eve"), _BOB, *_HAL],
        swapped=True,
    ),
)

KINDS = (
    Kind("status", "HubSpot answers 400", "It takes the request for faulty.", {"status": 400}),
    Kind("status", "HubSpot answers 401", "The token is wrong, expired or revoked.", {"status": 401}),
    Kind("status", "HubSpot answers 403", "The token lacks a scope.", {"status": 403}),
    Kind("status", "HubSpot answers 404", "It does not know what the request names.", {"status": 404}),
    Kind(
        "status",
        "HubSpot answers 429",
        "The portal makes too many requests at the moment.",
        {"status": 429},
        passing=True,
    ),
    Kind(
        "status",
        "HubSpot answers 429 and asks to wait an hour",
        "A limit that does not pass soon.",
        {"status": 429, "retry_after": 3600},
    ),
    Kind("status", "HubSpot answers 500", "It has an error of its own.", {"status": 500}, passing=True),
    Kind(
        "html",
        "A web page comes instead of an answer",
        "A proxy or a maintenance page, with status 502.",
        {"html": True},
        passing=True,
    ),
    Kind(
        "reset",
        "The connection breaks before the request is carried out",
        "The network, or HubSpot restarts.",
        {"reset": "before"},
        passing=True,
    ),
    Kind(
        "reset",
        "The connection breaks after the request was carried out",
        "It is done, and nobody says so.",
        {"reset": "after"},
        passing=True,
    ),
    Kind(
        "cut",
        "The answer breaks off in the middle",
        "It is done, and half of the answer comes.",
        {"cut": True},
        passing=True,
    ),
    Kind(
        "hang", "HubSpot keeps silent", "Nothing is done, and no answer comes.", {"hang": 0.05}, passing=True
    ),
    Kind(
        "latency",
        "HubSpot answers too late",
        "The answer comes after `hubspot_timeout_seconds`; what was asked for is done all the same.",
        {"latency": 1.0},
        passing=True,
        timeout_seconds=0.8,
    ),
    Kind(
        "empty_results",
        "HubSpot says yes and names nobody",
        "A success whose answer is empty, and nothing is done.",
        {"empty_results": True},
    ),
    Kind(
        "drop_rows",
        "HubSpot overlooks a row",
        "A success that leaves the first row of each request out, undone.",
        {"drop_rows": 1},
    ),
    Kind(
        "refuse_rows",
        "HubSpot refuses a row of a batch",
        "A mixed answer (207): the first row of each request is refused, the others are done.",
        {"refuse_rows": [{"row": 0, "category": "VALIDATION_ERROR"}]},
    ),
    Kind(
        "do",
        "Somebody deletes the list meanwhile",
        "Just before the request.",
        {"do": {"delete_list": VIP}, "times": 1},
    ),
    Kind(
        "do",
        "Somebody deletes a contact meanwhile",
        "The contact dan, who is to be added, is deleted just before the request.",
        {"do": {"delete_contact": "dan@example.com"}, "times": 1},
    ),
    Kind(
        "do",
        "Somebody merges two contacts meanwhile",
        "The contact dan, who is to be added, becomes a part of the contact fay just before the request.",
        {"do": {"merge_contacts": {"primary": "fay@example.com", "losing": "dan@example.com"}}, "times": 1},
    ),
    Kind(
        "do",
        "Somebody revokes the token meanwhile",
        "Just before the request.",
        {"do": {"revoke_token": True}, "times": 1},
    ),
)
