"""The dbt project with a team's own two sources in place of the demo's: tables `north` and `south` that tests write.

Tables `placeholders` and `forms` take what the team adds to the package's lists, where a var names them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.dbt_project import ROOT, DbtProject, Target

COLUMNS = ("id", "mail", "account", "card", "phone", "first", "last", "born", "zip", "since")
NORTH = {
    "name": "north",
    "relation": "raw.north",
    "columns": {
        "id": "record_id",
        "mail": "email",
        "account": "customer_key",
        "card": "loyalty_id",
        "phone": "phone",
        "first": "given_name",
        "last": "surname",
        "born": "birthdate",
        "zip": "postal",
        "since": "created_at",
    },
}
SOUTH = {
    "name": "south",
    "relation": "raw.south",
    "brand": "South & Sons",
    "columns": {"id": ["record_id", "customer_key"], "mail": "email", "last": "full_name"},
}


LISTS = {"placeholders": "key_type varchar, key_value varchar", "forms": "form varchar, given_name varchar"}


class OwnSources(DbtProject):
    """The project in a folder of its own, so that another source file does not touch the real one."""

    def __init__(self, target: Target, directory: Path, **variables: Any) -> None:
        project = directory / "project"
        for folder in ("models", "macros", "seeds", "tests/dbt"):
            shutil.copytree(ROOT / folder, project / folder)
        shutil.copy(ROOT / "dbt_project.yml", project)
        tables = [{"name": name} for name in ("north", "south", *LISTS)]
        sources = [{"name": "raw", "schema": "{{ target.schema }}", "tables": tables}]
        (project / "models" / "raw.yml").write_text(json.dumps({"sources": sources}), encoding="utf-8")
        described = {"hubspot_customer_sources": [NORTH, SOUTH], **variables}
        super().__init__(target, directory / "warehouse", variables=described, project=project)
        if target == "postgres":
            self._query_postgres("select 1", "create schema if not exists customers")
        for table in ("north", "south"):
            self.query(f"create table {table} ({', '.join(f'{name} varchar' for name in COLUMNS)})")
        for table, columns in LISTS.items():
            self.query(f"create table {table} ({columns})")

    def add(self, table: str, **values: str) -> None:
        """One more customer record, made in 2020 unless told otherwise."""
        values = {"since": "2020-01-01 00:00:00", **values}
        holes = ", ".join("?" for _ in values)
        self.query(f"insert into {table} ({', '.join(values)}) values ({holes})", list(values.values()))

    def build(self, *options: str) -> None:
        """The models from records to customers, without tests."""
        self.run("run", "--select", "+merged_customers", "customer_aliases", *options)

    def customers(self) -> dict[str, str]:
        """The customer of each record."""
        return dict(self.query("select record_id, customer_id from int_identities"))
