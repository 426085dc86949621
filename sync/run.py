"""A run from beginning to end: judge, look up, read, plan, guard, send, report. A plan sends nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace

from sync import lists
from sync.adoption import settle_lists
from sync.emails import ruleset
from sync.errors import (
    BusyError,
    GuardError,
    StoppedError,
    SyncError,
    UnfinishedError,
    WarehouseError,
)
from sync.forecast import forecast
from sync.guards import object_to
from sync.judging import judge_audience
from sync.lookup import look_up
from sync.opening import Parts, chosen_lists, confirmed_portal
from sync.preflight import prepare_updates
from sync.records import DeclaredList, Forecast, ListPlan, ListReport, Objection, Report
from sync.report import as_figures
from sync.send import Sender
from sync.updates import Updates

_SAMPLE_SIZE = 8
_STATUS_OF = {GuardError: "stopped", StoppedError: "interrupted", UnfinishedError: "unfinished"}


def carry_out(parts: Parts) -> tuple[Report, SyncError | None]:
    """Plan, and send when the job sends. Return the report, and the error when rows are left over.

    Raises `SyncError` when there is nothing to report.
    """
    started = time.monotonic()
    declared = chosen_lists(parts)
    portal_id = confirmed_portal(parts)
    parts.runs.acquire(parts.job.flags.wait_seconds)
    try:
        parts.runs.start(ruleset=ruleset(), portal_id=portal_id, version=parts.version)
    except BaseException:
        parts.runs.release()
        raise
    try:
        _keep_to_budget(parts)
        run = _Run(parts, declared, portal_id)
        error = run.go()
        report = run.report(error, time.monotonic() - started)
    except SyncError as error:
        # Where the warehouse itself fails, its error is the one to show.
        with contextlib.suppress(WarehouseError):
            if isinstance(error, WarehouseError):
                # Receipts may be lost: without an end its changes count as in doubt, not as never sent.
                parts.runs.release()
            elif not isinstance(error, BusyError):
                # A run whose lease is lost has no say any more.
                figures = {"error": error.code, "requests": parts.hubspot.requests if parts.hubspot else 0}
                parts.runs.finish(_STATUS_OF.get(type(error), "failed"), figures)
        raise
    parts.runs.finish(report.status, as_figures(report))
    return report, error


def _keep_to_budget(parts: Parts) -> None:
    if parts.job.daily_budget is not None and parts.hubspot is not None:
        used = parts.figures.requests_today() + parts.hubspot.requests
        parts.caller.limit_to(max(0, parts.job.daily_budget - used))


class _Run:
    """One run, from the judging on."""

    def __init__(self, parts: Parts, declared: Sequence[DeclaredList], portal_id: str) -> None:
        self._parts = parts
        self._declared = declared
        self._names = [each.list_name for each in declared]
        self._portal_id = portal_id
        self._list_ids: dict[str, str] = {}
        self._plans: tuple[ListPlan, ...] = ()
        self._statuses: dict[str, dict[str, int]] = {}
        self._objections: tuple[Objection, ...] = ()
        self._unanswered = 0
        self._refused: dict[str, SyncError] = {}
        self._touched: list[str] = []
        self._updates: Updates | None = None
        self._last_no = 0
        self._closed: dict[str, UnfinishedError] = {}

    def go(self) -> SyncError | None:
        """Do all of it. Return why rows are left over, or None."""
        parts = self._parts
        judge_audience(
            parts.ledger,
            ruleset=ruleset(),
            step=parts.runs.next_step(),
            fast=parts.job.fast_lane,
            check_in=parts.check_in,
            tell=parts.tell,
        )
        self._resolve_rows()
        parts.ledger.prepare_members()
        self._find_lists()
        self._plan()
        self._check()
        refusal = parts.caller.stopped_by or self._preflight()
        if not parts.job.flags.sends:
            return refusal
        if self._objections:
            raise objected(self._objections)
        if refusal is not None:
            return refusal
        if self._last_no:
            self._send(after_no=0)
            refusal = self._second_pass()
        ended_by, left_over = self._ended_by() or refusal, self._left_over()
        if isinstance(ended_by, UnfinishedError) and left_over is not None:
            return UnfinishedError(ended_by.code, f"{ended_by.sentence} {left_over.sentence}", ended_by.mend)
        return ended_by or left_over

    def _ended_by(self) -> SyncError | None:
        """Why not all was sent: for all lists, or else for some."""
        if self._parts.caller.stopped_by is not None or not self._closed:
            return self._parts.caller.stopped_by
        first, *others = self._closed.values()
        more = "".join(f" {each.sentence}" for each in others)
        return UnfinishedError(first.code, f"{first.sentence}{more} The other lists went on.", first.mend)

    def _left_over(self) -> SyncError | None:
        outcomes = self._parts.figures.outcome_counts(self._parts.runs.run_no)
        failed = sum(counts.get("failed", 0) for actions in outcomes.values() for counts in actions.values())
        unsent = sum(
            counts.get("in_doubt", 0) for actions in outcomes.values() for counts in actions.values()
        )
        if self._refused:
            # Its mend is to be told also where other rows are left, which the figures show.
            told = " ".join(each.sentence for each in self._refused.values())
            return UnfinishedError("list_refused", told, next(iter(self._refused.values())).mend)
        if not failed + unsent + self._unanswered:
            return None
        return UnfinishedError(
            "rows_left",
            f"{failed:,} changes failed, {unsent:,} were not sent, {self._unanswered:,} lookups had no answer.",
            "Run again: the next run goes on.",
        )

    def _resolve_rows(self) -> None:
        parts = self._parts
        parts.ledger.prepare_audience_rows()
        due = self._unanswered = parts.ledger.prepare_lookups(self._names)
        if parts.hubspot is None:
            return
        if due == 0:
            return
        self._unanswered = look_up(
            parts.ledger,
            parts.hubspot,
            parts.caller,
            due=due,
            portal_id=self._portal_id,
            step=parts.runs.next_step(),
            workers=parts.job.workers,
            keep_lease=parts.keep_lease,
            tell=parts.tell,
        )
        stopped_by = parts.caller.stopped_by
        if isinstance(stopped_by, UnfinishedError) and not self._last_no:
            raise UnfinishedError(
                stopped_by.code,
                f"{stopped_by.sentence} {self._unanswered:,} of {due:,} lookups are left.",
                stopped_by.mend,
            )
        parts.ledger.prepare_audience_rows()

    def _find_lists(self) -> None:
        found = settle_lists(self._parts, self._declared, self._portal_id)
        self._list_ids = found.list_ids
        self._objections = found.objections
        if found.has_new:
            self._parts.ledger.prepare_audience_rows()

    def _plan(self) -> None:
        ledger = self._parts.ledger
        self._touched = [name for name in self._names if not self._is_untouchable(name)] or [""]
        self._last_no = ledger.prepare_changes(self._touched, self._parts.job.flags.limit)

    def _is_untouchable(self, name: str) -> bool:
        return any(
            each.list_name == name and each.guard in ("two_names", "not_manual") for each in self._objections
        )

    def _check(self) -> None:
        figures = self._parts.figures
        changes = figures.change_counts()
        wanted = figures.audience_counts()
        members = self._parts.ledger.member_counts(self._portal_id)
        self._statuses = figures.status_counts()
        completed = figures.completed_lists()
        newly_rejected = figures.newly_rejected_counts()
        self._plans = tuple(
            ListPlan(
                list_name=name,
                list_id=self._list_ids.get(name),
                members=members.get(self._list_ids.get(name, ""), (0, 0))[0],
                wanted=wanted.get(name, (0, 0))[0],
                was_complete=name in completed,
                rejected=self._statuses.get(name, {}).get("rejected_by_us", 0),
                newly_rejected=newly_rejected.get(name, 0),
                **changes.get(name, {}),
            )
            for name in self._names
        )
        self._objections += tuple(
            object_to(self._plans, self._declared, figures.audience_build(), self._parts.job)
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
        parts = self._parts
        assert parts.hubspot is not None  # noqa: S101 a job that sends is never offline
        adding = {plan.list_name for plan in self._plans if plan.add}
        step = parts.runs.next_step()
        missing = sorted(adding - self._list_ids.keys() - self._refused.keys())
        made, refused = lists.create_all(
            parts.hubspot, parts.caller, parts.ledger, self._portal_id, missing, step
        )
        self._list_ids |= made
        self._refused |= refused
        if refused:
            parts.ledger.leave_out(sorted(refused))
            self._touched = [name for name in self._touched if name not in refused] or [""]
        parts.ledger.record_intents(parts.runs.run_no, parts.runs.next_step())
        sender = Sender(
            parts.hubspot, parts.caller, self._list_ids, parts.job.membership_batch, self._updates
        )
        sender.send(
            parts.ledger,
            first_no=after_no + 1,
            last_no=self._last_no,
            run_no=parts.runs.run_no,
            step=parts.runs.next_step(),
            workers=parts.job.workers,
            keep_lease=parts.keep_lease,
            tell=parts.tell,
        )
        self._closed |= sender.closed
        self._touched = [name for name in self._touched if name not in self._closed] or [""]

    def _second_pass(self) -> SyncError | None:
        """Where HubSpot no longer knows a contact id, look its address up again and send once more."""
        parts = self._parts
        outcomes = parts.figures.outcome_counts(parts.runs.run_no)
        has_missing = any(
            counts.get("missing")
            for actions in outcomes.values()
            for action, counts in actions.items()
            if action != "remove"
        )
        if parts.caller.stopped_by is not None or not has_missing:
            return None
        self._resolve_rows()
        parts.ledger.prepare_members()
        first_pass = self._last_no
        missing_adds = sum(actions.get("add", {}).get("missing", 0) for actions in outcomes.values())
        self._last_no = parts.ledger.prepare_changes(
            self._touched,
            None if parts.job.flags.limit is None else missing_adds,
            first_pass,
            replacing_run_no=parts.runs.run_no,
        )
        if self._last_no == first_pass:
            return None
        refusal = parts.caller.stopped_by or self._preflight()
        if refusal is None:
            self._send(after_no=first_pass)
        return refusal

    def report(self, error: SyncError | None, seconds: float) -> Report:
        """Count what became of every row, from the ledger."""
        parts = self._parts
        if parts.job.flags.sends and self._last_no:
            parts.ledger.prepare_members()
            parts.ledger.prepare_audience_rows()
            self._statuses = parts.figures.status_counts()
        outcomes = parts.figures.outcome_counts(parts.runs.run_no)
        status = "planned"
        if parts.job.flags.sends:
            status = "interrupted" if isinstance(error, StoppedError) else "unfinished" if error else "done"
        return Report(
            run_no=parts.runs.run_no,
            status=status,
            portal_id=self._portal_id,
            ruleset=ruleset(),
            lists=tuple(
                ListReport(
                    replace(plan, list_id=self._list_ids.get(plan.list_name)),
                    self._statuses.get(plan.list_name, {}),
                    outcomes.get(plan.list_name, {}),
                )
                for plan in self._plans
            ),
            objections=self._objections,
            rejected=tuple(parts.figures.rejected_sample(self._names, _SAMPLE_SIZE)),
            rejected_sql=parts.figures.rejected_sql(),
            requests=parts.hubspot.requests if parts.hubspot else 0,
            contact_requests=parts.hubspot.contact_requests if parts.hubspot else 0,
            seconds=seconds,
            rejected_updates=tuple(parts.figures.rejected_updates(self._names))
            if parts.job.writes_properties
            else (),
            rejected_updates_sql=parts.figures.rejected_updates_sql(),
            forecast=None if parts.job.flags.sends else self._forecast(),
        )

    def _forecast(self) -> Forecast:
        job = self._parts.job
        return forecast(
            self._plans,
            lookups_due=self._unanswered,
            mirrors={each.list_name for each in self._declared if each.ownership == "mirror"},
            membership_batch=job.membership_batch,
            per_10_seconds=self._parts.caller.requests_per_10_seconds,
        )


def objected(objections: Sequence[Objection]) -> GuardError:
    """The error of a plan that guards object to: all objections at once."""
    listed = "\n".join(f"- {each.sentence}" for each in objections)
    return GuardError(
        "guard", f"The plan is suspicious, and nothing was sent:\n{listed}\n", "Then run again."
    )
