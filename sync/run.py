"""A run from beginning to end: judge, look up, read, plan, guard, send, report. A plan stops before it sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sync import lists
from sync.caller import Caller, unreachable
from sync.config import Job
from sync.emails import ruleset
from sync.errors import (
    BusyError,
    GuardError,
    HubSpotRefusesError,
    SettingsError,
    StoppedError,
    SyncError,
    UnfinishedError,
)
from sync.guards import object_to
from sync.hubspot import HubSpot
from sync.judging import judge_audience
from sync.ledger import Ledger
from sync.lookup import look_up
from sync.records import DeclaredList, ListPlan, ListReport, Objection, Reply, Report
from sync.report import as_figures
from sync.runs import Runs
from sync.send import Sender

_SAMPLE_SIZE = 5
_STATUS_OF = {GuardError: "stopped", StoppedError: "interrupted", UnfinishedError: "unfinished"}


@dataclass
class Parts:
    """What a run works with. `hubspot` is None offline."""

    job: Job
    ledger: Ledger
    runs: Runs
    hubspot: HubSpot | None
    caller: Caller
    tell: Callable[..., None]
    version: str

    def keep_lease(self) -> None:
        """Show a sign of life; once the lease is lost, no request may start any more."""
        try:
            self.runs.keep_lease()
        except BusyError as lost:
            self.caller.stop(lost)
            raise

    def check_in(self) -> None:
        """Keep the lease, and end the run here when it was told to stop."""
        self.keep_lease()
        if self.caller.stopped_by is not None:
            raise self.caller.stopped_by


def carry_out(parts: Parts) -> tuple[Report, SyncError | None]:
    """Plan, and send when the job sends. Return the report, and the error to end with when rows are left over.

    Raises `SyncError` when there is nothing to report.
    """
    started = time.monotonic()
    declared = _chosen(parts)
    portal_id = _portal(parts)
    parts.runs.acquire(parts.job.flags.wait_seconds)
    try:
        parts.runs.start(ruleset=ruleset(), portal_id=portal_id, version=parts.version)
    except BaseException:
        parts.runs.release()
        raise
    try:
        run = _Run(parts, declared, portal_id)
        error = run.go()
        report = run.report(error, time.monotonic() - started)
    except SyncError as error:
        # A run whose lease is lost has no say any more; the other run counts its changes as in doubt.
        if not isinstance(error, BusyError):
            parts.runs.finish(_STATUS_OF.get(type(error), "failed"), {"error": error.code})
        raise
    parts.runs.finish(report.status, as_figures(report))
    return report, error


def _chosen(parts: Parts) -> list[DeclaredList]:
    declared = parts.ledger.declared_lists()
    names = {each.list_name for each in declared}
    undeclared = sorted(set(parts.ledger.audience_counts()) - names)
    if undeclared:
        raise SettingsError(
            "undeclared_list",
            f"The audience has rows for lists that are not declared: {', '.join(map(repr, undeclared))}.",
            "Add them to var hubspot_lists.",
        )
    flags = parts.job.flags
    unknown = sorted((set(flags.lists) | flags.adopt) - names)
    if unknown or not declared:
        known = ", ".join(map(repr, sorted(names))) or "none"
        asked = f"No list is called {', '.join(map(repr, unknown))}." if unknown else "No list is declared."
        raise SettingsError("unknown_list", f"{asked} Declared lists: {known}.", "Declare it in var hubspot_lists.")
    return [each for each in declared if not flags.lists or each.list_name in flags.lists]


def _portal(parts: Parts) -> str:
    wanted = parts.job.portal_id
    if parts.hubspot is None:
        portal_id = wanted or parts.ledger.newest_portal()
        if portal_id is None:
            raise SettingsError(
                "portal", "Offline, the portal is not known before the first run.", "Export HUBSPOT_PORTAL_ID."
            )
        return portal_id
    reply = parts.caller.call(parts.hubspot.account).reply
    if parts.caller.stopped_by is not None:
        raise parts.caller.stopped_by
    found = str(reply.body.get("portalId") or "") if reply is not None else ""
    if reply is None or reply.status != 200 or not found:
        raise unreachable(reply or Reply(0, {}))
    if wanted is not None and wanted != found:
        raise HubSpotRefusesError(
            "wrong_portal",
            f"The token belongs to portal {found}, and HUBSPOT_PORTAL_ID is {wanted}.",
            "Nothing was sent. Use the token of the right portal, or name the right portal.",
        )
    return found


class _Run:
    """One run, from the judging on."""

    def __init__(self, parts: Parts, declared: Sequence[DeclaredList], portal_id: str) -> None:
        self._parts = parts
        self._declared = declared
        self._names = [each.list_name for each in declared]
        self._portal_id = portal_id
        self._list_ids: dict[str, str] = {}
        self._plans: tuple[ListPlan, ...] = ()
        self._objections: tuple[Objection, ...] = ()
        self._unanswered = 0
        self._last_no = 0

    def go(self) -> SyncError | None:
        """Do all of it. Return why rows are left over, or None."""
        parts = self._parts
        judge_audience(
            parts.ledger,
            ruleset=ruleset(),
            step=parts.runs.next_step(),
            check_in=parts.check_in,
            tell=parts.tell,
        )
        self._resolve_rows()
        parts.ledger.prepare_members()
        self._find_lists()
        self._plan(after_no=0)
        self._check()
        if not parts.job.flags.sends:
            return parts.caller.stopped_by
        if self._objections:
            raise objected(self._objections)
        if parts.caller.stopped_by is None and self._last_no:
            self._send(after_no=0)
            self._second_pass()
        return parts.caller.stopped_by or self._left_over()

    def _left_over(self) -> SyncError | None:
        outcomes = self._parts.ledger.outcome_counts(self._parts.runs.run_no)
        failed = sum(counts.get("failed", 0) for actions in outcomes.values() for counts in actions.values())
        unsent = sum(counts.get("in_doubt", 0) for actions in outcomes.values() for counts in actions.values())
        if not failed + unsent + self._unanswered:
            return None
        return UnfinishedError(
            "rows_left",
            f"{failed:,} changes failed, {unsent:,} were not sent, {self._unanswered:,} lookups got no answer.",
            "Run again: the next run goes on.",
        )

    def _resolve_rows(self) -> None:
        parts = self._parts
        parts.ledger.prepare_audience_rows()
        if parts.hubspot is None:
            return
        due = parts.ledger.prepare_lookups(self._names)
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
        parts.ledger.prepare_audience_rows()

    def _find_lists(self) -> None:
        parts = self._parts
        recorded = parts.ledger.recorded_lists(self._portal_id)
        if parts.hubspot is None:
            self._list_ids = {name: recorded[name].list_id for name in self._names if name in recorded}
            return
        if parts.caller.stopped_by is not None:
            raise parts.caller.stopped_by
        found = lists.find(parts.hubspot, parts.caller, self._declared, recorded)
        beliefs = parts.ledger.member_counts(self._portal_id)
        objections = list(found.objections)
        mirrors = {each.list_name for each in self._declared if each.ownership == "mirror"}
        to_read = [
            (name, each)
            for name, each in found.by_name.items()
            if name in found.new
            or name in mirrors
            or (each.size is not None and each.size != beliefs.get(each.list_id, (0, 0))[0])
        ]
        self._read([each.list_id for _, each in to_read])
        strangers = parts.ledger.member_counts(self._portal_id)
        for name, each in found.by_name.items():
            self._list_ids[name] = each.list_id
            count = strangers.get(each.list_id, (0, 0))[1]
            adopted = name in parts.job.flags.adopt or count == 0
            if name in found.new or (adopted and not recorded[name].adopted):
                parts.ledger.record_list(
                    self._portal_id, name, each.list_id, adopted=adopted, step=parts.runs.next_step()
                )
            if not adopted and (name in found.new or not recorded[name].adopted):
                objections.append(lists.strangers(name, count))
        self._objections = tuple(objections)
        if found.new:
            parts.ledger.prepare_audience_rows()

    def _read(self, list_ids: Sequence[str]) -> None:
        parts = self._parts
        hubspot = parts.hubspot
        if hubspot is None or not list_ids:
            return
        step = parts.runs.next_step()
        for list_id in list_ids:
            parts.tell("reading", list_id=list_id)
            pages = lists.read_members(hubspot, parts.caller, list_id, parts.check_in)
            parts.ledger.record_reading(self._portal_id, list_id, pages, step)
        parts.ledger.prepare_members()

    def _plan(self, after_no: int) -> None:
        ledger = self._parts.ledger
        touched = [name for name in self._names if not self._is_untouchable(name)]
        self._last_no = ledger.prepare_changes(touched or [""], self._parts.job.flags.limit, after_no)

    def _is_untouchable(self, name: str) -> bool:
        return any(each.list_name == name and each.guard in ("two_names", "not_manual") for each in self._objections)

    def _check(self) -> None:
        ledger = self._parts.ledger
        changes = ledger.change_counts()
        wanted = ledger.audience_counts()
        members = ledger.member_counts(self._portal_id)
        statuses = ledger.status_counts()
        self._plans = tuple(
            ListPlan(
                list_name=name,
                list_id=self._list_ids.get(name),
                members=members.get(self._list_ids.get(name, ""), (0, 0))[0],
                wanted=wanted.get(name, (0, 0))[0],
                **changes.get(name, {}),
            )
            for name in self._names
        )
        rejected = {name: counts.get("rejected_by_us", 0) for name, counts in statuses.items()}
        self._objections += tuple(object_to(self._plans, self._declared, rejected, self._parts.job))

    def _send(self, after_no: int) -> None:
        parts = self._parts
        assert parts.hubspot is not None  # noqa: S101 a job that sends is never offline
        adding = {plan.list_name for plan in self._plans if plan.add}
        for name in sorted(adding - self._list_ids.keys()):
            step = parts.runs.next_step()
            self._list_ids[name] = lists.create(
                parts.hubspot, parts.caller, parts.ledger, self._portal_id, name, step
            )
        parts.ledger.record_intents(parts.runs.run_no, parts.runs.next_step())
        sender = Sender(parts.hubspot, parts.caller, self._list_ids, parts.job.membership_batch)
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

    def _second_pass(self) -> None:
        """Where HubSpot no longer knows a contact id, look its address up again and send once more, not oftener."""
        parts = self._parts
        outcomes = parts.ledger.outcome_counts(parts.runs.run_no)
        has_missing = any(
            counts.get("missing") for actions in outcomes.values() for action, counts in actions.items() if action != "remove"
        )
        if parts.caller.stopped_by is not None or not has_missing:
            return
        self._resolve_rows()
        parts.ledger.prepare_members()
        first_pass = self._last_no
        self._plan(after_no=first_pass)
        if parts.caller.stopped_by is None and self._last_no > first_pass:
            self._send(after_no=first_pass)

    def report(self, error: SyncError | None, seconds: float) -> Report:
        """Count what became of every row, from the ledger."""
        parts = self._parts
        if parts.job.flags.sends and self._last_no:
            parts.ledger.prepare_members()
            parts.ledger.prepare_audience_rows()
        statuses = parts.ledger.status_counts()
        outcomes = parts.ledger.outcome_counts(parts.runs.run_no)
        status = "planned"
        if parts.job.flags.sends:
            status = "interrupted" if isinstance(error, StoppedError) else "unfinished" if error else "done"
        return Report(
            run_no=parts.runs.run_no,
            status=status,
            portal_id=self._portal_id,
            ruleset=ruleset(),
            lists=tuple(
                ListReport(plan, statuses.get(plan.list_name, {}), outcomes.get(plan.list_name, {}))
                for plan in self._plans
            ),
            objections=self._objections,
            rejected=tuple(parts.ledger.rejected_sample(self._names, _SAMPLE_SIZE)),
            rejected_sql=parts.ledger.rejected_sql(),
            requests=parts.hubspot.requests if parts.hubspot else 0,
            contact_requests=parts.hubspot.contact_requests if parts.hubspot else 0,
            seconds=seconds,
        )


def objected(objections: Sequence[Objection]) -> GuardError:
    """The error of a plan that guards object to: all objections at once."""
    listed = "\n".join(f"- {each.sentence}" for each in objections)
    return GuardError("guard", f"The plan is suspicious, and nothing was sent:\n{listed}\n", "Then run again.")


