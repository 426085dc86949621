"""The demo's models build on every engine, agree between engines, and follow the second day's changes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dbt_project import ROOT, DbtProject

Audience = set[tuple[str, str, str]]


def build(project: DbtProject) -> Audience:
    """Build everything with every test of dbt and return list, customer and address of the audience."""
    nodes = project.run("build").result
    warned = {node.node.name for node in getattr(nodes, "results", []) if node.status == "warn"}
    assert warned == {"assert_no_key_is_shared_by_many"}  # the office whose address fourteen contacts share
    return {
        (list_name, customer, email)
        for list_name, customer, email in project.query(
            "select list_name, customer_id, email from hubspot_audience"
        )
    }


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Audience:
    """The audience on DuckDB with the seeds as committed."""
    return build(DbtProject("duckdb", tmp_path_factory.mktemp("first")))


def test_postgres_wants_the_same_people_as_duckdb(first_day: Audience, tmp_path: Path) -> None:
    assert len(first_day) > 500
    assert build(DbtProject("postgres", tmp_path)) == first_day


def test_second_day_moves_the_people_it_says_it_moves(first_day: Audience, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for folder in ("models", "macros", "seeds", "tests/dbt"):
        shutil.copytree(ROOT / folder, project / folder)
    shutil.copy(ROOT / "dbt_project.yml", project)
    script = ROOT / "demo" / "make_seeds.py"
    subprocess.run([sys.executable, script, "--day", "2", "--out", project / "seeds"], check=True)
    second_day = build(DbtProject("duckdb", tmp_path / "warehouse", project=project))
    before, after = ({customer for _, customer, _ in day} for day in (first_day, second_day))
    assert len(before - after) == 22
    assert len(after - before) == 12
    assert len({customer for _, customer, _ in second_day - first_day} & before) == 8
