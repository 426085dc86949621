"""`validate`: verdicts for addresses from a file or a pipe, without dbt, warehouse or HubSpot."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO

import click

from sync.cli.output import silence
from sync.errors import GuardError, SettingsError

_EXITS = """\b
Exit codes:
    0  every row has its verdict, rejected ones included
    2  the input cannot be read: no such file, no such column, not JSON
    3  with --fail-on-rejected: at least one address is rejected
"""


@click.command(epilog=_EXITS)
@click.argument("file", default="-", metavar="[FILE]")
@click.option(
    "--input",
    "input_format",
    type=click.Choice(["text", "csv", "jsonl"]),
    help="text: an address a line. csv: a column of a file with a header. jsonl: a JSON string a line, or an "
    "object with `email`. Default: by FILE's ending, else text.",
)
@click.option("--column", default="email", show_default=True, metavar="NAME", help="Column of the CSV.")
@click.option(
    "--output",
    "output_format",
    type=click.Choice(["jsonl", "csv", "table"]),
    help="jsonl, csv: one row for each row of the input, in its order. table: counts by reason code with masked "
    "examples. Default: table on a terminal, else jsonl.",
)
@click.option("--fail-on-rejected", is_flag=True, help="Exit with 3 if any address is rejected.")
def validate(
    file: str, input_format: str | None, column: str, output_format: str | None, fail_on_rejected: bool
) -> None:
    """Judge the addresses of FILE, or of standard input, by the rules of a run.

    Every row of the input gets a verdict, blank lines too. An accepted address has the form in which it would be
    sent; a rejected one has a reason code, a sentence and, where it can be guessed, what was meant.
    """
    # Help must not wait for them.
    from sync.cli.verdict_output import OUTPUTS
    from sync.cli.verdict_stream import judge_stream
    from sync.console import Console

    stdout = sys.stdout.buffer
    output_format = output_format or ("table" if stdout.isatty() else "jsonl")
    try:
        with ExitStack() as stack:
            rows = _rows(stack.enter_context(_opened(file)), file, input_format, column)
            # A bar and rows on the same terminal would run into each other.
            shows = sys.stderr.isatty() and (output_format == "table" or not stdout.isatty())
            tell = stack.enter_context(Console()).tell if shows else None
            total, rejected = judge_stream(rows, OUTPUTS[output_format](stdout), tell)
        stdout.flush()
    except BrokenPipeError:
        # Whoever read us has had enough.
        silence()
        return
    if fail_on_rejected and rejected:
        raise GuardError(
            "rejected", f"{rejected:,} of {total:,} addresses are rejected.", "Their codes say why."
        )


def _opened(file: str) -> BinaryIO:
    from sync.cli.address_input import open_input

    if file != "-":
        return open_input(file)
    if sys.stdin is None:
        raise SettingsError("input", "Standard input is closed.", "Name a file or pipe one in.")
    return sys.stdin.buffer


def _rows(stream: BinaryIO, file: str, input_format: str | None, column: str) -> Iterator[list[str | None]]:
    from sync.cli import address_input

    input_format = input_format or address_input.FORMATS.get(os.path.splitext(file)[1].lower(), "text")
    if input_format == "csv":
        return address_input.csv_rows(stream, column)
    if input_format == "jsonl":
        return address_input.jsonl_rows(stream)
    return address_input.text_rows(stream)
