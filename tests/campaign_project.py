"""The dbt project with a table `people` of its own in place of the demo, and campaigns that tests write."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult

from tests.dbt_project import ROOT, DbtProject, Target

COLUMNS = ("id", "mail", "card", "given", "surname", "born", "country", "since")
PEOPLE = {
    "name": "crm",
    "relation": "raw.people",
    "columns": {
        "id": "record_id",
        "mail": "email",
        "card": "loyalty_id",
        "given": "given_name",
        "surname": "surname",
        "born": "birthdate",
        "country": "country",
        "since": "created_at",
    },
}
SEGMENTS = {
    "segment_everyone": "select customer_id from {{ ref('customer_360') }}",
    "segment_staff": "select customer_id from {{ ref('customer_360') }} where surname = 'Staff'",
}
LISTS = [{"name": name} for name in ("A", "B", "C")]
ATTRIBUTES = [
    {"property": "first_name", "column": "given_name"},
    {
        "property": "orders",
        "column": "order_count",
        "source": "customer_360",
        "type": "number",
        "mode": "set",
    },
    {"property": "brand", "source": "favourites_of_customers", "mode": "clear_when_null"},
]
TABLES = ("people", "stop", "favourites")


def slot(campaign: str, customer_id: str) -> int:
    """A customer's slot, computed as it is documented."""
    digest = hashlib.md5(f"{campaign}:{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:7], 16) % 1000


def treatments(*parts: tuple[str, float]) -> list[dict[str, Any]]:
    """Treatments by name and per cent; one called control is that, the others' lists are named like them."""
    return [
        {
            "name": name,
            "percent": percent,
            **({"control": True} if name == "control" else {"list": name.upper()}),
        }
        for name, percent in parts
    ]


class CampaignProject(DbtProject):
    """The project in a folder of its own, with campaigns `first` and `second` that tests declare."""

    def __init__(self, target: Target, directory: Path, **variables: Any) -> None:
        project = directory / "project"
        for folder in ("models", "macros", "seeds", "tests/dbt"):
            shutil.copytree(ROOT / folder, project / folder)
        shutil.copy(ROOT / "dbt_project.yml", project)
        tables = [{"name": name} for name in TABLES]
        sources = [{"name": "raw", "schema": "{{ target.schema }}", "tables": tables}]
        self.own = project / "models" / "own"
        self.own.mkdir()
        (self.own / "raw.yml").write_text(json.dumps({"sources": sources}), encoding="utf-8")
        for name, sql in SEGMENTS.items():
            (self.own / f"{name}.sql").write_text(sql, encoding="utf-8")
        favourites = "select * from {{ source('raw', 'favourites') }}"
        (self.own / "favourites_of_customers.sql").write_text(favourites, encoding="utf-8")
        described = {
            "hubspot_demo": False,
            "hubspot_customer_sources": [PEOPLE],
            "hubspot_suppressions": "raw.stop",
            "hubspot_segments": list(SEGMENTS),
            "hubspot_campaigns": ["campaign_first", "campaign_second"],
            "hubspot_lists": LISTS,
            "hubspot_attributes": ATTRIBUTES,
            **variables,
        }
        super().__init__(target, directory / "warehouse", variables=described, project=project)
        if target == "postgres":
            self._query_postgres("select 1", "create schema if not exists customers")
        self.query(f"create table people ({', '.join(f'{name} varchar' for name in COLUMNS)})")
        self.query("create table stop (key_type varchar, key_value varchar)")
        self.query("create table favourites (customer_id varchar, brand varchar, visits integer)")
        self.idle("first")
        self.idle("second")
        self.run("seed", "--select", "placeholder_keys", "given_name_forms")

    def declare(self, name: str, **arguments: Any) -> None:
        """Write a campaign; what is not said includes everyone, half on list A and half in the control group."""
        given = {
            "include": ["segment_everyone"],
            "treatments": treatments(("a", 50), ("control", 50)),
            **arguments,
        }
        call = ", ".join(f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None)
        text = f"{{{{ hubspot_sync.hubspot_campaign({call}) }}}}"
        (self.own / f"campaign_{name}.sql").write_text(text, encoding="utf-8")
        self._manifests.clear()

    def idle(self, name: str) -> None:
        """Write a campaign that nobody comes into."""
        destination = [{"name": "c", "percent": 100, "list": "C", "shared_list": True}]
        self.declare(name, treatments=destination, starts_on="2999-01-01")

    def parse(self, variables: Mapping[str, Any] | None = None) -> dbtRunnerResult:
        """Parse, and read again only what has changed."""
        return dbtRunner().invoke(["parse", *self._options({**self.variables, **(variables or {})})])

    def clear(self) -> None:
        """No people, no campaigns, and no memory of those of another test."""
        for table in TABLES:
            self.query(f"delete from {table}")
        self.idle("first")
        self.idle("second")
        for table in ("customer_id_history", "campaign_slots", "campaign_first", "campaign_second"):
            if self.has(table):
                self.query(f"delete from {table}")

    def has(self, table: str) -> bool:
        """Whether a table is there."""
        name = "select count(*) from information_schema.tables where table_name = ? and table_schema = ?"
        return self.query(name, [table, "customers"]) != [(0,)]

    def add(self, *ids: str, **values: str) -> None:
        """One more record for each id, each with an address of its own unless told otherwise."""
        for each in ids:
            row = {"id": each, "mail": f"{each}@example.com", "since": "2020-01-01 00:00:00", **values}
            holes = ", ".join("?" for _ in row)
            self.query(f"insert into people ({', '.join(row)}) values ({holes})", list(row.values()))

    def add_many(self, count: int, prefix: str = "p") -> None:
        """So many records, each a customer."""
        self.query(
            "insert into people (id, mail, since) "
            f"select '{prefix}' || n, '{prefix}' || n || '@example.com', '2020-01-01 00:00:00' "
            f"from generate_series(1, {count}) as numbers(n)"
        )

    def rebuild(self, variables: Mapping[str, Any] | None = None) -> None:
        """The campaigns and what is made of them, where nothing has changed among people."""
        self.run("run", "--select", "campaign_slots+,+campaign_audience", variables=variables)

    def build(self, *options: str, variables: Mapping[str, Any] | None = None) -> None:
        """The models from records to the campaigns' audience, without tests."""
        self.run("run", "--select", "+campaign_audience", *options, variables=variables)

    def assignments(self, campaign: str = "first") -> dict[str, str]:
        """The treatment of each member, by record id."""
        rows = self.query(
            "select customer_id, treatment from campaign_members where campaign = ?", [campaign]
        )
        return {str(customer).removeprefix("crm:"): str(treatment) for customer, treatment in rows}

    def wanted(self) -> set[tuple[str, str]]:
        """Who is wanted on which list: list and record id."""
        rows = self.query("select list_name, customer_id from campaign_audience")
        return {(str(name), str(customer).removeprefix("crm:")) for name, customer in rows}

    def slot_counts(self, campaign: str = "first") -> dict[str, int]:
        """How many slots each treatment has."""
        counts: dict[str, int] = {}
        for treatment in self.slots(campaign).values():
            counts[treatment] = counts.get(treatment, 0) + 1
        return counts

    def slots(self, campaign: str = "first") -> dict[int, str]:
        """The treatment of each slot."""
        rows: Sequence[tuple[Any, ...]] = self.query(
            "select slot, treatment from campaign_slots where campaign = ? order by build_no", [campaign]
        )
        return {int(number): str(treatment) for number, treatment in rows}
