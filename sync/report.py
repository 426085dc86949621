"""The result of a run as figures, text, JSON and Markdown. Counts come from the ledger; nothing is opened here."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sync.results import STATUSES, Forecast, ListReport, Report

LABELS = {
    "on_list": "on the list",
    "same_contact": "same contact as another row",
    "not_in_hubspot": "not in HubSpot",
    "rejected_by_us": "rejected by us",
    "rejected_by_hubspot": "rejected by HubSpot",
    "held_out": "held out",
    "excluded_by_consent": "excluded by consent",
    "failed": "failed",
    "not_sent": "not sent yet",
}


def as_figures(report: Report) -> dict[str, object]:
    """The counts of a run, for the ledger: no addresses, no names but those of lists."""
    return {
        "requests": report.requests,
        "contact_requests": report.contact_requests,
        "lists": {
            each.plan.list_name: {
                "wanted": each.plan.wanted,
                "members_before": each.plan.members,
                "planned": {"add": each.plan.add, "remove": each.plan.remove, "update": each.plan.update},
                "statuses": each.statuses,
                "outcomes": each.outcomes,
            }
            for each in report.lists
        },
    }


def as_json(report: Report) -> str:
    """The whole report as one JSON object; addresses are masked."""
    whole = {
        "run_no": report.run_no,
        "status": report.status,
        "portal_id": report.portal_id,
        "ruleset": report.ruleset,
        "seconds": round(report.seconds, 1),
        **as_figures(report),
        "objections": [
            {"guard": each.guard, "list_name": each.list_name, "sentence": each.sentence}
            for each in report.objections
        ],
        "rejected": [
            {
                "list_name": each.list_name,
                "code": each.code,
                "rows": each.rows,
                "example": each.masked_email,
                "suggestion": each.suggestion,
            }
            for each in report.rejected
        ],
        "rejected_sql": report.rejected_sql,
        "rejected_updates": [
            {
                "list_name": each.list_name,
                "code": each.code,
                "column": each.column,
                "property": each.name,
                "rows": each.rows,
            }
            for each in report.rejected_updates
        ],
        "rejected_updates_sql": report.rejected_updates_sql,
    }
    if report.forecast is not None:
        whole["forecast"] = {
            "requests": report.forecast.requests,
            "lookups": report.forecast.lookups,
            "lists": report.forecast.lists,
            "changes": report.forecast.changes,
            "requests_per_10_seconds": round(report.forecast.requests_per_10_seconds, 1),
            "minutes": round(report.forecast.minutes, 1),
        }
    return json.dumps(whole, indent=2, sort_keys=True)


def as_text(report: Report) -> str:
    """The report for a terminal, plain text of at most 110 columns."""
    verb = "would" if report.status == "planned" else "planned:"
    lines = [f"Run {report.run_no} · {report.status} · portal {report.portal_id} · {report.seconds:.1f} s"]
    for each in report.lists:
        lines += ["", *_list_lines(each, verb)]
    if report.rejected:
        lines += ["", "Rejected addresses, by reason:"]
        for each_reason in report.rejected:
            meant = f"  perhaps {each_reason.suggestion}" if each_reason.suggestion else ""
            example = f"{each_reason.masked_email}{meant}"
            lines.append(f"  {each_reason.rows:>9,}  {each_reason.code:<18} {example}")
        lines.append(f"  in full: {report.rejected_sql}")
    if report.rejected_updates:
        lines += [
            "",
            "Rejected property updates, by reason (who is wanted on a list goes there all the same):",
        ]
        for each_update in report.rejected_updates:
            what = f"column {each_update.column} -> property {each_update.name}" if each_update.name else ""
            lines.append(f"  {each_update.rows:>9,}  {each_update.code:<18} {what}".rstrip())
        lines.append(f"  in full: {report.rejected_updates_sql}")
    for objection in report.objections:
        lines += ["", f"Objection: {objection.sentence}"]
    lines += [
        "",
        f"Requests to HubSpot: {report.requests}, of these about contacts: {report.contact_requests}",
    ]
    if report.forecast is not None:
        lines.append(_forecast_line(report.forecast))
    return "\n".join(lines)


def _forecast_line(expected: Forecast) -> str:
    pace = f"{expected.requests_per_10_seconds:.0f} in 10 s"
    return (
        f"A run now: {expected.requests:,} requests ({expected.lookups:,} lookups, {expected.lists:,} about lists, "
        f"{expected.changes:,} changes), {expected.minutes:,.1f} minutes at {pace}"
    )


def _list_lines(each: ListReport, verb: str) -> Iterator[str]:
    plan = each.plan
    where = f"HubSpot list {plan.list_id}" if plan.list_id else "not in HubSpot yet"
    yield f"List {plan.list_name!r} ({where}), {plan.members:,} members before"
    changes = [("add", plan.add), ("remove", plan.remove), ("update properties of", plan.update)]
    told = ", ".join(f"{what} {count:,}" for what, count in changes if count) or "change nothing"
    yield f"  {verb} {told}"
    for action, outcomes in sorted(each.outcomes.items()):
        counted = ", ".join(
            f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in sorted(outcomes.items())
        )
        yield f"  {action}: {counted}"
    yield f"  {plan.wanted:>9,}  audience rows"
    for status in STATUSES:
        if each.statuses.get(status):
            yield f"  {each.statuses[status]:>9,}  {LABELS[status]}"


def as_markdown(report: Report) -> str:
    """The report for a pull request or a chat: one table row a list."""
    lines = [
        f"### HubSpot sync: run {report.run_no}, {report.status}",
        "",
        "| list | members before | add | remove | update | audience rows | rejected by us | not in HubSpot |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in report.lists:
        plan, statuses = each.plan, each.statuses
        name = " ".join(plan.list_name.replace("\\", "\\\\").replace("|", "\\|").split())
        lines.append(
            f"| {name} | {plan.members:,} | {plan.add:,} | {plan.remove:,} | {plan.update:,} | {plan.wanted:,} "
            f"| {statuses.get('rejected_by_us', 0):,} | {statuses.get('not_in_hubspot', 0):,} |"
        )
    if report.forecast is not None:
        lines += ["", _forecast_line(report.forecast)]
    lines += ["", *(f"- **Objection:** {each.sentence}" for each in report.objections)]
    return "\n".join(lines).rstrip()
