"""The page for people about what happens at night: its tables come from what runs really did."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.proof.fault_kinds import Kind
from tests.proof.fault_stage import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_SEE = (
    (
        "`add` changes `rejected`",
        "See why in `hubspot_rejected_emails` (`stage` is hubspot); "
        "tried again after var `hubspot_retry_rejected_days`.",
    ),
    (
        "`update` changes `rejected`",
        "See why in `hubspot_rejected_updates`; tried again after var `hubspot_retry_rejected_days`.",
    ),
    (
        "`remove` changes `rejected`",
        "See `code`, `message` and `correlation_id` in `change_receipts`; the next run tries again.",
    ),
    (
        "rows `rejected_by_hubspot`",
        "See why in `hubspot_rejected_emails` (`stage` is hubspot); "
        "looked up again after var `hubspot_lookup_absent_days`.",
    ),
    (
        "rows `not_in_hubspot`",
        "`hubspot-sync explain` says it of a person; looked up again after var `hubspot_lookup_absent_days`.",
    ),
    ("changes `missing`", "nothing: the run looked the address up again and went on with what it found"),
)
"""Where to see what a run that went on to its end left undone; the first that is there counts."""


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
    mend = " ".join(outcome.mend.split()) or what_to_see(outcome.left)
    return f"| {phases} | {said} | {done} | {outcome.exit_code} | {mend} |"


def what_to_see(left: Sequence[str]) -> str:
    """Where to look after a run that went on to its end and left this undone."""
    if not left:
        return "nothing"
    return next(see for part, see in _SEE if any(part in each for each in left))


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
