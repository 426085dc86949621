"""The page for people about what happens at night: its tables come from what runs really did."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.proof.fault_kinds import Kind
from tests.proof.fault_stage import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_LATER = (
    "See why in `hubspot_settled_changes`; a later run tries again "
    "(vars `hubspot_retry_rejected_days`, `hubspot_lookup_absent_days`)."
)


def section(kind: Kind, outcomes: Sequence[tuple[str, Outcome]]) -> str:
    """The part of the page about one trouble; phases with the same outcome share a row."""
    phases: dict[Outcome, list[str]] = {}
    for phase, outcome in outcomes:
        phases.setdefault(outcome, []).append(phase)
    lines = [
        f"### {kind.title}",
        "",
        kind.meaning
        + (" Where it happens once, the request is repeated and nobody notices." if kind.passing else ""),
        "",
        "| while the run is | it says | done in HubSpot | exit code | what to do |",
        "| --- | --- | --- | --- | --- |",
        *(_row(", ".join(titles), outcome) for outcome, titles in phases.items()),
    ]
    return "\n".join(lines) + "\n"


def _row(phases: str, outcome: Outcome) -> str:
    left = f", with {', '.join(outcome.left)}" if outcome.left else ""
    said = " ".join(outcome.sentence.split()) or f"goes on to its end{left}"
    done = ", ".join(outcome.done) or "nothing"
    mend = " ".join(outcome.mend.split()) or (_LATER if left else "nothing")
    return f"| {phases} | {said} | {done} | {outcome.exit_code} | {mend} |"


def told_of(text: str, kind: Kind, phase: str) -> str:
    """What the page tells of a trouble in one phase: the row without its first cell, empty when there is none."""
    for line in sections_of(text).get(kind.title, "").splitlines():
        first, _, rest = line.removeprefix("| ").partition(" | ")
        if phase in first.split(", "):
            return rest
    return ""


def as_told(outcome: Outcome) -> str:
    """What the page should tell of an outcome."""
    return _row("", outcome).removeprefix("|  | ")


def sections_of(text: str) -> dict[str, str]:
    """The page's generated parts by title."""
    parts = re.split(r"^(?=### )", text, flags=re.MULTILINE)[1:]
    return {
        part.splitlines()[0].removeprefix("### "): part.split("\n## ")[0].rstrip("\n") + "\n"
        for part in parts
    }


def with_section(text: str, title: str, new: str) -> str:
    """The page with one part replaced, or added at the end."""
    old = sections_of(text).get(title)
    return text.replace(old, new) if old else text.rstrip("\n") + "\n\n" + new
