"""Every trouble of the emulator in every phase of a run: how it ends, and that the next run makes it right.

The outcomes are the tables of docs/reliability.md. After a change, `RELIABILITY=write` writes them anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from emulator.fault_script import TROUBLES
from emulator.faults import fits
from tests.emulator_process import EmulatorProcess
from tests.host import Host
from tests.proof.fault_kinds import KINDS, PHASES, Kind
from tests.proof.fault_stage import Stage
from tests.proof.reliability_page import PAGE, section, sections_of, with_section

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def stage(hosts: dict[str, Host], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage on DuckDB."""
    with EmulatorProcess() as hubspot:
        yield Stage(hosts["duckdb"], hubspot, tmp_path_factory.mktemp("stage"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_the_next_run_makes_it_right_and_the_page_says_how_this_one_ends(stage: Stage, kind: Kind) -> None:
    phases = [phase for phase in PHASES if fits(kind.trouble, phase.route)]
    outcomes = [(phase.title, stage.play(kind, phase)) for phase in phases]
    found = section(kind, outcomes)
    if os.environ.get("RELIABILITY") == "write":
        PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8"), kind.title, found), encoding="utf-8")
    assert sections_of(PAGE.read_text(encoding="utf-8")).get(kind.title) == found


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.passing], ids=lambda kind: kind.title)
def test_where_a_passing_trouble_happens_once_nobody_notices(stage: Stage, kind: Kind) -> None:
    stage.play_once(kind)


def test_every_trouble_of_the_emulator_is_played_and_no_other_is_on_the_page() -> None:
    assert {kind.trouble for kind in KINDS} == set(TROUBLES)
    assert list(sections_of(PAGE.read_text(encoding="utf-8"))) == [kind.title for kind in KINDS]
