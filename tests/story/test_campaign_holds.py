"""From campaigns to HubSpot and back: who is in a control group is never sent, and the receipts prove it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from sync.cli.sync_commands import build_parts
from sync.config import Flags, load
from sync.results import Report
from sync.run import carry_out
from sync.warehouse import Warehouse
from tests.campaign_project import CampaignProject
from tests.dbt_project import ROOT, Target
from tests.edge.test_dbt_campaigns import given
from tests.emulator_process import EmulatorProcess
from tests.host import Host

pytestmark = pytest.mark.proof

STATE = "customers_hubspot_sync"
PROOF = "hubspot_no_control_was_sent"
(TREATED, UNKNOWN), (CONTROL,) = given("first", "a", 2), given("first", "control", 1)


@dataclass
class Team:
    """A project with one campaign, and runs of the job against it."""

    project: CampaignProject

    def night(self, hubspot: EmulatorProcess) -> Report:
        """Build everything, then run the job."""
        self.project.run("run")
        warehouse = Warehouse(
            project_dir=str(self.project.project),
            profiles_dir=str(self.project.profiles),
            dbt_vars=json.dumps(self.project.variables),
        )
        try:
            job = load(Host.environment(hubspot), warehouse.call("hubspot_sync_settings"), Flags(sends=True))
            report, error = carry_out(build_parts(warehouse, job, lambda event, **fields: None))
        finally:
            warehouse.close()
        assert error is None
        return report

    def proof(self) -> str:
        """What dbt says of the proof: pass or fail."""
        nodes: Any = self.project.invoke("test", "--select", PROOF).result
        (status,) = {str(each.status) for each in nodes.results if each.node.name == PROOF}
        return status

    def shown(self) -> int:
        """Rows that the documented query finds of the control customer."""
        page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
        (query,) = re.findall(r"```sql\n(select changes\.\*.*?)```", page, re.DOTALL)
        sql = query.replace("shop:1001", f"crm:{CONTROL}").replace("hubspot_sync_state", STATE)
        return len(self.project.query(sql))


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CampaignProject:
    """A project of each engine in turn."""
    target: Target = request.param
    settings = {
        "hubspot_settle_seconds": 0,
        "hubspot_requests_per_10_seconds": 100_000,
        "hubspot_attributes": [],
    }
    return CampaignProject(target, tmp_path_factory.mktemp(target), **settings)


@pytest.fixture
def team(made: CampaignProject) -> Team:
    """That project with a control customer and two others, of whom HubSpot knows one, and no memory."""
    made.clear()
    for table in ("contact_lookups", "change_intents", "change_receipts", "lists", "run_events"):
        if made.query(
            "select count(*) from information_schema.tables where table_schema = ? and table_name = ?",
            [STATE, table],
        ) != [(0,)]:
            made.query(f"delete from {STATE}.{table}")
    made.add(TREATED, UNKNOWN, CONTROL)
    made.declare("first")
    return Team(made)


def members(hubspot: EmulatorProcess) -> list[str]:
    """Ids of the contacts on the campaign's list."""
    lists = [each["listId"] for each in hubspot.state()["lists"] if each["name"] == "A"]
    return hubspot.member_ids(lists[0]) if lists else []


def test_a_contact_shared_with_the_control_group_is_not_sent(team: Team, hubspot: EmulatorProcess) -> None:
    addresses = {
        "email": f"{TREATED}@example.com",
        "hs_additional_emails": f"{CONTROL}@example.com",
    }
    (shared,) = hubspot.contacts([addresses])
    report = team.night(hubspot)
    assert {each.plan.list_name: each.statuses for each in report.lists}["A"] == {
        "held_out": 1,
        "not_in_hubspot": 1,
    }
    assert (members(hubspot), team.proof(), team.shown()) == ([], "pass", 0)
    # Both find it when it was done all the same.
    team.project.query(
        f"insert into {STATE}.change_intents (run_no, change_no, portal_id, list_name, action, contact_id, step)"
        f" select run_no, 1, portal_id, 'A', 'add', '{shared}', step + 50 from {STATE}.run_events"
        " where event = 'started'"
    )
    assert (team.proof(), team.shown()) == ("pass", 0)
    team.project.query(
        f"insert into {STATE}.change_receipts (run_no, change_no, outcome) values (1, 1, 'already_so')"
    )
    assert (team.proof(), team.shown() > 0) == ("fail", True)


def test_who_merges_with_a_control_customer_leaves_and_was_sent_rightly(
    team: Team, hubspot: EmulatorProcess
) -> None:
    treated, _ = hubspot.contacts([{"email": f"{each}@example.com"} for each in (TREATED, CONTROL)])
    team.night(hubspot)
    assert members(hubspot) == [treated]
    team.project.query("update people set card = 'one card' where id <> ?", [UNKNOWN])
    team.night(hubspot)
    rows = team.project.query("select is_control from campaign_members where campaign = 'first' order by 1")
    assert rows == [(False,), (True,)]
    assert (members(hubspot), team.proof()) == ([], "pass")
