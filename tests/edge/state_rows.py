"""Rows of the sync's state and of the audience, to say in a line what a view is given.

Every case has the same runs: 1 to 9, of which 4 and 8 died and 9 is under way. A step is the run's number
times 100 plus a stage. Run 9 takes a lookup for fresh from step 500 on, and lets a rejection stand from 600 on.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.host import MIRROR, PORTAL, VIP

STATE = "team_hubspot_sync"
MODELS = "team"
RULESET = "rules 2"
OLD_RULESET = "rules 1"
RUN_AT = "2026-11-01 00:00:00"
NEWEST_RUN = 9
DEAD_RUNS = (4, 8)
FRESH, STALE = 502, 302
A, B = '{"tier": "a"}', '{"tier": "b"}'
"""Two payloads."""
LIST_IDS = {VIP: "10", MIRROR: "20"}
_RECEIPTS = ("applied", "already_so", "missing", "rejected", "failed")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Row:
    """One row to insert."""

    table: str
    values: dict[str, Any]


Given = list[Row | list[Row]]
"""What a case is given: rows, one by one or several at once."""


def runs() -> list[Row]:
    """The runs of the module's docstring, and the ids of the lists VIP and Mirror."""
    rows = [
        _state(
            "run_events",
            run_no=run_no,
            run_id=f"run {run_no}",
            event="started",
            step=run_no * 100,
            occurred_at=RUN_AT,
            ruleset=RULESET,
            portal_id=PORTAL,
            fresh_from_step=500,
            retry_rejected_from_step=600,
        )
        for run_no in range(1, NEWEST_RUN + 1)
    ]
    rows += [
        _state("run_events", run_no=run_no, run_id=f"run {run_no}", event="finished", status="unfinished")
        for run_no in range(1, NEWEST_RUN)
        if run_no not in DEAD_RUNS
    ]
    return rows + [listed(name, list_id, 101) for name, list_id in LIST_IDS.items()]


def wanted(
    name: str,
    list_name: str = VIP,
    *,
    customer: str | None = None,
    properties: str | None = None,
    address: str | None = None,
) -> Row:
    """Somebody is wanted on a list, by the address `name`@example.com; the customer is `c-name` unless named."""
    values = {
        "list_name": list_name,
        "customer_id": customer or f"c-{name}",
        "email": address or email(name),
        "properties": properties,
    }
    return Row(f"{MODELS}.raw_wanted", values)


def held(name: str, list_name: str | None = VIP) -> Row:
    """An address that a list, or none at all, is not to reach."""
    values = {"list_name": list_name, "customer_id": f"h-{name}", "email": email(name), "reason": "control"}
    return Row(f"{MODELS}.raw_holds", values)


def judged(
    name: str, verdict: str = "accepted", *, ruleset: str = RULESET, step: int = 101, code: str | None = None
) -> Row:
    """The verdict on an address."""
    wire_email = email(name) if verdict == "accepted" else None
    return _state(
        "email_verdicts",
        email=email(name),
        ruleset=ruleset,
        verdict=verdict,
        wire_email=wire_email,
        code=code,
        step=step,
    )


def looked_up(
    name: str,
    contact_id: str | None,
    *,
    outcome: str = "found",
    primary: str | None = None,
    step: int = FRESH,
    at: str = RUN_AT,
    portal: str = PORTAL,
    bounced: bool = False,
    opted_out: bool = False,
) -> Row:
    """A lookup; `primary` names the contact's primary address where it is another one."""
    return _state(
        "contact_lookups",
        portal_id=portal,
        wire_email=email(name),
        outcome=outcome,
        contact_id=contact_id,
        primary_email=email(primary or name) if contact_id else None,
        bounced=int(bounced) if contact_id else None,
        opted_out=int(opted_out) if contact_id else None,
        looked_up_at=at,
        step=step,
    )


def found(name: str, contact_id: str, *, primary: str | None = None, step: int = FRESH) -> list[Row]:
    """An accepted address that leads to a contact."""
    return [judged(name), looked_up(name, contact_id, primary=primary, step=step)]


def change(
    action: str,
    contact_id: str,
    outcome: str,
    *,
    step: int | None = None,
    name: str | None = None,
    list_name: str = VIP,
    list_id: str | None = None,
    properties: str | None = None,
    portal: str = PORTAL,
) -> list[Row]:
    """A change of an earlier run and what became of it; the customer is that of `name`, by default the contact's."""
    run_no = (step or (404 if outcome == "in_doubt" else 304)) // 100
    assert (run_no in (*DEAD_RUNS, NEWEST_RUN)) or outcome != "in_doubt", "only a dead run leaves doubt"
    assert (run_no not in (*DEAD_RUNS, NEWEST_RUN)) or outcome != "not_sent", "a dead run leaves doubt"
    change_no = next(_numbers)
    who = name or contact_id.lower()
    intent = _state(
        "change_intents",
        run_no=run_no,
        change_no=change_no,
        portal_id=portal,
        list_id=list_id or LIST_IDS.get(list_name, "30"),
        list_name=list_name,
        action=action,
        contact_id=contact_id,
        wire_email=email(who),
        customer_id=f"c-{who}",
        payload_hash=hash_of(properties),
        payload=properties,
        step=step or run_no * 100 + 4,
    )
    if outcome not in _RECEIPTS:
        return [intent]
    receipt = _state(
        "change_receipts",
        run_no=run_no,
        change_no=change_no,
        outcome=outcome,
        code="REFUSED" if outcome == "rejected" else None,
        step=run_no * 100 + 5,
    )
    return [intent, receipt]


def added(contact_id: str, outcome: str = "applied", **more: Any) -> list[Row]:
    """An earlier add."""
    return change("add", contact_id, outcome, **more)


def removed(contact_id: str, outcome: str = "applied", **more: Any) -> list[Row]:
    """An earlier removal."""
    return change("remove", contact_id, outcome, **more)


def updated(contact_id: str, properties: str, outcome: str = "applied", **more: Any) -> list[Row]:
    """An earlier update of properties."""
    return change("update", contact_id, outcome, properties=properties, **more)


def observed(contact_id: str, *, present: bool, step: int = 503, list_name: str = VIP) -> Row:
    """What a reading of a list found."""
    return _state(
        "member_observations",
        portal_id=PORTAL,
        list_id=LIST_IDS[list_name],
        contact_id=contact_id,
        present=int(present),
        step=step,
    )


def listed(list_name: str, list_id: str | None, step: int, *, portal: str = PORTAL) -> Row:
    """The HubSpot list behind a name, or that it is gone."""
    return _state("lists", portal_id=portal, list_name=list_name, list_id=list_id, adopted=1, step=step)


def email(name: str) -> str:
    """The address that a short name stands for."""
    return f"{name}@example.com"


def hash_of(properties: str | None) -> str | None:
    """The hash of a payload as the views compute it."""
    return None if properties is None else hashlib.md5(properties.encode(), usedforsecurity=False).hexdigest()


def flat(given: Iterable[Row | Iterable[Row]]) -> list[Row]:
    """Rows, whether they come one by one or several at once."""
    return [row for each in given for row in ([each] if isinstance(each, Row) else each)]


def _state(table: str, **values: Any) -> Row:
    return Row(f"{STATE}.{table}", values)
