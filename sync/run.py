"""A run from beginning to end: judge, look up, read, plan, guard, send, report. A plan sends nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sync import lists
from sync.adoption import settle_lists
from sync.closing import (
    Course,
    end_without_report,
    ended_by,
    lookups_put_off,
    missing_changes,
    objected,
    report,
    why_unfinished,
)
from sync.emails import ruleset
from sync.errors import SyncError
from sync.guards import object_to
from sync.judging import judge_audience
from sync.opening import Parts, chosen_lists, confirmed_portal, keep_to_budget
from sync.preflight import prepare_updates
from sync.records import DeclaredList
from sync.report import as_figures
from sync.resolving import resolve_rows
from sync.results import ListPlan, Report
from sync.send import Sender
from sync.updates import Updates


def carry_out(parts: Parts) -> tuple[Report, SyncError | None]:
    """Plan, and send when the job sends. Return the report, and the error when rows are left over.

    Raises `SyncError` when there is nothing to report.
    """
    started = time.monotonic()
    declared = chosen_lists(parts)
    keep_to_budget(parts)
    portal_id = confirmed_portal(parts)
    parts.runs.acquire(parts.job.flags.wait_seconds)
    try:
        parts.runs.start(ruleset=ruleset(), portal_id=portal_id, version=parts.version)
    except BaseException:
        parts.runs.release()
        raise
    try:
        # Once more: another run may have gone on while this one waited for the lock.
        keep_to_budget(parts)
        run = _Run(parts, declared, portal_id)
        error = run.go()
        told = run.report(error, time.monotonic() - started)
    except SyncError as error:
        end_without_report(parts, error)
        raise
    parts.runs.finish(told.status, as_figures(told))
    return told, error


class _Run:
    """One run, from the judging on."""

    def __init__(self, parts: Parts, declared: Sequence[DeclaredList], portal_id: str) -> None:
        self._parts = parts
        self._course = Course(declared, portal_id)
        self._touched: list[str] = []
        self._updates: Updates | None = None

    def go(self) -> SyncError | None:
        """Do all of it. Return why rows are left over, or None."""
        parts, course = self._parts, self._course
        judge_audience(
            parts.ledger,
            ruleset=ruleset(),
            step=parts.runs.next_step(),
            fast=parts.job.fast_lane,
            check_in=parts.check_in,
            tell=parts.tell,
        )
        resolve_rows(parts, course)
        parts.ledger.prepare_members()
        self._find_lists()
        self._plan()
        self._check()
        refusal = parts.caller.stopped_by or self._preflight()
        if not parts.job.flags.sends:
            return refusal or ended_by(parts, course) or lookups_put_off(course)
        if course.objections:
            raise objected(course.objections)
        if refusal is not None:
            return refusal
        if course.last_no:
            self._send(after_no=0)
            refusal = self._second_pass()
        return why_unfinished(parts, course, refusal)

    def _find_lists(self) -> None:
        found = settle_lists(self._parts, self._course.declared, self._course.portal_id)
        self._course.list_ids = found.list_ids
        self._course.objections = found.objections
        self._course.closed |= found.unread
        if found.has_new:
            self._parts.ledger.prepare_audience_rows()

    def _plan(self) -> None:
        ledger = self._parts.ledger
        self._touched = [name for name in self._course.list_names if not self._is_untouchable(name)] or [""]
        self._course.last_no = ledger.prepare_changes(self._touched, self._parts.job.flags.limit)

    def _is_untouchable(self, name: str) -> bool:
        # Of a list that was to be read and was not, nobody knows who is on it.
        return name in self._course.closed or any(
            each.list_name == name and each.guard in ("two_names", "not_manual")
            for each in self._course.objections
        )

    def _check(self) -> None:
        figures, course = self._parts.figures, self._course
        changes = figures.change_counts()
        wanted = figures.audience_counts()
        members = self._parts.ledger.member_counts(course.portal_id)
        course.statuses = figures.status_counts()
        completed = figures.completed_lists()
        newly_rejected = figures.newly_rejected_counts()
        course.plans = tuple(
            ListPlan(
                list_name=name,
                list_id=course.list_ids.get(name),
                members=members.get(course.list_ids.get(name, ""), (0, 0))[0],
                wanted=wanted.get(name, (0, 0))[0],
                was_complete=name in completed,
                rejected=course.statuses.get(name, {}).get("rejected_by_us", 0),
                newly_rejected=newly_rejected.get(name, 0),
                **changes.get(name, {}),
            )
            for name in course.list_names
        )
        course.objections += tuple(
            object_to(course.plans, course.declared, figures.audience_build(), self._parts.job)
        )

    def _preflight(self) -> SyncError | None:
        """Before anything is sent: whether HubSpot can take the properties of the plan. Once a run."""
        parts = self._parts
        if parts.hubspot is None or self._updates is not None:
            return None
        try:
            self._updates = prepare_updates(parts.ledger, parts.hubspot, parts.caller, parts.job.attributes)
        except SyncError as error:
            return error
        return None

    def _send(self, after_no: int) -> None:
        parts, course = self._parts, self._course
        assert parts.hubspot is not None  # noqa: S101 a job that sends is never offline
        adding = {plan.list_name for plan in course.plans if plan.add}
        step = parts.runs.next_step()
        missing = sorted(adding - course.list_ids.keys() - course.refused.keys())
        made, refused = lists.create_all(
            parts.hubspot, parts.caller, parts.ledger, course.portal_id, missing, step
        )
        course.list_ids |= made
        course.refused |= refused
        if refused:
            parts.ledger.leave_out(sorted(refused))
            self._touched = [name for name in self._touched if name not in refused] or [""]
        # A statement may have taken longer than the lease: then the plan is another run's by now.
        parts.keep_lease()
        parts.ledger.record_intents(parts.runs.run_no, parts.runs.next_step())
        sender = Sender(
            parts.hubspot, parts.caller, course.list_ids, parts.job.membership_batch, self._updates
        )
        sender.send(
            parts.ledger,
            first_no=after_no + 1,
            last_no=course.last_no,
            run_no=parts.runs.run_no,
            step=parts.runs.next_step(),
            workers=parts.job.workers,
            keep_lease=parts.keep_lease,
            tell=parts.tell,
        )
        course.closed |= sender.closed
        self._touched = [name for name in self._touched if name not in course.closed] or [""]

    def _second_pass(self) -> SyncError | None:
        """Where HubSpot no longer knows a contact id, look its address up again and send once more."""
        parts, course = self._parts, self._course
        outcomes = parts.figures.outcome_counts(parts.runs.run_no)
        missing = missing_changes(outcomes)
        if parts.caller.stopped_by is not None or not missing:
            return None
        resolve_rows(parts, course, replacing_run_no=parts.runs.run_no)
        parts.ledger.prepare_members()
        first_pass = course.last_no
        missing_adds = sum(actions.get("add", {}).get("missing", 0) for actions in outcomes.values())
        course.last_no = parts.ledger.prepare_changes(
            self._touched,
            None if parts.job.flags.limit is None else missing_adds,
            first_pass,
            replacing_run_no=parts.runs.run_no,
        )
        if course.last_no == first_pass:
            return None
        refusal = parts.caller.stopped_by or self._preflight()
        if refusal is None:
            self._send(after_no=first_pass)
            course.missing_again = missing_changes(parts.figures.outcome_counts(parts.runs.run_no)) - missing
        return refusal

    def report(self, error: SyncError | None, seconds: float) -> Report:
        """Count what became of every row, from the ledger."""
        parts, course = self._parts, self._course
        if parts.job.flags.sends and course.last_no:
            parts.ledger.prepare_members()
            parts.ledger.prepare_audience_rows()
            course.statuses = parts.figures.status_counts()
        return report(parts, course, error, seconds)
