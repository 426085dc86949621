"""A stranger follows "Bring your own sources" word for word."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.emulator_process import EmulatorProcess
from tests.page import Page, team_project

pytestmark = pytest.mark.proof

PAGE = Page("bring-your-own-sources.md")


def test_the_page_works_as_written(tmp_path: Path, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": "lena.muster@example.com"}, {"email": "max@example.com"}])
    package = {"packages.yml": "packages:\n  - local: ../hubspot-sync\n"}
    warehouse = tmp_path / "warehouse.duckdb"
    printed = PAGE.follow(team_project(tmp_path, warehouse, "sales", package), hubspot)
    assert "store:1001" in printed[2]
    assert "test@test.com" in printed[3]
    assert hubspot.members(hubspot.list_id("Buyers")) == ["lena.muster@example.com", "max@example.com"]
    explained = printed[-1]
    assert explained.startswith("store:1001 is on 'Buyers'")
    assert "  email le***@example.com links store:1001, web:W-1" in explained
    with duckdb.connect(str(warehouse)) as connection:
        merged = connection.execute(
            "select customer_id, email_source, record_count from sales.merged_customers order by customer_id"
        ).fetchall()
    assert merged == [
        ("store:1001", "web", 2),
        ("store:1002", "web", 2),
        ("store:1003", "store", 1),
        ("web:W-3", "web", 1),
    ]
