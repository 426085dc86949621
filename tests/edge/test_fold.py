"""`hubspot_members` folds what happened to a contact on a list exactly as a plain loop does.

Every sequence of up to five events, each with a contact of its own, in one warehouse. An event kind has several
causes (an add that failed, an add in doubt); they take turns, so that each is met at each place. Some sequences
cannot happen: no run adds a member it believes in or removes somebody it believes gone (two `put_in` in a row, a
`maybe_in` after a `seen_in`, a `maybe_out` after an `out`), and a reading records only what differs from the
belief. The loop and the view agree there too, so that the order of rules cannot hide behind a run's good manners.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.edge.state_rows import LIST_IDS, STATE
from tests.host import PORTAL, VIP, Host

Kind = Literal["put_in", "seen_in", "maybe_in", "maybe_out", "out"]
Cause = tuple[str, str]
CAUSES: dict[Kind, list[Cause]] = {
    "put_in": [("add", "applied")],
    "seen_in": [("add", "already_so"), ("observe", "present")],
    "maybe_in": [("add", "failed"), ("add", "in_doubt")],
    "maybe_out": [("remove", "failed"), ("remove", "rejected"), ("remove", "in_doubt")],
    "out": [
        ("add", "missing"),
        ("add", "rejected"),
        ("remove", "applied"),
        ("remove", "already_so"),
        ("remove", "missing"),
        ("observe", "absent"),
    ],
}
NO_EVENT: Cause = ("add", "not_sent")
LONGEST = 5
INTENTS = ["run_no", "change_no", "portal_id", "list_id", "list_name", "action", "contact_id"]
INTENTS += ["wire_email", "customer_id", "step"]


def folded(kinds: Sequence[Kind]) -> tuple[str, int] | None:
    """Whether the contact is a member and whether it is ours; None if it is not."""
    member, ours, before = "no", False, None
    for kind in kinds:
        if kind in ("put_in", "out"):
            ours = kind == "put_in"
        elif kind == "maybe_in" and before != "seen_in":
            ours = True
        member = {"put_in": "yes", "seen_in": "yes", "out": "no"}.get(kind, "maybe")
        before = kind
    return None if member == "no" else (member, int(ours))


@dataclass
class Ledger:
    """State rows of all sequences. Position n happens in run 2n - 1, which finishes, or 2n, which dies."""

    intents: list[tuple[Any, ...]] = field(default_factory=list)
    receipts: list[tuple[Any, ...]] = field(default_factory=list)
    observations: list[tuple[Any, ...]] = field(default_factory=list)
    turns: dict[Kind, Iterator[Cause]] = field(
        default_factory=lambda: {kind: itertools.cycle(causes) for kind, causes in CAUSES.items()}
    )

    def append(self, contact_id: str, position: int, cause: Cause) -> str | None:
        """Let one event happen; return the customer it makes the contact a member for, if any."""
        what, outcome = cause
        run_no = 2 * position - (outcome != "in_doubt")
        step = run_no * 100 + 4
        if what == "observe":
            self.observations.append((PORTAL, LIST_IDS[VIP], contact_id, int(outcome == "present"), step))
            return None
        change_no = len(self.intents) + 1
        who = f"{contact_id} at {position}"
        key = (PORTAL, LIST_IDS[VIP], VIP)
        self.intents.append((run_no, change_no, *key, what, contact_id, f"mail of {who}", who, step))
        if outcome not in ("in_doubt", "not_sent"):
            self.receipts.append((run_no, change_no, outcome, step + 1))
            # An append that is repeated, or an answer after one that never came.
            if change_no % 3 == 0:
                self.receipts.append((run_no, change_no, "failed", step + 1))
        return who if what == "add" and outcome not in ("missing", "rejected", "not_sent") else None

    def write(self, host: Host) -> None:
        """Append all of it, and the runs."""
        append = host.warehouse.append
        append(f"{STATE}.change_intents", INTENTS, self.intents)
        append(f"{STATE}.change_receipts", ["run_no", "change_no", "outcome", "step"], self.receipts)
        columns = ["portal_id", "list_id", "contact_id", "present", "step"]
        append(f"{STATE}.member_observations", columns, self.observations)
        events = [(run_no, "started") for run_no in range(1, 2 * LONGEST + 1)]
        events += [(run_no, "finished") for run_no in range(1, 2 * LONGEST + 1, 2)]
        append(f"{STATE}.run_events", ["run_no", "event"], events)


def test_the_view_and_the_loop_agree_on_every_sequence(host: Host) -> None:
    ledger = Ledger()
    expected: set[tuple[Any, ...]] = set()
    numbers = itertools.count(1)
    for length in range(1, LONGEST + 1):
        for kinds in itertools.product(CAUSES, repeat=length):
            contact_id = str(number := next(numbers))
            customer = None
            for position, kind in enumerate(kinds, start=1):
                customer = ledger.append(contact_id, position, next(ledger.turns[kind])) or customer
                if (number + position) % 4 == 0:
                    ledger.append(contact_id, position, NO_EVENT)
            if state := folded(kinds):
                expected.add((contact_id, *state, customer))
    ledger.write(host)
    rows = host.state("select contact_id, is_member, added_by_us, customer_id from {models}.hubspot_members")
    assert len(rows) == len(set(rows))
    assert set(rows) == expected
