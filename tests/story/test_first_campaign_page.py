"""A stranger follows "Your first campaign" word for word."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.emulator_process import EmulatorProcess
from tests.page import Page, cloned_project, team_project

pytestmark = pytest.mark.proof

PAGE = Page("your-first-campaign.md")
NAMES = ("lena", "max", "erik", "eva", "ida", "jon", "kim", "lou")


def test_the_page_works_as_written(tmp_path: Path, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": f"{name}@example.com"} for name in NAMES])
    package = {"packages.yml": "packages:\n  - local: ../hubspot-sync\n"}
    warehouse = tmp_path / "warehouse.duckdb"
    printed = PAGE.follow(team_project(tmp_path, warehouse, "sales", package), hubspot)
    with duckdb.connect(str(warehouse)) as connection:
        members = connection.execute(
            "select campaign_members.is_control, customer_360.email from sales.campaign_members "
            "inner join sales.customer_360 using (customer_id) order by 2"
        ).fetchall()
    treated = [email for is_control, email in members if not is_control]
    # Not Max, who has spent 99, nor Kim and Lou, who bought lately or never.
    assert [email.partition("@")[0] for _, email in members] == ["erik", "eva", "ida", "jon", "lena"]
    assert 0 < len(treated) < len(members)
    assert sorted(hubspot.members(hubspot.list_id("Wake up with voucher"))) == treated
    assert "What came of your campaigns" in printed[2]
    assert "Sleepers" in printed[2]
    last = printed[-1].partition("Wake up, everybody")[2].splitlines()
    assert last[1].split()[:3] == ["voucher", str(len(treated)), str(len(treated))]
    assert last[2].split()[:4] == ["control", str(len(members) - len(treated)), "control", "group"]


def test_the_page_works_in_a_clone_of_this_repository_as_well(
    tmp_path: Path, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts([{"email": f"{name}@example.com"} for name in NAMES])
    warehouse = tmp_path / "warehouse.duckdb"
    PAGE.follow(cloned_project(tmp_path, warehouse), hubspot)
    with duckdb.connect(str(warehouse)) as connection:
        treated = connection.execute(
            "select customer_360.email from sales.campaign_members "
            "inner join sales.customer_360 using (customer_id) where not is_control order by 1"
        ).fetchall()
    assert 0 < len(treated) < len(NAMES)
    assert sorted(hubspot.members(hubspot.list_id("Wake up with voucher"))) == [email for (email,) in treated]
