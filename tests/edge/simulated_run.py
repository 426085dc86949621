"""A run over the real views and statements, with a HubSpot of dictionaries in place of HTTP.

It does what the job does, in the job's order. It may die after any effect, be told to stop after any request,
and lose answers. Whatever it plans must be allowed by what it could know.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from tests.edge.simulation import Member, PlannedChange, Simulation
from tests.edge.state_rows import STATE, Row
from tests.host import MIRROR, PORTAL, VIP

Answer = tuple[PlannedChange, str]
"""A change and its outcome."""


class KilledError(Exception):
    """The process was killed."""


@dataclass
class Conditions:
    """What befalls a run. The default is a run without trouble that reads every list."""

    lists: Sequence[str] = (VIP, MIRROR)
    ruleset: str = "r1"
    dies_after: int = 1_000_000
    """Effects until the process is killed."""
    stops_after: int = 1_000_000
    """Requests until HubSpot's daily limit."""
    trouble: float = 0.0
    """Share of requests without an answer, and of lookups."""
    reads_all: bool = True
    meanwhile: Callable[[], None] = lambda: None
    """What happens to the audience after it was judged."""


def run(simulation: Simulation, conditions: Conditions) -> list[PlannedChange]:
    """Carry out one run and return its plan. Raises AssertionError when the plan breaks a rule."""
    simulation.runs += 1
    one = _Run(simulation, conditions)
    # What has no receipt may have been sent all the same.
    with contextlib.suppress(KilledError):
        one.go()
        one.unanswered_adds.clear()
    simulation.may_be_ours |= one.unanswered_adds
    return one.planned


class _Run:
    def __init__(self, simulation: Simulation, conditions: Conditions) -> None:
        self._simulation = simulation
        self._session = simulation.session
        self._world = simulation.world
        self._rng = simulation.rng
        self._conditions = conditions
        self._run_no = 0
        self._stage = 0
        self._effects = 0
        self._requests = 0
        self._step_of_intents = 0
        self._fresh_from = 0
        self.planned: list[PlannedChange] = []
        self.unanswered_adds: set[Member] = set()

    def go(self) -> None:
        """Judge, look up, find and read lists, plan, send, and once more where contacts are missing."""
        identity = {"host": "machine", "pid": 1, "version": "1"}
        run_id = f"run {self._simulation.runs}"
        names = {"run_id": run_id, "ruleset": self._conditions.ruleset, "portal_id": PORTAL}
        self._call("hubspot_start_run", **names, **identity)
        ((self._run_no, self._fresh_from),) = self._session.rows(
            f"select run_no, fresh_from_step from {STATE}.run_events where run_id = ?", [run_id]
        )
        self._judge()
        self._conditions.meanwhile()
        self._look_up()
        self._call("hubspot_scratch_members")
        self._find_lists()
        last_no = self._send(after_no=0)
        if self._is_missing_somebody() and not self._is_stopped:
            self._look_up()
            self._call("hubspot_scratch_members")
            self._send(after_no=last_no)
        columns = {"run_no": self._run_no, "status": "done"}
        self._call("hubspot_run_event", run_id=run_id, event="finished", columns=columns)

    # -- effects -----------------------------------------------------------------------------------------

    def _lives(self) -> None:
        self._effects += 1
        if self._effects > self._conditions.dies_after:
            raise KilledError

    def _call(self, macro: str, **arguments: Any) -> list[tuple[Any, ...]]:
        self._lives()
        return self._session.call(macro, **arguments)

    def _append(self, table: str, rows: list[dict[str, Any]]) -> None:
        self._lives()
        self._session.insert(Row(f"{STATE}.{table}", row) for row in rows)

    @property
    def _is_stopped(self) -> bool:
        return self._requests >= self._conditions.stops_after

    def _has_trouble(self) -> bool:
        return self._rng.random() < self._conditions.trouble

    def _step(self) -> int:
        self._stage += 1
        return self._run_no * 100 + self._stage

    # -- stages ------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        step, ruleset = self._step(), self._conditions.ruleset
        emails = self._session.rows("select email from team.hubspot_unjudged_emails order by email")
        rejected = self._simulation.rejected[ruleset]
        self._append(
            "email_verdicts",
            [
                {"email": email, "ruleset": ruleset, "step": step}
                | {"verdict": "rejected" if email in rejected else "accepted"}
                | {"wire_email": None if email in rejected else email}
                for (email,) in emails
            ],
        )
        for (email,) in emails:
            self._simulation.verdicts[email, ruleset] = None if email in rejected else email

    def _look_up(self) -> None:
        self._call("hubspot_scratch_audience_rows")
        self._call("hubspot_scratch_lookups", list_names=list(self._conditions.lists))
        due = self._session.call("hubspot_lookups_between", first_no=1, last_no=1000)
        named_step, step = self._step(), self._step()
        rows: list[dict[str, Any]] = []
        for (email,) in due:
            if self._is_stopped or self._has_trouble():
                continue
            found = self._world.find(email)
            contact_id, primary = found or (None, None)
            outcome = "found" if found else "absent"
            rows.append(
                {"portal_id": PORTAL, "wire_email": email, "outcome": outcome, "contact_id": contact_id}
                | {"primary_email": primary, "bounced": int(contact_id in self._world.bounced), "step": step}
            )
        answered = {row["wire_email"] for row in rows}
        named = {
            other: row | {"wire_email": other, "step": named_step}
            for row in rows
            for other in self._world.contacts.get(row["contact_id"], [])
            if other not in answered
        }
        self._append("contact_lookups", list(named.values()))
        self._remember(named.values())
        self._append("contact_lookups", rows)
        self._remember(rows)
        # Its moment is the run's: what is young is told by the warehouse's clock.
        self._session.rows(
            f"update {STATE}.contact_lookups set looked_up_at ="
            f" (select max(occurred_at) from {STATE}.run_events where event = 'started')"
            f" where looked_up_at is null"
        )
        self._call("hubspot_scratch_audience_rows")

    def _remember(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self._simulation.lookups[row["wire_email"]] = (row["step"], row["contact_id"])
            self._simulation.bounced[row["contact_id"]] = bool(row["bounced"])
            self._simulation.named[row["contact_id"]] = row["step"]

    def _find_lists(self) -> None:
        recorded = {row[0]: row[1] for row in self._session.call("hubspot_recorded_lists", portal_id=PORTAL)}
        counts = {
            row[0]: int(row[1]) for row in self._session.call("hubspot_member_counts", portal_id=PORTAL)
        }
        changed = False
        for name in self._conditions.lists:
            list_id = self._world.names.get(name)
            known = recorded.get(name)
            if list_id is not None:
                is_new = known != list_id
                in_question = is_new or name == MIRROR or self._conditions.reads_all
                if in_question or len(self._world.members[list_id]) != counts.get(list_id, 0):
                    self._read(list_id)
            if list_id != known:
                self._record_list(name, list_id)
                changed = True
        if changed:
            self._call("hubspot_scratch_audience_rows")

    def _read(self, list_id: str) -> None:
        self._call("hubspot_scratch_reading")
        present = sorted(self._world.members[list_id])
        self._append("scratch_reading", [{"contact_id": each} for each in present])
        self._call("hubspot_record_reading", portal_id=PORTAL, list_id=list_id, step=self._step())
        ours = self._simulation.may_be_ours
        ours -= {key for key in ours if key[0] == list_id and key[1] not in present}
        self._call("hubspot_scratch_members")

    def _record_list(self, name: str, list_id: str | None) -> None:
        row = {"portal_id": PORTAL, "list_name": name, "list_id": list_id, "adopted": 1, "step": self._step()}
        self._append("lists", [row])

    def _is_missing_somebody(self) -> bool:
        outcomes = self._session.call("hubspot_outcome_counts", run_no=self._run_no)
        return any(row[2] == "missing" and row[1] != "remove" for row in outcomes)

    # -- sending -----------------------------------------------------------------------------------------

    def _send(self, after_no: int) -> int:
        arguments = {"list_names": list(self._conditions.lists), "limit": None, "after_no": after_no}
        self._call("hubspot_scratch_changes", **arguments)
        columns = ", ".join(PlannedChange._fields)
        rows = self._session.rows(f"select {columns} from {STATE}.scratch_changes order by change_no")
        changes = [PlannedChange(*row) for row in rows]
        self.planned += changes
        ruleset = self._conditions.ruleset
        self._simulation.check_plan(changes, ruleset, self._fresh_from, self.unanswered_adds)
        adding = {change.list_name for change in changes if change.action == "add"}
        for name in sorted(adding - self._world.names.keys()):
            self._lives()
            self._record_list(name, self._world.create_list(name))
        self._step_of_intents = self._step()
        self._call("hubspot_record_intents", run_no=self._run_no, step=self._step_of_intents)
        self.unanswered_adds |= {self._key(change) for change in changes if change.action == "add"}
        step = self._step()
        for receipts in self._answers(changes):
            self._flush(receipts, step)
        return max([after_no, *(change.change_no for change in changes)])

    def _key(self, change: PlannedChange) -> Member:
        return self._world.names[change.list_name], change.contact_id

    def _answers(self, changes: Sequence[PlannedChange]) -> Iterator[list[Answer]]:
        """Receipts in the portions they are written in."""
        receipts: list[Answer] = []
        for _, group in groupby(changes, key=lambda change: (change.action, change.list_name)):
            batch = list(group)
            while batch and not self._is_stopped:
                size = self._rng.randint(1, 3)
                receipts += self._request(batch[:size])
                batch = batch[size:]
                if self._rng.random() < 0.4:
                    yield receipts
                    receipts = []
        yield receipts

    def _request(self, batch: Sequence[PlannedChange]) -> list[Answer]:
        self._lives()
        self._requests += 1
        if not self._has_trouble():
            return [(change, self._apply(change)) for change in batch]
        match self._rng.randrange(4):
            case 0:
                # A 429 to the end: surely not applied, so no receipt.
                return []
            case 1:
                return [(change, "failed") for change in batch]
            case 2:
                for change in batch:
                    self._apply(change)
                return [(change, "failed") for change in batch]
            case _:
                self._apply(batch[0])
                return [(change, "failed") for change in batch]

    def _apply(self, change: PlannedChange) -> str:
        if change.action == "add":
            return self._world.add(change.list_name, change.contact_id)
        if change.action == "remove":
            return self._world.remove(change.list_name, change.contact_id)
        return self._world.update(change.list_name, change.contact_id, change.payload or "")

    def _flush(self, receipts: Sequence[Answer], step: int) -> None:
        rows = [
            {"run_no": self._run_no, "change_no": change.change_no, "outcome": outcome, "step": step}
            for change, outcome in receipts
        ]
        self._append("change_receipts", rows)
        ours = self._simulation.may_be_ours
        for change, outcome in receipts:
            if outcome == "missing":
                self._simulation.missing[change.contact_id] = self._step_of_intents
            if change.action == "update":
                continue
            key = self._key(change)
            is_add = change.action == "add"
            if is_add:
                self.unanswered_adds.discard(key)
            if is_add and outcome in ("applied", "failed"):
                ours.add(key)
            elif outcome in (("missing", "rejected") if is_add else ("applied", "already_so", "missing")):
                ours.discard(key)
