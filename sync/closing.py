"""How a run ends: what it is recorded as, why rows are left over, and the report of what became of every row."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

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
from sync.opening import Parts
from sync.records import DeclaredList
from sync.results import Forecast, ListPlan, ListReport, Objection, Report

_SAMPLE_SIZE = 8
_STATUS_OF = {GuardError: "stopped", StoppedError: "interrupted", UnfinishedError: "unfinished"}


@dataclass
class Course:
    """What a run has come to know and has done so far."""

    declared: Sequence[DeclaredList]
    portal_id: str
    list_ids: dict[str, str] = field(default_factory=dict)
    """The HubSpot list of each list name."""
    plans: tuple[ListPlan, ...] = ()
    statuses: dict[str, dict[str, int]] = field(default_factory=dict)
    """Audience rows per list name and status."""
    objections: tuple[Objection, ...] = ()
    unanswered: int = 0
    """Lookups that are due and have no answer."""
    put_off: int = 0
    """Of these, lookups that were left for another day's budget."""
    missing_again: int = 0
    """Changes whose contact HubSpot did not know, also after another lookup."""
    last_no: int = 0
    """Highest number of the plan's changes; 0 when there is none."""
    refused: dict[str, SyncError] = field(default_factory=dict)
    """Why HubSpot did not make a list, by list name."""
    closed: dict[str, UnfinishedError] = field(default_factory=dict)
    """Why a list was left as it is from some moment on, by list name."""

    @property
    def list_names(self) -> list[str]:
        """The lists this run is about."""
        return [each.list_name for each in self.declared]


def end_without_report(parts: Parts, error: SyncError) -> None:
    """Record the end of a run that an error broke off."""
    # Where the warehouse itself fails, its error is the one to show.
    with contextlib.suppress(WarehouseError):
        if isinstance(error, WarehouseError):
            # Receipts may be lost: without an end its changes count as in doubt, not as never sent.
            parts.runs.release()
        elif not isinstance(error, BusyError):
            # A run whose lease is lost has no say any more.
            figures = {"error": error.code, "requests": parts.hubspot.requests if parts.hubspot else 0}
            parts.runs.finish(_STATUS_OF.get(type(error), "failed"), figures)


def why_unfinished(parts: Parts, course: Course, refusal: SyncError | None) -> SyncError | None:
    """Why rows are left over after the sending, or None; `refusal` is why the second pass was not sent."""
    candidates = [ended_by(parts, course) or refusal, *_left_over(parts, course)]
    reasons = [each for each in candidates if each is not None]
    first = reasons[0] if reasons else None
    if not isinstance(first, UnfinishedError):
        return first
    return UnfinishedError(first.code, " ".join(each.sentence for each in reasons), first.mend)


def ended_by(parts: Parts, course: Course) -> SyncError | None:
    """Why not all is sent, or None: for all lists, or else for some."""
    if parts.caller.stopped_by is not None or not course.closed:
        return parts.caller.stopped_by
    first, *others = course.closed.values()
    more = "".join(f" {each.sentence}" for each in others)
    return UnfinishedError(first.code, f"{first.sentence}{more} The other lists went on.", first.mend)


def lookups_put_off(course: Course) -> UnfinishedError | None:
    """The error of lookups that were left for another day's budget, or None."""
    if not course.put_off:
        return None
    return UnfinishedError(
        "lookups_left",
        f"Lookups left for another day: {course.put_off:,}. One pass of lookups takes at most half of what is left of "
        "the day's budget of requests (var hubspot_daily_budget).",
        "The next run goes on. If some are left every day, raise the budget.",
    )


def _left_over(parts: Parts, course: Course) -> Iterator[SyncError | None]:
    if course.refused:
        # Its mend is to be told also where other rows are left, which the figures show.
        told = " ".join(each.sentence for each in course.refused.values())
        yield UnfinishedError("list_refused", told, next(iter(course.refused.values())).mend)
    yield lookups_put_off(course)
    if course.refused:
        return
    outcomes = parts.figures.outcome_counts(parts.runs.run_no)
    failed = sum(counts.get("failed", 0) for actions in outcomes.values() for counts in actions.values())
    unsent = sum(counts.get("in_doubt", 0) for actions in outcomes.values() for counts in actions.values())
    left = {
        "changes that failed": failed,
        "changes not sent": unsent,
        "changes without a contact, also after another lookup": course.missing_again,
        "lookups without an answer": course.unanswered - course.put_off,
    }
    told = ", ".join(f"{what}: {count:,}" for what, count in left.items() if count)
    if told:
        yield UnfinishedError("rows_left", f"Left over: {told}.", "Run again: the next run goes on.")


def missing_changes(outcomes: Mapping[str, Mapping[str, Mapping[str, int]]]) -> int:
    """How many adds and updates found no contact, from the outcomes by list name and action."""
    return sum(
        counts.get("missing", 0)
        for actions in outcomes.values()
        for action, counts in actions.items()
        if action != "remove"
    )


def objected(objections: Sequence[Objection]) -> GuardError:
    """The error of a plan that guards object to: all objections at once."""
    listed = "\n".join(f"- {each.sentence}" for each in objections)
    return GuardError(
        "guard", f"The plan is suspicious, and nothing was sent:\n{listed}\n", "Then run again."
    )


def report(parts: Parts, course: Course, error: SyncError | None, seconds: float) -> Report:
    """What became of every row, as the ledger counts it; `error` is why rows are left over."""
    outcomes = parts.figures.outcome_counts(parts.runs.run_no)
    status = "planned"
    if parts.job.flags.sends:
        status = "interrupted" if isinstance(error, StoppedError) else "unfinished" if error else "done"
    return Report(
        run_no=parts.runs.run_no,
        status=status,
        portal_id=course.portal_id,
        ruleset=ruleset(),
        lists=tuple(
            ListReport(
                replace(plan, list_id=course.list_ids.get(plan.list_name)),
                course.statuses.get(plan.list_name, {}),
                outcomes.get(plan.list_name, {}),
            )
            for plan in course.plans
        ),
        objections=course.objections,
        rejected=tuple(parts.figures.rejected_sample(course.list_names, _SAMPLE_SIZE)),
        rejected_sql=parts.figures.rejected_sql(),
        requests=parts.hubspot.requests if parts.hubspot else 0,
        contact_requests=parts.hubspot.contact_requests if parts.hubspot else 0,
        seconds=seconds,
        rejected_updates=tuple(parts.figures.rejected_updates(course.list_names))
        if parts.job.writes_properties
        else (),
        rejected_updates_sql=parts.figures.rejected_updates_sql(),
        forecast=None if parts.job.flags.sends else _forecast(parts, course),
    )


def _forecast(parts: Parts, course: Course) -> Forecast:
    return forecast(
        course.plans,
        lookups_due=course.unanswered,
        mirrors={each.list_name for each in course.declared if each.ownership == "mirror"},
        membership_batch=parts.job.membership_batch,
        reads_values=not parts.job.attributes
        or any(each.mode == "set_if_empty" for each in parts.job.attributes),
        per_10_seconds=parts.caller.requests_per_10_seconds,
        requests_left=parts.requests_left,
    )
