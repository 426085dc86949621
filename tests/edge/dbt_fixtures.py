"""The dbt project on each engine, for tests of its SQL. A module imports the fixture that it uses."""

from __future__ import annotations

import pytest

from tests.dbt_project import DbtProject, Target


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> DbtProject:
    """An empty warehouse of each engine in turn."""
    target: Target = request.param
    return DbtProject(target, tmp_path_factory.mktemp(target))
