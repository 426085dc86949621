"""One address or id from the command line or standard input; from there it stands in no shell history."""

from __future__ import annotations

import sys

import click

from sync.cli.address_input import text_rows
from sync.errors import SettingsError


def read_subject(what: str) -> str:
    """The one line of standard input. Raises `SettingsError` for none, several, or one that is no text."""
    if sys.stdin.isatty():
        click.echo(f"The {what}, then Enter and Ctrl-D:", err=True)
    lines = [line for batch in text_rows(sys.stdin.buffer) for line in batch if line and line.strip()]
    if len(lines) != 1:
        raise SettingsError(
            "input",
            f"Standard input has {len(lines) or 'no'} lines that are not blank.",
            f"Give exactly one {what}.",
        )
    return checked_subject(lines[0], what)


def checked_subject(text: str, what: str) -> str:
    """The text, if a warehouse can hold it. Raises `SettingsError`."""
    if not text.strip() or "\x00" in text or _has_surrogate(text):
        raise SettingsError("input", f"That is no {what}.", f"Give one {what} as plain text.")
    return text


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
