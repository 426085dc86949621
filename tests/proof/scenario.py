"""The run that is killed, and what led up to it: adds, removals, updates and refusals, and people at work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.proof.oracle import Strangers, Wish
from tests.story.test_reconcile import session

CAPPED = "Capped"
PEOPLE = [
    "ann",
    "bob",
    "cat",
    "dan",
    "eve",
    "fay",
    "hal",
    "ivy",
    "jon",
    "kim",
    "lea",
    "old",
    "pat",
    "yan",
    "zoe",
]


def vip(name: str, customer: str = "", properties: dict[str, str] | None = None, **more: Any) -> Wish:
    """Somebody is wanted on the managed list."""
    return Wish(VIP, customer or f"c-{name}", f"{name}@example.com", properties, **more)


def plain(list_name: str, *names: str) -> list[Wish]:
    """Some are wanted on a list, with nothing special about them."""
    return [Wish(list_name, f"c-{name}", f"{name}@example.com") for name in names]


BROKEN = [
    Wish(VIP, "c-typo", "typo@gmail.con", fate="rejected_by_us"),
    Wish(VIP, "c-coarse", "not an address", fate="rejected_by_us"),
    vip("bad", fate="rejected_by_hubspot"),
]
BEFORE = [
    *plain(VIP, "ann", "old", "pat", "bob", "cat", "bad"),
    *plain(MIRROR, "dan", "eve", "hal"),
]
WANTED = [
    vip("bob", properties={"loyalty_tier": "gold"}),
    vip("cat", properties={"lifetime_value": "much"}, refused_properties=True),
    vip("ivy", properties={"loyalty_tier": "new"}),
    vip("gus"),
    vip("gus.old", "c-gus2"),
    *plain(VIP, "dan", "eve", "jon", "kim", "mia", "nobody"),
    *BROKEN,
    *plain(MIRROR, "hal", "ivy"),
    *plain(CAPPED, "jon", "lea"),
]
CHANGED = [
    vip("ann", properties={"loyalty_tier": "back"}),
    vip("bob", properties={"loyalty_tier": "iron"}),
    vip("cat", properties={"lifetime_value": "12"}),
    vip("gus.old", "c-gus2"),
    *plain(VIP, "eve", "jon", "mia", "nobody"),
    *BROKEN,
    *plain(MIRROR, "jon"),
    *plain(CAPPED, "lea", "old"),
]


def want(host: Host, wishes: Sequence[Wish]) -> None:
    """Make these the audience."""
    host.wanted(*(wish.as_row() for wish in wishes))


def prepare(host: Host, hubspot: EmulatorProcess) -> Strangers:
    """Everything up to the run that is killed: a first run, then people at work in HubSpot.

    In the managed list two members were swapped for two strangers, which its size does not tell; one of these
    is wanted. A contact that is looked up already was deleted, another one merged. The mirror list has a stranger.
    """
    host.reset()
    ids = dict(
        zip(PEOPLE, hubspot.contacts([{"email": f"{name}@example.com"} for name in PEOPLE]), strict=True)
    )
    hubspot.contacts(
        [
            {"email": "gus@example.com", "hs_additional_emails": "gus.old@example.com"},
            {"email": "mia@example.com", "hs_email_hard_bounce_reason_enum": "UNKNOWN_USER"},
        ]
    )
    want(host, BEFORE)
    host.run(hubspot)
    # Accepted under older rules, and nothing that HubSpot takes.
    host.state(
        "update {state}.email_verdicts set wire_email = 'bad@example.nosuchtld' where email = 'bad@example.com'"
    )
    hubspot.edit_members(hubspot.list_id(VIP), add=[ids["yan"], ids["kim"]], remove=[ids["old"], ids["pat"]])
    hubspot.edit_members(hubspot.list_id(MIRROR), add=[ids["zoe"]])
    hubspot.delete_contacts([ids["dan"]])
    merge(hubspot, ids["eve"], into=ids["fay"])
    want(host, WANTED)
    return Strangers({VIP: {ids["yan"], ids["kim"]}}, {VIP: {ids["kim"]}})


def merge(hubspot: EmulatorProcess, contact_id: str, *, into: str) -> None:
    """Make two contacts one, as a person does."""
    body = {"primaryObjectId": into, "objectIdToMerge": contact_id}
    answer = session(hubspot).post(f"{hubspot.url}/crm/v3/objects/contacts/merge", json=body, timeout=10)
    assert answer.status_code == 200, answer.text
