"""The portals the contract is held against: the emulator always, a real one when the environment has its token."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.contract.portal import BASE_URL, Portal
from tests.emulator_process import EmulatorProcess

PATIENCE = 60.0
"""Seconds that a real HubSpot may take until reads show a write."""

_LIVE = [pytest.param("live", marks=pytest.mark.live)] if os.environ.get("HUBSPOT_CONTRACT_TOKEN") else []


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    """An emulated sandbox."""
    with EmulatorProcess(arguments=["--account-type", "SANDBOX"]) as process:
        yield process.url


@pytest.fixture(params=["emulator", *_LIVE])
def portal(request: pytest.FixtureRequest) -> Iterator[Portal]:
    """A portal to write to, and to leave as it was."""
    if request.param == "live":
        url = os.environ.get("HUBSPOT_CONTRACT_BASE_URL", BASE_URL)
        made = Portal(url, os.environ["HUBSPOT_CONTRACT_TOKEN"], PATIENCE)
    else:
        made = Portal(request.getfixturevalue("emulator_url"), "any")
    with made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which way the emulator's switches stand in the real portal."""
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and report.nodeid.endswith("[live]"):
            for name, value in report.user_properties:
                terminalreporter.write_line(f"this portal is like --behaviour {name}={value}")
