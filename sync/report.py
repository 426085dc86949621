"""The result of a run as figures, text, JSON and Markdown. Counts come from the ledger; nothing is opened here."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sync.records import STATUSES, ListReport, Report

LABELS = {
    "on_list": "on the list",
    "same_contact": "same contact as another row",
    "not_in_hubspot": "not in HubSpot",
    "rejected_by_us": "rejected by us",
    "rejected_by_hubspot": "rejected by HubSpot",
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
            {"list_name": r.list_name, "email": r.masked_email, "code": r.code, "suggestion": r.suggestion}
            for r in report.rejected
        ],
        "rejected_sql": report.rejected_sql,
    }
    return json.dumps(whole, indent=2, sort_keys=True)


def as_text(report: Report) -> str:
    """The report for a terminal, plain text of at most 110 columns."""
    verb = "would change" if report.status == "planned" else "changed"
    lines = [f"Run {report.run_no} · {report.status} · portal {report.portal_id} · {report.seconds:.1f} s"]
    for each in report.lists:
        lines += ["", *_list_lines(each, verb)]
    if report.rejected:
        lines += ["", "First rejected rows:"]
        for row in report.rejected:
            meant = f"  perhaps {row.suggestion}" if row.suggestion else ""
            lines.append(f"  {row.masked_email:<32} {row.code}{meant}")
        lines.append(f"  In full: {report.rejected_sql}")
    for objection in report.objections:
        lines += ["", f"Objection: {objection.sentence}"]
    lines += [
        "",
        f"Requests to HubSpot: {report.requests}, of these about contacts: {report.contact_requests}",
    ]
    return "\n".join(lines)


def _list_lines(each: ListReport, verb: str) -> Iterator[str]:
    plan = each.plan
    where = f"HubSpot list {plan.list_id}" if plan.list_id else "not in HubSpot yet"
    yield f"List {plan.list_name!r} ({where}), {plan.members:,} members before"
    changes = [(plan.add, "to add"), (plan.remove, "to remove"), (plan.update, "properties to update")]
    told = ", ".join(f"{count:,} {what}" for count, what in changes if count) or "nothing"
    yield f"  {verb}: {told}"
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
        name = plan.list_name.replace("|", "\\|")
        lines.append(
            f"| {name} | {plan.members:,} | {plan.add:,} | {plan.remove:,} | {plan.update:,} | {plan.wanted:,} "
            f"| {statuses.get('rejected_by_us', 0):,} | {statuses.get('not_in_hubspot', 0):,} |"
        )
    lines += ["", *(f"- **Objection:** {each.sentence}" for each in report.objections)]
    return "\n".join(lines).rstrip()
