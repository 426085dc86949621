"""A campaign with a control group is sent, its customers order, and the results tell what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.compaction import carry_out as compact
from sync.runs import Runs
from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host

pytestmark = pytest.mark.proof

PEOPLE = {
    "name": "crm",
    "relation": "people",
    "columns": {"id": "record_id", "mail": "email", "country": "country", "since": "created_at"},
}
ORDERS = {
    "name": "crm",
    "relation": "orders",
    "columns": {"person": "record_id", "ordered": "ordered_at", "total": "amount"},
}
VARIABLES = {
    "hubspot_customer_sources": [PEOPLE],
    "hubspot_order_sources": [ORDERS],
    "hubspot_segments": ["segment_austria"],
    "hubspot_campaigns": ["campaign_hello"],
    "hubspot_audience_source": "campaign_audience",
    "hubspot_holds_source": "campaign_holds",
    "hubspot_audience_columns": ["campaign", "sub_audience", "treatment"],
    "hubspot_attributes": [],
    "hubspot_membership_batch": 100,
    "as_of": "2199-01-01 00:00:00",
}
MODELS = {
    "people": "select * from {{ target.schema }}.raw_people",
    "orders": "select * from {{ target.schema }}.raw_orders",
    "segment_austria": "select customer_id from {{ ref('hubspot_sync', 'customer_360') }} where country = 'AT'",
    "campaign_hello": f"""
{{{{ hubspot_sync.hubspot_campaign(
    include=['segment_austria'],
    treatments=[
        {{'name': 'hello', 'percent': 50, 'list': '{VIP}'}},
        {{'name': 'control', 'percent': 50, 'control': true}},
    ],
) }}}}
""",
}


@pytest.fixture(params=["duckdb", "postgres"])
def team(tmp_path: Path, request: pytest.FixtureRequest) -> Host:
    """A host with people, orders and one campaign."""
    host = Host(request.param, tmp_path / "host", VARIABLES)
    models = host.project / "models"
    for name in ("audience", "holds"):
        (models / f"{name}.sql").unlink()
    for name, sql in MODELS.items():
        (models / f"{name}.sql").write_text(sql, encoding="utf-8")
    for schema in ("team", "team_hubspot_sync"):
        host.query(f"drop schema if exists {schema} cascade")
    host.query("create schema team")
    host.query("create table team.raw_people (id varchar, mail varchar, country varchar, since timestamp)")
    host.query("create table team.raw_orders (person varchar, ordered timestamp, total integer)")
    host.warehouse._dbt("seed", "--select", "placeholder_keys", "given_name_forms")
    return host


def told(host: Host) -> dict[str, tuple[object, ...]]:
    """Customers assigned, exposed, counted, who ordered, and their revenue, by treatment."""
    assert host.warehouse._dbt("run", "--select", "campaign_exposures", "campaign_results").success
    rows = host.query(
        "select treatment, customers, customers_exposed, customers_counted, customers_ordered, revenue "
        "from team.campaign_results"
    )
    return {treatment: tuple(figures) for treatment, *figures in rows}


def test_results_follow_receipts_and_first_assignments(team: Host, hubspot: EmulatorProcess) -> None:
    mails = {str(number): f"p{number}@example.com" for number in range(40)}
    # The last ten are not in HubSpot.
    hubspot.contacts([{"email": mail} for mail in list(mails.values())[:30]])
    team.query(
        "insert into team.raw_people values "
        + ", ".join(f"('{n}', '{mail}', 'AT', timestamp '2020-01-01 00:00:00')" for n, mail in mails.items())
    )
    team.query(
        "insert into team.raw_orders select id, timestamp '2021-01-01 00:00:00', 1000 from team.raw_people"
    )
    team.build()
    treated, control = (
        {
            customer.removeprefix("crm:")
            for (customer,) in team.query(
                "select customer_id from team.campaign_enrolments where treatment = ?", [treatment]
            )
        }
        for treatment in ("hello", "control")
    )
    assert min(len(treated), len(control)) > 10
    assert told(team) == {"hello": (len(treated), 0, 0, 0, 0), "control": (len(control), 0, 0, 0, 0)}

    team.run(hubspot)
    sent = set(hubspot.members(hubspot.list_id(VIP)))
    assert sent == {mails[number] for number in treated if int(number) < 30}
    buyers = [*sorted(treated)[:4], *sorted(control)[:1]]
    orders = ", ".join(f"('{number}', timestamp '2198-01-01 00:00:00', 10)" for number in buyers)
    team.query(f"insert into team.raw_orders values {orders}")
    told(team)
    exposed = team.query("select customer_id from team.campaign_exposures where exposed_at is not null")
    assert {mails[customer.removeprefix("crm:")] for (customer,) in exposed} == sent
    answer = {
        "hello": (len(treated), len(sent), len(treated), 4, 40),
        "control": (len(control), 0, len(control), 1, 10),
    }
    assert told(team) == answer

    # One who ordered and was sent moves away: off the list, out of the campaign, and as before in the results.
    leaver = next(number for number in buyers if mails[number] in sent)
    exposure = "select exposed_at, removed_at is null from team.campaign_exposures where customer_id = ?"
    ((since, _),) = team.query(exposure, [f"crm:{leaver}"])
    for country, is_on_list in (("DE", False), ("AT", True)):
        team.query("update team.raw_people set country = ? where id = ?", [country, leaver])
        team.build()
        team.run(hubspot)
        assert (mails[leaver] in hubspot.members(hubspot.list_id(VIP))) is is_on_list
        assert told(team) == answer
        assert team.query(exposure, [f"crm:{leaver}"]) == [(since, is_on_list)]
    compact(team.warehouse, Runs(team.warehouse, 0), 0)
    assert told(team) == answer
    assert team.query(exposure, [f"crm:{leaver}"]) == [(since, True)]
    team.close()
