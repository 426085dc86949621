"""Every trouble of the emulator in every phase of a run: how it ends, and that the next run makes it right.

The outcomes are the tables of docs/reliability.md. `PROOF=full` plays all of them, the default a third; after a change
that is meant to alter them, `RELIABILITY=write` writes them anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from emulator.fault_script import TROUBLES
from emulator.faults import fits
from sync.hubspot import ALLOWED
from tests.emulator_process import EmulatorProcess
from tests.host import Host
from tests.hubspot_routes import USAGE
from tests.proof.fault_kinds import KINDS, PHASES, Kind, Phase
from tests.proof.fault_stage import Stage
from tests.proof.reliability_page import PAGE, as_told, section, sections_of, told_of, with_section

pytestmark = pytest.mark.proof
WRITES = os.environ.get("RELIABILITY") == "write"
SAMPLE = 3
"""Phases of each kind that are played unless `PROOF=full`."""


@pytest.fixture(scope="module")
def stage(hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage on DuckDB."""
    with EmulatorProcess() as hubspot:
        yield Stage(hosts["duckdb"], hubspot, tmp_path_factory.mktemp("stage"))


def chosen(kind: Kind) -> list[Phase]:
    """The phases to play: all of them, or by default a few, others for each kind."""
    phases = [phase for phase in PHASES if fits(kind.trouble, phase.route)]
    if os.environ.get("PROOF") == "full" or WRITES:
        return phases
    start = KINDS.index(kind)
    return [
        phases[(start + place * len(phases) // SAMPLE) % len(phases)]
        for place in range(min(SAMPLE, len(phases)))
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_the_next_run_makes_it_right_and_the_page_says_how_this_one_ends(stage: Stage, kind: Kind) -> None:
    outcomes = [(phase.title, stage.play(kind, phase)) for phase in chosen(kind)]
    if WRITES:
        new = with_section(PAGE.read_text(encoding="utf-8"), kind.title, section(kind, outcomes))
        PAGE.write_text(new, encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    assert {phase: told_of(page, kind, phase) for phase, _ in outcomes} == {
        phase: as_told(outcome) for phase, outcome in outcomes
    }


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.passing], ids=lambda kind: kind.title)
def test_where_a_passing_trouble_happens_once_nobody_notices(stage: Stage, kind: Kind) -> None:
    stage.play_once(kind, [phase for phase in PHASES if phase.title != "making a list" and not phase.after])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.passing], ids=lambda kind: kind.title)
def test_nor_where_it_happens_to_the_reading_of_what_properties_hold(stage: Stage, kind: Kind) -> None:
    stage.play_once(kind, [phase for phase in PHASES if phase.after])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_the_doctor_gives_its_findings_whatever_becomes_of_the_question_for_the_days_requests(
    stage: Stage, kind: Kind
) -> None:
    findings = stage.examine(kind, USAGE) if fits(kind.trouble, USAGE) else []
    assert [each for each in findings if each.status == "problem"] == []


def test_every_request_that_the_job_may_make_has_its_phase() -> None:
    routes = {re.sub("{[A-Za-z]+}", "1", each.route) for each in PHASES} | {USAGE}
    assert [
        f"{method} {pattern}"
        for method, pattern in ALLOWED
        if not any(re.fullmatch(f"{method} ({pattern})", route) for route in routes)
    ] == []


def test_every_trouble_of_the_emulator_is_played_and_no_other_is_on_the_page() -> None:
    assert {kind.trouble for kind in KINDS} == set(TROUBLES)
    assert list(sections_of(PAGE.read_text(encoding="utf-8"))) == [kind.title for kind in KINDS]
