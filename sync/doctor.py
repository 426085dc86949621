"""Everything a first run needs, looked at in order. One thing that is wrong does not hide the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any

from sync import checks, config
from sync.access import read_access
from sync.caller import Caller
from sync.check_hubspot import OF_HUBSPOT, Examination
from sync.check_project import OF_PROJECT, Known, check_project
from sync.config import Flags
from sync.emails import tld_date
from sync.errors import SyncError
from sync.findings import Finding, not_checked, of_error, ok
from sync.hubspot import HubSpot

_TIMEOUT_SECONDS = 20.0
_MEMBERSHIP_BATCH = 500
"""While the project does not tell its own."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is examined, and by what means."""

    open_warehouse: Callable[[], AbstractContextManager[Any]]
    """Parse the dbt project and give its warehouse; may raise `SyncError`."""
    environ: Mapping[str, str]
    version: str
    """Of the job."""
    today: date
    new_caller: Callable[[], Caller]
    """A caller for one question, so that a refusal of one does not stop the others."""


def examine(setup: Setup) -> list[Finding]:
    """Look at the project, the warehouse, the settings and HubSpot. Nothing is written anywhere."""
    known = Known()
    with ExitStack() as stack:
        findings = _project(setup, stack, known)
        findings += _settings(setup, known)
        findings += _hubspot(setup, known)
    return [*findings, checks.tld_list(tld_date(), setup.today)]


def _project(setup: Setup, stack: ExitStack, known: Known) -> list[Finding]:
    try:
        return check_project(stack.enter_context(setup.open_warehouse()), setup.version, known)
    except SyncError as error:
        unseen = [not_checked(each, "the dbt project cannot be read") for each in OF_PROJECT]
        return [of_error("project", error), *unseen]


def _settings(setup: Setup, known: Known) -> list[Finding]:
    if known.settings is None:
        _, problems = read_access(setup.environ, sends=True)
        return [
            *map(checks.setting, problems),
            not_checked("settings", "the dbt project's vars cannot be read"),
        ]
    _, problems = config.examine(setup.environ, known.settings, Flags(sends=True))
    return [*map(checks.setting, problems)] or [ok("settings", "Environment and vars are complete.")]


def _hubspot(setup: Setup, known: Known) -> list[Finding]:
    # HubSpot can be asked as soon as it is known where and with which token, whatever else is wrong.
    needed = {**setup.environ, "HUBSPOT_PORTAL_ID": ""}
    if read_access(needed)[1]:
        return [not_checked(each, "token or address of HubSpot are not set right") for each in OF_HUBSPOT]
    access, _ = read_access(setup.environ)
    batch = (known.settings or {}).get("membership_batch")
    return Examination(
        hubspot=HubSpot(access.base_url, access.token, access.api_version, _TIMEOUT_SECONDS),
        base_url=access.base_url,
        portal_id=access.portal_id,
        known=known,
        membership_batch=batch if isinstance(batch, int) and batch > 0 else _MEMBERSHIP_BATCH,
        new_caller=setup.new_caller,
    ).findings()
