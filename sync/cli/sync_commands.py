"""`plan` and `run`: build the parts, call one function, print its report."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from types import FrameType
from typing import Any

import click

from sync.cli.output import show
from sync.cli.project import Project, project_options
from sync.config import ALLOWABLE_GUARDS, Flags, Job, check_package, load
from sync.console import Console
from sync.errors import StoppedError, SyncError
from sync.log import JsonLog
from sync.report import as_json, as_markdown, as_text
from sync.results import Report

# The audience, what is above it, and the views over it, which PostgreSQL drops with a table they read.
_SELECTION = "@hubspot_audience"
_BUILD = f"Run `dbt build --select {_SELECTION}`, or use `run --build`."


def _shared_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        [
            click.option(
                "--list", "lists", multiple=True, metavar="NAME", help="Only this list; repeatable."
            ),
            click.option(
                "--limit", type=click.IntRange(min=0), metavar="N", help="At most N adds; for a first try."
            ),
            click.option(
                "--allow",
                multiple=True,
                type=click.Choice(ALLOWABLE_GUARDS),
                help="Let a guard pass, this once.",
            ),
            click.option(
                "--adopt",
                multiple=True,
                metavar="NAME",
                help="Take on a HubSpot list that has members this ledger did not add; they stay.",
            ),
            click.option(
                "--wait",
                type=click.FloatRange(min=0),
                default=0,
                metavar="SECONDS",
                help="How long to wait while another run holds the lock.",
            ),
            click.option("--json", "output", flag_value="json", help="Print the report as JSON."),
            click.option("--markdown", "output", flag_value="markdown", help="Print the report as Markdown."),
            click.option(
                "--log-format",
                type=click.Choice(["text", "json"]),
                default="text",
                help="Progress on stderr for people or machines.",
            ),
        ]
    ):
        command = option(command)
    return project_options(command)


@click.command()
@_shared_options
@click.option("--offline", is_flag=True, help="Ask HubSpot nothing; addresses never looked up stay open.")
def plan(project: Project, offline: bool, **options: Any) -> None:
    """Show what a run would change, per list; send nothing.

    Addresses are judged and contacts looked up (reads only), and both are remembered for the run.
    Exit code 3 when a guard would stop the run.
    """
    _perform(project, sends=False, offline=offline, build=False, **options)


@click.command()
@_shared_options
@click.option("--build", is_flag=True, help=f"First `dbt build --select {_SELECTION}`; stop when it fails.")
def run(project: Project, build: bool, **options: Any) -> None:
    """Make HubSpot's lists agree with the audience.

    Needs HUBSPOT_ACCESS_TOKEN and HUBSPOT_PORTAL_ID. A run that died needs nothing special: run again.
    """
    _perform(project, sends=True, offline=False, build=build, **options)


def _perform(
    project: Project,
    *,
    sends: bool,
    offline: bool,
    build: bool,
    lists: tuple[str, ...],
    limit: int | None,
    allow: tuple[str, ...],
    adopt: tuple[str, ...],
    wait: float,
    output: str | None,
    log_format: str,
) -> None:
    flags = Flags(
        sends=sends,
        offline=offline,
        lists=lists,
        limit=limit,
        allow=frozenset(allow),
        adopt=frozenset(adopt),
        wait_seconds=wait,
    )
    with JsonLog() if log_format == "json" else Console() as listener:
        report, error = _carry_out(project, flags, build, listener)
    printers = {"json": as_json, "markdown": as_markdown}
    show(printers.get(output or "", as_text)(report))
    if error is not None:
        raise error
    _raise_objections(report)


def _raise_objections(report: Report) -> None:
    from sync.closing import objected

    if report.objections:
        raise objected(report.objections)


def _carry_out(
    project: Project, flags: Flags, build: bool, listener: JsonLog | Console
) -> tuple[Report, SyncError | None]:
    from sync.run import carry_out

    with project.open(listener) as warehouse:
        settings = warehouse.call("hubspot_sync_settings")
        check_package(settings, version("hubspot-sync"))
        job = load(os.environ, settings, flags)
        if build:
            warehouse.build(_SELECTION)
        parts = build_parts(warehouse, job, listener.tell, _BUILD)
        with stoppable(parts.caller.stop):
            return carry_out(parts)


def build_parts(warehouse: Any, job: Job, tell: Callable[..., None], mend: str | None = None) -> Any:
    """Put the parts of a run together. Raises `SyncError` when the project is not built; `mend` is what to do then."""
    from sync.caller import Caller
    from sync.figures import Figures
    from sync.hubspot import HubSpot
    from sync.ledger import MODELS, Ledger
    from sync.opening import Parts
    from sync.runs import Runs

    warehouse.check_built(MODELS, mend)
    hubspot = None
    if not job.flags.offline:
        hubspot = HubSpot(job.base_url, job.token, job.api_version, job.timeout_seconds)
    runs = Runs(warehouse, job.settle_seconds, requests=lambda: 0 if hubspot is None else hubspot.requests)
    runs.create_state()
    return Parts(
        job=job,
        ledger=Ledger(warehouse),
        figures=Figures(warehouse),
        runs=runs,
        hubspot=hubspot,
        caller=Caller(job.requests_per_10_seconds, runs.may_send, share_percent=job.limit_share_percent),
        tell=tell,
        version=version("hubspot-sync"),
    )


@contextmanager
def stoppable(stop: Callable[[SyncError], None]) -> Iterator[None]:
    """End in order on the first Ctrl-C or SIGTERM: what is under way is finished and recorded. The second kills."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        for each, handler in before.items():
            signal.signal(each, handler)
        stop(StoppedError(number))

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
