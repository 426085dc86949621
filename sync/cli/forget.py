"""`forget`: a person leaves the lists and the ledger."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sync.cli.output import show
from sync.cli.project import Project, project_options
from sync.cli.subject_input import read_subject
from sync.config import Flags, load
from sync.console import Console
from sync.errors import SettingsError
from sync.masking import mask_all

if TYPE_CHECKING:
    from sync.forget import Forgotten

_NOUNS = {
    "email_verdicts": "verdict",
    "contact_lookups": "lookup",
    "change_intents": "change",
    "change_receipts": "message",
    "member_observations": "observation",
    "suggestions": "suggestion",
}
_ERASED = ("email_verdicts", "contact_lookups", "change_receipts", "suggestions")


@click.command()
@project_options
@click.option("--dry-run", is_flag=True, help="Say what would be erased; send nothing, erase nothing.")
def forget(project: Project, dry_run: bool) -> None:
    """Take one person off the lists and erase the address; it comes on standard input.

    The contact leaves every list to which this ledger added it. Once HubSpot has said so, every state row
    forgets the address and the contact. Suppress the address at its source, or the next run brings it back.
    Needs HUBSPOT_ACCESS_TOKEN and HUBSPOT_PORTAL_ID. HubSpot's own record of the contact stays.
    """
    from sync import forget as story
    from sync.cli.sync_commands import build_parts
    from sync.person import MODELS

    email = read_subject("address")
    if "@" not in email:
        raise SettingsError("input", "That is no address: it has no @-sign.", "Give one address.")
    with Console() as console, project.open(console) as warehouse:
        flags = Flags(sends=not dry_run, offline=dry_run)
        job = load(os.environ, warehouse.call("hubspot_sync_settings"), flags)
        warehouse.check_built(MODELS)
        parts = build_parts(warehouse, job, console.tell)
        found = story.find(warehouse, email) if dry_run else story.forget(parts, warehouse, email)
    show(as_text(found, dry_run=dry_run))


def as_text(found: Forgotten, *, dry_run: bool) -> str:
    """What was done, or would be; addresses are masked."""
    return mask_all("\n".join(_lines(found, dry_run)))


def _lines(found: Forgotten, dry_run: bool) -> Iterator[str]:
    if not found.is_known:
        yield f"The ledger knows nothing of {found.email}; nothing was sent."
    else:
        contacts = ", ".join(found.contact_ids) or "none"
        yield f"{found.email} (HubSpot contact: {contacts})"
        would = "would be " if dry_run else ""
        for each in found.memberships:
            yield f"  {would}taken off {each.list_name or each.list_id!r} (HubSpot list {each.list_id})"
        yield f"  {would}erased: {_counted(found, erased=True)}"
        yield f"  {would}kept under a pseudonym: {_counted(found, erased=False)}"
    if found.other_emails:
        yield f"Other addresses of the same contact: {', '.join(found.other_emails)}. Suppress them as well."
    if found.wanted_on:
        yield (
            f"The audience of {', '.join(map(repr, found.wanted_on))} still has the address: suppress it at its "
            "source and run `dbt build` before the next run, which would look it up and add it again."
        )
    else:
        yield "No audience has the address. Suppress it at its source, so that none takes it up again."


def _counted(found: Forgotten, *, erased: bool) -> str:
    told = [
        f"{count:,} {_NOUNS[table]}{'' if count == 1 else 's'}"
        for table, count in found.row_counts.items()
        if count and (table in _ERASED) is erased
    ]
    return ", ".join(told) or "nothing"
