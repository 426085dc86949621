"""Data for standard output."""

from __future__ import annotations

import os
import sys

import click


def show(text: str) -> None:
    """Print text and a line end. Whoever reads it may have had enough: the command still ends as it would have."""
    try:
        click.echo(text)
    except BrokenPipeError:
        silence()


def silence() -> None:
    """Let nothing more be written to a standard output that nobody reads; Python complains while it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
