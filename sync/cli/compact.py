"""`compact`: drop rows of the state that no view needs any more."""

from __future__ import annotations

import json

import click

from sync.cli.output import show
from sync.cli.project import Project, project_options
from sync.console import Console


@click.command()
@project_options
@click.option(
    "--keep-days",
    type=click.IntRange(min=0),
    default=90,
    show_default=True,
    help="Changes of runs not older than this stay, needed or not.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compact(project: Project, keep_days: int, as_json: bool) -> None:
    """Drop rows of the state that no view needs any more.

    It takes the lock like a run, works in one transaction, and compares what the views say before and
    after: when they differ, nothing changes. HubSpot is not asked. Needs a warehouse that can delete.
    """
    from sync.compaction import carry_out
    from sync.runs import Runs

    with Console() as console, project.open(console) as warehouse:
        warehouse.check_built(("hubspot_members", "hubspot_changes"))
        settings = warehouse.call("hubspot_sync_settings")
        runs = Runs(warehouse, float(settings["settle_seconds"] or settings["timeout_seconds"] + 100))
        counts = carry_out(warehouse, runs, keep_days)
    if as_json:
        show(
            json.dumps({name: {"before": before, "after": after} for name, (before, after) in counts.items()})
        )
        return
    for name, (before, after) in counts.items():
        show(f"{name:<20} {before:>12,} rows, now {after:>12,}")
