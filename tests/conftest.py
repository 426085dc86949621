"""Fixtures that several folders of tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from emulator.behaviour import SWITCHES, WHOLE_NUMBER
from tests.emulator_process import EmulatorProcess
from tests.host import Host

# The same examples every time, and no judgement on a machine that is busy with something else.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Nobody outside HubSpot knows which way its switches stand: what is promised must hold with each flipped."""
    parser.addoption(
        "--each-switch",
        action="store_true",
        help="run each test with fixture hubspot once for each switch of the emulator, flipped",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Carry out --each-switch."""
    if metafunc.config.getoption("each_switch") and "hubspot" in metafunc.fixturenames:
        metafunc.parametrize("hubspot", list(_flipped()), indirect=True)


def _flipped() -> Iterator[str]:
    for name, switch in SWITCHES.items():
        for value in switch.values[1:]:
            yield f"{name}={'1' if value == WHOLE_NUMBER else value}"


def pytest_report_header() -> str:
    """Name the versions that results depend on."""
    from importlib.metadata import version

    return ", ".join(
        f"{name} {version(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb", "email-validator")
    )


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Host]]:
    """Hosts by engine, made when first asked for."""
    made = _Hosts(tmp_path_factory.mktemp("hosts"))
    yield made
    for each in made.values():
        each.close()


class _Hosts(dict[str, Host]):
    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def __missing__(self, engine: str) -> Host:
        self[engine] = Host(engine, self._directory / engine)
        return self[engine]


@pytest.fixture
def duckdb_host(hosts: dict[str, Host]) -> Host:
    """A host on DuckDB with an empty warehouse."""
    hosts["duckdb"].reset()
    return hosts["duckdb"]


@pytest.fixture(params=["duckdb", "postgres"])
def host(hosts: dict[str, Host], request: pytest.FixtureRequest) -> Host:
    """A host with an empty warehouse, on each engine in turn."""
    engine: str = request.param
    hosts[engine].reset()
    return hosts[engine]


@pytest.fixture
def hubspot(request: pytest.FixtureRequest) -> Iterator[EmulatorProcess]:
    """An emulator without contacts, and without the limit that would make every test as slow as HubSpot."""
    flipped = ("--behaviour", request.param) if hasattr(request, "param") else ()
    with EmulatorProcess(arguments=("--burst", "1000000000", *flipped)) as emulator:
        yield emulator
