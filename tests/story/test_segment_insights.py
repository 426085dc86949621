"""`insights`: a team's own segments in figures, before and after HubSpot was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.figures import Figures
from sync.insights import as_json
from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host
from tests.story.test_commands import assert_refused

PEOPLE = """select * from (values
    ('1', 'ann@example.com'), ('2', 'bob@example.com'), ('3', 'cat@example.com'), ('4', 'not an address')
) as people(id, mail)
"""
ORDERS = """select id, cast(day as timestamp) as ordered, total from (values
    ('1', '2026-10-01', 40.00), ('1', '2026-01-01', 60.50), ('2', '2024-01-01', 10.00), ('4', '2024-01-01', 5.00)
) as orders(id, day, total)
"""
SEGMENTS = {
    "segment_buyers": "hubspot_sync.is_at_least('order_count', 1)",
    "regulars": "hubspot_sync.is_in_last_days('last_order_at', 365) }} or {{ hubspot_sync.is_equal('revenue', 10)",
    "nobody": "hubspot_sync.is_blank('customer_id')",
}
VARIABLES = {
    "as_of": "2026-11-01 00:00:00",
    "hubspot_customer_sources": [
        {"name": "web", "relation": "people", "columns": {"id": "record_id", "mail": "email"}}
    ],
    "hubspot_order_sources": [
        {
            "name": "web",
            "relation": "orders",
            "columns": {"id": "record_id", "ordered": "ordered_at", "total": "amount"},
        }
    ],
    "hubspot_segments": list(SEGMENTS),
}


def segmented(engine: str, directory: Path, **variables: Any) -> Host:
    """A host with people, their orders, and segments."""
    host = Host(engine, directory, {**VARIABLES, **variables})
    models = {"people": PEOPLE, "orders": ORDERS}
    for name, condition in SEGMENTS.items():
        customers = "{{ ref('hubspot_sync', 'customer_360') }}"
        models[name] = f"select customer_id from {customers} where {{{{ {condition} }}}}"
    for name, sql in models.items():
        (host.project / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
    return host


@pytest.fixture(params=["duckdb", "postgres"])
def team(request: pytest.FixtureRequest, tmp_path: Path, hosts: dict[str, Host]) -> Iterator[Host]:
    """A built host on each engine in turn."""
    host = segmented(request.param, tmp_path / "host")
    host.reset()
    yield host
    host.close()
    # They share one server and its schemas: the other tests' host, unused here, is to build anew.
    if request.param in hosts:
        hosts[request.param].damage("select 1")


def figures(host: Host) -> dict[str, Any]:
    """What the command would print as JSON."""
    data: dict[str, Any] = json.loads(as_json(Figures(host.warehouse).insights(with_results=False)))
    return data


def test_a_team_reads_its_segments_in_figures(team: Host, hubspot: EmulatorProcess) -> None:
    bought = {
        "revenue": 115.5,
        "revenue_365_days": 100.5,
        "average_order_value": 28.875,
        "active_365_days": 1,
    }
    regular = {
        "revenue": 110.5,
        "revenue_365_days": 100.5,
        "average_order_value": 36.833333,
        "active_365_days": 1,
    }
    nothing = {"revenue": 0, "revenue_365_days": 0, "average_order_value": None, "active_365_days": 0}
    unasked = {"looked_up": 0, "on_hubspot": 0}
    counts = [
        {"segment": "(all customers)", "customers": 4, "share_of_customers": 1, "reachable_by_email": 3},
        {"segment": "segment_buyers", "customers": 3, "share_of_customers": 0.75, "reachable_by_email": 2},
        {"segment": "regulars", "customers": 2, "share_of_customers": 0.5, "reachable_by_email": 2},
        {"segment": "nobody", "customers": 0, "share_of_customers": 0, "reachable_by_email": 0},
    ]  # fmt: skip
    values: list[dict[str, Any]] = [bought, bought, regular, nothing]
    expected = [{**count, **value, **unasked} for count, value in zip(counts, values, strict=True)]
    told = figures(team)
    assert told["as_of"] == "2026-11-01T00:00:00Z"
    assert told["segments"] == expected
    assert told["overlaps"] == [
        {"segment": "segment_buyers", "other_segment": "regulars", "customers": 2}
        | {"share_of_segment": 0.666667, "share_of_other": 1},
        {"segment": "regulars", "other_segment": "nobody", "customers": 0}
        | {"share_of_segment": 0, "share_of_other": None},
        {"segment": "segment_buyers", "other_segment": "nobody", "customers": 0}
        | {"share_of_segment": 0, "share_of_other": None},
    ]

    hubspot.contacts([{"email": "ann@example.com"}, {"email": "cat@example.com"}])
    team.wanted((VIP, "web:1", "ann@example.com"), (VIP, "web:2", "bob@example.com"))
    team.run(hubspot)
    team.build()
    looked_up = [
        (each["segment"], each["looked_up"], each["on_hubspot"]) for each in figures(team)["segments"]
    ]
    # Nobody has asked HubSpot about cat.
    assert looked_up == [
        ("(all customers)", 2, 1),
        ("segment_buyers", 2, 1),
        ("regulars", 2, 1),
        ("nobody", 0, 0),
    ]
    assert json.loads(team.command("insights", "--json").stdout) == figures(team)
    text = team.command("insights").stdout
    assert "Buyers " in text
    assert "1 of 2" in text
    assert "Buyers and Regulars  2  66.7% of Buyers  100.0% of Regulars" in text
    assert "Pairs of segments that share nobody: 2" in text
    assert "@" not in text


def test_a_segment_that_was_not_built_says_what_to_build(tmp_path: Path) -> None:
    host = segmented("duckdb", tmp_path / "host")
    refused = host.command("insights")
    assert_refused(refused, 7, "segment_insights is not built", "Run `dbt build`.")
    # Sending is no way to build a table; who is about to send may let it build.
    assert "run --build" not in refused.stderr
    assert_refused(host.command("plan"), 7, "is not built", "or use `run --build`")
    host.close()


def test_a_project_without_segments_says_where_to_name_them(duckdb_host: Host) -> None:
    assert_refused(duckdb_host.command("insights"), 2, "no segment", "var hubspot_segments", "dbt build")


def test_a_segment_without_a_model_is_named(tmp_path: Path) -> None:
    host = segmented("duckdb", tmp_path / "host", hubspot_segments=["segment_byers"])
    assert_refused(host.command("insights"), 2, "segment_members", "segment_byers", "not found")
    host.close()
