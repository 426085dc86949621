"""A stranger follows "Add it to your dbt project" word for word, twice, into one database."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.dbt_project import ROOT
from tests.emulator_process import EmulatorProcess
from tests.host import Host

pytestmark = pytest.mark.proof

PAGE = (ROOT / "docs" / "add-to-your-dbt-project.md").read_text(encoding="utf-8")
FILES = re.findall(
    r"^`([\w./]+)`(:|, added at the end:)\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
)
COMMANDS = [
    line
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
CUSTOMERS = """customer_id,email,lifetime_value
1,ann@example.com,900
2,bob@example.com,20
3,Cat@Example.com,500
4,dan@gmail.con,700
"""


def team_project(folder: Path, warehouse: Path, schema: str) -> Path:
    """A team's dbt project before it knows of us: a seed and a model of customers."""
    project = folder / schema
    (project / "models").mkdir(parents=True)
    (project / "seeds").mkdir()
    (project / "seeds" / "raw_customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (project / "models" / "customers.sql").write_text(
        "select * from {{ ref('raw_customers') }}", encoding="utf-8"
    )
    (project / "dbt_project.yml").write_text(
        f"name: {schema}\nversion: '1.0'\nprofile: {schema}\nflags:\n  send_anonymous_usage_stats: false\n",
        encoding="utf-8",
    )
    output = {"type": "duckdb", "path": str(warehouse), "schema": schema, "threads": 2, "keep_open": False}
    (project / "profiles.yml").write_text(
        json.dumps({schema: {"target": "dev", "outputs": {"dev": output}}}), encoding="utf-8"
    )
    return project


def follow_the_page(project: Path, hubspot: EmulatorProcess, commands: list[str]) -> None:
    """Write the page's files and type its commands."""
    for name, how, text in FILES:
        path = project / name
        before = path.read_text(encoding="utf-8") if how != ":" else ""
        path.write_text(before + text, encoding="utf-8")
    modules = {"dbt": "dbt.cli.main", "hubspot-sync": "sync"}
    environment = Host.environment(hubspot) | {"PYTHONPATH": str(ROOT)}
    for command in commands:
        program, *arguments = command.split()
        done = subprocess.run(
            [sys.executable, "-m", modules[program], *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def test_the_page_works_as_written_and_two_projects_share_a_database(
    tmp_path: Path, hubspot: EmulatorProcess
) -> None:
    assert [name for name, *_ in FILES] == ["packages.yml", "models/hubspot_wanted.sql", "dbt_project.yml"]
    hubspot.contacts(
        [{"email": "ann@example.com"}, {"email": "bob@example.com"}, {"email": "cat@example.com"}]
    )
    (tmp_path / "hubspot-sync").symlink_to(ROOT)
    warehouse = tmp_path / "warehouse.duckdb"
    follow_the_page(team_project(tmp_path, warehouse, "sales"), hubspot, COMMANDS)
    list_id = hubspot.list_id("VIP")
    assert hubspot.members(list_id) == ["ann@example.com", "cat@example.com"]
    with EmulatorProcess() as other:
        other.contacts([{"email": "cat@example.com"}])
        short = ["dbt deps", "dbt build", "hubspot-sync run"]
        follow_the_page(team_project(tmp_path, warehouse, "support"), other, short)
        assert other.members(other.list_id("VIP")) == ["cat@example.com"]
    assert hubspot.members(list_id) == ["ann@example.com", "cat@example.com"]
    with duckdb.connect(str(warehouse)) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        runs = {
            schema: connection.execute(f"select max(run_no) from {schema}_hubspot_sync.run_events").fetchall()
            for schema in ("sales", "support")
        }
    assert {schema for schema, _ in tables} == {
        "sales",
        "sales_hubspot_sync",
        "support",
        "support_hubspot_sync",
    }
    own = {name for schema, name in tables if schema == "sales" and not name.startswith("hubspot_")}
    assert own == {"raw_customers", "customers"}
    assert runs == {"sales": [(3,)], "support": [(1,)]}
