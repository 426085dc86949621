"""A stranger follows "Add it to your dbt project" word for word, twice, into one database."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.emulator_process import EmulatorProcess
from tests.page import Page, team_project

pytestmark = pytest.mark.proof

PAGE = Page("add-to-your-dbt-project.md")
CUSTOMERS = """customer_id,email,lifetime_value
1,ann@example.com,900
2,bob@example.com,20
3,Cat@Example.com,500
4,dan@gmail.con,700
"""


def customers_project(folder: Path, warehouse: Path, schema: str) -> Path:
    """A team's dbt project before it knows of us: a seed and a model of customers."""
    model = "select * from {{ ref('raw_customers') }}"
    files = {"seeds/raw_customers.csv": CUSTOMERS, "models/customers.sql": model}
    return team_project(folder, warehouse, schema, files)


def test_the_page_works_as_written_and_two_projects_share_a_database(
    tmp_path: Path, hubspot: EmulatorProcess
) -> None:
    assert [name for name, *_ in PAGE.files] == [
        "packages.yml",
        "models/hubspot_wanted.sql",
        "dbt_project.yml",
    ]
    hubspot.contacts(
        [{"email": "ann@example.com"}, {"email": "bob@example.com"}, {"email": "cat@example.com"}]
    )
    warehouse = tmp_path / "warehouse.duckdb"
    PAGE.follow(customers_project(tmp_path, warehouse, "sales"), hubspot)
    list_id = hubspot.list_id("VIP")
    assert hubspot.members(list_id) == ["ann@example.com", "cat@example.com"]
    with EmulatorProcess() as other:
        other.contacts([{"email": "cat@example.com"}])
        short = ["dbt deps", "dbt build", "hubspot-sync run"]
        PAGE.follow(customers_project(tmp_path, warehouse, "support"), other, short)
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
