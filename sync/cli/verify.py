"""`verify`: lists in HubSpot against the ledger, and with `--repair` a run that makes them agree."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from typing import Any

import click

from sync.cli.output import show
from sync.cli.project import Project, project_options
from sync.cli.sync_commands import build_parts, stoppable
from sync.config import Flags, Job, load
from sync.console import Console
from sync.errors import GuardError, UnfinishedError

_MODELS = ("hubspot_audience_candidates", "hubspot_audience_lists", "hubspot_members", "hubspot_sync_runs")
_EXITS = """\b
Exit codes:
    0  lists and ledger agree; with --repair: the run left nothing over
    2  settings or versions
    3  a list cannot be compared, or with --repair a guard objects to the run
    4  with --repair: another run holds the lock
    5  HubSpot refuses the token, a scope or the portal
    6  they differ, or HubSpot did not answer; with --repair: rows are left over
    7  the warehouse could not be read or written
"""


@click.command(epilog=_EXITS)
@project_options
@click.option("--list", "lists", multiple=True, metavar="NAME", help="Only this list; repeatable.")
@click.option(
    "--repair", is_flag=True, help="Record what is read, then carry out a run for these lists, in one go."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(project: Project, lists: tuple[str, ...], repair: bool, as_json: bool) -> None:
    """Read each declared list in HubSpot in full and compare it with the members the ledger believes in.

    Shown are, with counts and up to ten record ids: contacts on a list that the ledger does not know of (added by
    a person or another tool), and contacts it believes on a list that are not there. Without --repair nothing
    changes, neither in HubSpot nor in the ledger, and no lock is taken.

    With --repair, members that people took off by hand are put back where the audience wants them. Members that
    people added leave a `mirror` list; on a `managed` list they stay, and the ledger then knows of them.

    It needs HUBSPOT_ACCESS_TOKEN, --repair also HUBSPOT_PORTAL_ID. A list costs a request for each 250 members.
    """
    flags = Flags(sends=repair, lists=lists, reread=True)
    with Console() as console, project.open(console) as warehouse:
        job = load(os.environ, warehouse.call("hubspot_sync_settings"), flags)
        if repair:
            _repair(warehouse, job, console, as_json)
        else:
            _verify(warehouse, job, console, as_json)


def _verify(warehouse: Any, job: Job, console: Console, as_json: bool) -> None:
    from sync import drift
    from sync.readings import Readings
    from sync.verify import verify as compare

    warehouse.check_built(_MODELS)
    found = compare(reading_parts(warehouse, job, console.tell), Readings(warehouse))
    show(drift.as_json(found) if as_json else drift.as_text(found))
    if found.objections:
        raise GuardError(
            "not_comparable",
            f"{len(found.objections)} of the lists cannot be compared; the objections say why.",
            "Mend them, then verify again.",
        )
    if found.drifting:
        raise UnfinishedError(
            "drift",
            f"HubSpot and the ledger differ on {', '.join(map(repr, found.drifting))}.",
            "Nothing was changed. `hubspot-sync verify --repair` makes them agree.",
        )


def _repair(warehouse: Any, job: Job, console: Console, as_json: bool) -> None:
    from sync.drift import difference_figures, difference_lines
    from sync.readings import Readings
    from sync.report import as_json as report_json
    from sync.report import as_text
    from sync.verify import repair

    parts = build_parts(warehouse, job, console.tell)
    with stoppable(parts.caller.stop):
        report, observed, error = repair(parts, Readings(warehouse))
    if as_json:
        figures = {name: difference_figures(found) for name, found in observed.items()}
        whole = {"observed": figures, "run": json.loads(report_json(report))}
        show(json.dumps(whole, indent=2, sort_keys=True))
    else:
        for name, found in observed.items():
            show("\n".join([f"List {name!r} differed:", *difference_lines(found)]))
        show(as_text(report))
    if error is not None:
        raise error


def reading_parts(warehouse: Any, job: Job, tell: Any) -> Any:
    """The parts of a command that reads and takes no lock."""
    from sync.caller import Caller
    from sync.figures import Figures
    from sync.hubspot import HubSpot
    from sync.ledger import Ledger
    from sync.opening import Parts
    from sync.runs import Runs

    return Parts(
        job=job,
        ledger=Ledger(warehouse),
        figures=Figures(warehouse),
        runs=Runs(warehouse, job.settle_seconds),
        hubspot=HubSpot(job.base_url, job.token, job.api_version, job.timeout_seconds),
        caller=Caller(job.requests_per_10_seconds, lambda: True, share_percent=job.limit_share_percent),
        tell=tell,
        version=version("hubspot-sync"),
    )
