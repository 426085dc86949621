"""One short run amid one trouble, and the next one without: what each did in HubSpot and how it ended."""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.findings import Finding
from sync.results import Report
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.proof import quick
from tests.proof.fault_kinds import Kind, Phase
from tests.proof.oracle import Strangers, check, look
from tests.proof.scenario import CAPPED, plain, want
from tests.story.test_doctor import examined
from tests.story.test_reconcile import session

NAMES = ["ann", "bob", "dan", "eve", "fay", "gus", "hal"]
LONGEST_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """How a run amid trouble ended, and what HubSpot shows of it."""

    exit_code: int
    sentence: str
    mend: str
    left: tuple[str, ...]
    """Of a run that went on to its end: what it leaves undone."""
    done: tuple[str, ...]
    """What is as wanted in HubSpot afterwards."""


class Stage:
    """A warehouse and a HubSpot that are put back to the same start before each run.

    A run has been there: ann and bob are on the managed list, hal is on the mirror list.
    """

    def __init__(self, host: Host, hubspot: EmulatorProcess, directory: Path) -> None:
        self._host = host
        self._hubspot = hubspot
        self._copy = directory / "start.duckdb"
        self._ids: dict[str, str] = {}
        host.reset()
        self._fill()
        want(host, [*plain(VIP, "ann", "bob"), *plain(MIRROR, "hal")])
        host.run(hubspot)
        self._lists = sorted((each["listId"], each["name"]) for each in hubspot.state()["lists"])
        shutil.copyfile(host.duckdb_path, self._copy)

    def _fill(self) -> None:
        self._hubspot.reset(portal=True)
        ids = self._hubspot.contacts([{"email": f"{name}@example.com"} for name in NAMES])
        self._ids = dict(zip(NAMES, ids, strict=True))

    def _put_back(self) -> None:
        shutil.copyfile(self._copy, self._host.duckdb_path)
        self._fill()
        for list_id, name in self._lists:
            body = {"name": name, "objectTypeId": "0-1", "processingType": "MANUAL"}
            made = session(self._hubspot).post(f"{self._hubspot.url}/crm/v3/lists", json=body, timeout=30)
            assert made.json()["list"]["listId"] == list_id
            members = ("ann", "bob") if name == VIP else ("hal",)
            self._hubspot.edit_members(list_id, add=[self._ids[each] for each in members])

    def play(self, kind: Kind, phase: Phase) -> Outcome:
        """Run amid the trouble, then without; raise AssertionError unless the second makes all right."""
        self._put_back()
        hubspot = self._hubspot
        strangers = self._swap_members(phase)
        want(self._host, phase.wishes)
        hubspot.faults([{"route": phase.route, "after": phase.after, "times": None, **kind.fault}])
        ending = quick.run(self._host, hubspot, timeout_seconds=kind.timeout_seconds, workers=1)
        self._let_all_land()
        hubspot.faults([])
        error = ending.error
        outcome = Outcome(
            error.exit_code if error else 0,
            _lasting(error.sentence) if error else "",
            _lasting(error.mend) if error else "",
            () if error or ending.report is None else _left(ending.report),
            self._done(phase),
        )
        assert hubspot.state()["contacts_created"] == 0
        hubspot.reset()
        self._check_next_run(phase, strangers)
        return outcome

    def play_once(self, kind: Kind, phases: Sequence[Phase]) -> None:
        """Let the trouble hit the first request of each of these; what the last one wants is done all the same."""
        self._put_back()
        hubspot, wishes = self._hubspot, phases[-1].wishes
        strangers = self._swap_members(phases[-1])
        want(self._host, wishes)
        times = dict.fromkeys((each.route, each.after) for each in phases)
        hubspot.faults([{"route": route, "after": after, **kind.fault, "times": 1} for route, after in times])
        ending = quick.run(self._host, hubspot, timeout_seconds=kind.timeout_seconds, workers=1)
        self._let_all_land()
        assert ending.error is None
        assert {each["route"] for each in hubspot.requests() if each["fault"]} == {each for each, _ in times}
        check(self._host, hubspot, wishes, strangers)

    def examine(self, kind: Kind, route: str) -> list[Finding]:
        """What the doctor finds while the trouble hits every request of a route."""
        self._put_back()
        self._hubspot.faults([{"route": route, "times": None, **kind.fault}])
        try:
            return examined(self._host, self._hubspot)
        finally:
            self._hubspot.reset()

    def _swap_members(self, phase: Phase) -> Strangers:
        """Be the person who changes the list by hand, where a phase has one."""
        if not phase.swapped:
            return Strangers()
        gus, ann = self._ids["gus"], self._ids["ann"]
        self._hubspot.edit_members(self._hubspot.list_id(VIP), add=[gus], remove=[ann])
        return Strangers({VIP: {gus}})

    def _check_next_run(self, phase: Phase, strangers: Strangers) -> None:
        # A refusal that stands for a month, and a contact that is believed for as long: both grow old.
        for table, column in (("run_events", "occurred_at"), ("contact_lookups", "looked_up_at")):
            self._host.state(f"update {{state}}.{table} set {column} = {column} - interval '61 days'")
        ending = quick.run(self._host, self._hubspot)
        assert ending.error is None, ending.error
        check(self._host, self._hubspot, phase.wishes, strangers)

    def _let_all_land(self) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        while any(each["status"] is None and each["fault"] == "latency" for each in self._hubspot.requests()):
            assert time.monotonic() < deadline, "a request never landed"
            time.sleep(0.02)

    def _done(self, phase: Phase) -> tuple[str, ...]:
        """What is as wanted now and was not before."""
        truth = look(self._hubspot, phase.wishes)
        ids, vip = self._ids, truth.members.get(VIP, set())
        wanted = truth.wanted(VIP)
        done = []
        if VIP not in truth.members:
            done.append("the list is gone")
        elif ids["ann"] not in wanted and ids["ann"] not in vip:
            done.append("the removal")
        if truth.contacts["bob@example.com"].properties["loyalty_tier"] == "gold":
            done.append("the update")
        to_add = sorted(wanted - {ids["ann"], ids["bob"], ids["gus"]})
        added = [each for each in to_add if each in vip]
        if added:
            done.append("the adds" if len(added) == len(to_add) else "one of the adds")
        if CAPPED in truth.members:
            done.append("the new list" if truth.members[CAPPED] else "the new list, empty")
        return tuple(done)


def _left(report: Report) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    for each in report.lists:
        for status, rows in each.statuses.items():
            if status != "on_list":
                counts[f"rows `{status}`"] += rows
        for action, outcomes in each.outcomes.items():
            for outcome, changes in outcomes.items():
                if outcome not in ("applied", "already_so"):
                    counts[f"`{action}` changes `{outcome}`"] += changes
    return tuple(f"{count} {name}" for name, count in sorted(counts.items()))


def _lasting(text: str) -> str:
    """A sentence without what is another one each time: ids of requests, and moments."""
    return re.sub(r" \((correlation id [^)]*|\d{4}-\d\d-\d\d \d\d:\d\d UTC)\)", "", text)
