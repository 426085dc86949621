"""Fixtures that several folders of tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.emulator_process import EmulatorProcess
from tests.host import Host

# The same examples every time, and no judgement on a machine that is busy with something else.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


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
def hubspot() -> Iterator[EmulatorProcess]:
    """An emulator without contacts, and without the limit that would make every test as slow as HubSpot."""
    with EmulatorProcess(arguments=("--burst", "1000000000")) as emulator:
        yield emulator
