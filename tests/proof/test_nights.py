"""Whatever happened in whatever order, a night without trouble makes it right. `PROOF=full` plays far longer."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.emulator_process import EmulatorProcess
from tests.host import Host
from tests.proof.night import BURST, DAILY, Nights

pytestmark = pytest.mark.proof
FULL = os.environ.get("PROOF") == "full"
EXAMPLES = {"duckdb": 7, "postgres": 6}


@pytest.fixture
def portal() -> Iterator[EmulatorProcess]:
    """A HubSpot whose limits can be reached."""
    with EmulatorProcess(arguments=("--burst", str(BURST), "--daily", str(DAILY))) as emulator:
        yield emulator


@pytest.mark.parametrize("engine", EXAMPLES)
def test_a_night_without_trouble_makes_it_right(
    hosts: dict[str, Host], portal: EmulatorProcess, engine: str
) -> None:
    played = type(f"NightsOn{engine.capitalize()}", (Nights,), {"host": hosts[engine], "hubspot": portal})
    run_state_machine_as_test(
        played,
        settings=settings(
            max_examples=50 if FULL else EXAMPLES[engine],
            stateful_step_count=30 if FULL else 14,
            # A shorter example costs minutes to find; the steps of the first one are printed as they are.
            phases=list(Phase) if FULL else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
