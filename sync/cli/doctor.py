"""`doctor`: what a first run needs, line by line."""

from __future__ import annotations

import functools
import os
from datetime import UTC, datetime
from importlib.metadata import version

import click

from sync.cli.output import show
from sync.cli.project import Project, project_options
from sync.console import Console

_EXITS = """\b
Exit codes, by the first problem:
    0  all is well, or there are only warnings
    2  settings or versions
    5  HubSpot does not answer, or refuses the token, a scope or the portal
    7  the warehouse: no connection, models not built, state missing
"""
_REQUESTS_PER_10_SECONDS = 90


@click.command(epilog=_EXITS)
@project_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(project: Project, as_json: bool) -> None:
    """Check everything a first run needs, one line each: ok, warning or problem, with what to do.

    Looked at are the dbt project and its target, the warehouse, the models, the state, versions, settings, HubSpot's
    address, the token, its portal and scopes, the declared lists, today's quota and the list of top-level domains.
    What cannot be looked at because something before it is wrong says so.

    Nothing is written, neither to the warehouse nor to HubSpot. Rights to write are tried with requests that
    change nothing: an update of the contact 0, which cannot exist, and an empty change of a list.
    """
    from sync.caller import Caller
    from sync.doctor import Setup, examine
    from sync.findings import as_json as findings_json
    from sync.findings import as_text, exit_code

    with Console() as console:
        findings = examine(
            Setup(
                open_warehouse=functools.partial(project.open, console),
                environ=os.environ,
                version=version("hubspot-sync"),
                today=datetime.now(UTC).date(),
                new_caller=lambda: Caller(_REQUESTS_PER_10_SECONDS, lambda: True),
            )
        )
    show(findings_json(findings) if as_json else as_text(findings))
    # Each line has said it already: nothing is left to tell on stderr.
    raise SystemExit(exit_code(findings))
