"""The emulator as a pytest fixture: ``pytest_plugins = ["emulator.pytest_plugin"]`` in a ``conftest.py``.

One process serves the whole session; every test gets it empty, with nothing logged, scripted or used up.
"""

from collections.abc import Iterator, Sequence

import pytest

from emulator.process import EmulatorProcess


@pytest.fixture(scope="session")
def hubspot_emulator_arguments() -> Sequence[str]:
    """Arguments of ``python -m emulator`` for the session: override it to add some, ``--burst 100`` say."""
    return ()


@pytest.fixture(scope="session")
def _hubspot_emulator_process(hubspot_emulator_arguments: Sequence[str]) -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=hubspot_emulator_arguments) as process:
        yield process


@pytest.fixture
def hubspot_emulator(_hubspot_emulator_process: EmulatorProcess) -> EmulatorProcess:
    """An empty HubSpot: ``url`` to point a client at, methods to load contacts, script faults, read the log."""
    _hubspot_emulator_process.reset(portal=True)
    return _hubspot_emulator_process
