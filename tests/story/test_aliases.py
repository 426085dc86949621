"""Customers that turn out to be one keep their contact on the list, under the id that stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.cli.explain import as_text
from sync.person import Person
from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host

pytestmark = pytest.mark.proof

SOURCE = {
    "name": "crm",
    "relation": "people",
    "columns": {
        "id": "record_id",
        "mail": "email",
        "card": "loyalty_id",
        "since": "created_at",
        "born": "birthdate",
    },
}
AUDIENCE = f"""
select '{VIP}' as list_name, customer_id, email, cast(null as varchar) as properties
from {{{{ ref('hubspot_sync', 'merged_customers') }}}}
"""


@pytest.fixture
def own_host(tmp_path: Path, request: pytest.FixtureRequest) -> Host:
    """A host with a table of customer records of its own, all of whom it wants on a list."""
    host = Host(
        request.param,
        tmp_path / "host",
        {"hubspot_customer_sources": [SOURCE], "hubspot_holds_source": None},
    )
    models = host.project / "models"
    (models / "audience.sql").write_text(AUDIENCE, encoding="utf-8")
    (models / "people.sql").write_text("select * from {{ target.schema }}.raw_people", encoding="utf-8")
    host.query("drop schema if exists team cascade")
    host.query("drop schema if exists team_hubspot_sync cascade")
    host.query("create schema team")
    host.query(
        "create table team.raw_people (id varchar, mail varchar, card varchar, since timestamp, born date)"
    )
    host.warehouse._dbt("seed", "--select", "placeholder_keys", "given_name_forms")
    return host


@pytest.mark.parametrize("own_host", ["duckdb", "postgres"], indirect=True)
def test_a_customer_that_becomes_an_alias_is_not_taken_off_and_put_back(
    own_host: Host, hubspot: EmulatorProcess
) -> None:
    host = own_host
    host.query(
        "insert into team.raw_people (id, mail, card, since) "
        "values ('1', null, null, timestamp '2020-01-01 00:00:00'), "
        "('2', 'ann@example.com', '77', timestamp '2021-01-01 00:00:00')"
    )
    hubspot.contacts([{"email": "ann@example.com"}])
    host.build()
    host.run(hubspot)
    list_id = hubspot.list_id(VIP)
    assert hubspot.members(list_id) == ["ann@example.com"]
    host.query("update team.raw_people set card = '77'")
    host.build()
    wanted = host.query("select customer_id, email from team.hubspot_audience")
    assert wanted == [("crm:1", "ann@example.com")]
    host.run(hubspot)
    assert host.state("select count(*) from {state}.change_intents") == [(1,)]
    assert hubspot.members(list_id) == ["ann@example.com"]
    texts = []
    for asked in ("crm:2", "crm:1", "ann@example.com"):
        with Person(host.warehouse, asked) as person:
            texts.append(as_text(person.facts()))
    assert texts[0].startswith("crm:1 is on 'VIP'")
    assert texts[0] == texts[1] == texts[2]
    assert "  loyalty_id 77*** links crm:1, crm:2" in texts[0]
    assert "  crm:2 was merged into crm:1 on 2" in texts[0]
    host.close()


@pytest.mark.parametrize("own_host", ["duckdb", "postgres"], indirect=True)
def test_records_that_dates_of_birth_keep_apart_are_told(own_host: Host) -> None:
    host = own_host
    host.query(
        "insert into team.raw_people (id, mail, card, born) values ('1', 'home@example.com', null, date '1960-01-01'), "
        "('2', 'home@example.com', '77', null), ('3', null, '77', date '1990-01-01')"
    )
    host.build()
    lines = []
    for asked in ("crm:1", "crm:3"):
        with Person(host.warehouse, asked) as person:
            lines += [line for line in as_text(person.facts()).splitlines() if line.startswith("  crm:")][:2]
    host.close()
    told = {
        line.split(" of ")[0].strip(): line.partition(", kept apart")[2]
        for line in lines
        if " of crm" in line
    }
    assert told == {
        "crm:1": " by date of birth from records that share its keys",
        "crm:2": ": people of different dates of birth share as many of its keys",
        "crm:3": "",
    }
