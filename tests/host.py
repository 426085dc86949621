"""A team's own dbt project with ours installed as a package, and the job against it and an emulator.

The host has two models of its own, over tables that tests write: `audience` over `raw_wanted` and `holds` over
`raw_holds`. The job runs in process (a new process costs seconds) through the same parts that the command builds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from sync.cli.sync_commands import build_parts
from sync.config import Flags, load
from sync.errors import SyncError
from sync.results import Report
from sync.run import carry_out
from sync.warehouse import Warehouse
from tests.dbt_project import ROOT, postgres_host
from tests.emulator_process import EmulatorProcess

PORTAL = "12345678"
VIP = "VIP"
MIRROR = "Mirror"
LISTS = [{"name": VIP}, {"name": MIRROR, "ownership": "mirror"}, {"name": "Capped", "max_members": 3}]
_STATE = (
    "run_events",
    "email_verdicts",
    "contact_lookups",
    "change_intents",
    "change_receipts",
    "member_observations",
    "list_readings",
    "lists",
)
_AUDIENCE = ("hubspot_audience_candidates", "hubspot_audience")


@dataclass
class Host:
    """One warehouse of one engine. `reset` empties it; everything else is what a team would do."""

    engine: str
    directory: Path
    variables: dict[str, Any] = field(default_factory=dict)
    postgres_host: str = ""
    more_columns: str = ""
    """Further columns of what the team wants, as in `create table`, each with a comma before it."""

    def __post_init__(self) -> None:
        self.project = self.directory / "project"
        self.project.mkdir(parents=True)
        if self.engine == "postgres":
            self.postgres_host = postgres_host()
        self._write_project()
        self._write_profiles()
        subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "deps", *self._options()], check=True, capture_output=True
        )
        self._warehouse: Warehouse | None = None
        self._is_built = False
        self._mark = f"built_{id(self)}"

    # -- set-up ----------------------------------------------------------------------------------------

    def _write_project(self) -> None:
        variables = {
            "hubspot_demo": False,
            "hubspot_audience_source": "audience",
            "hubspot_audience_columns": ["properties"],
            "hubspot_attributes": [{"property": "loyalty_tier", "mode": "set"}],
            "hubspot_lists": LISTS,
            "hubspot_holds_source": "holds",
            "hubspot_settle_seconds": 0,
            "hubspot_requests_per_10_seconds": 100_000,
            # One change a request, so that a request can be between any two.
            "hubspot_membership_batch": 1,
            **self.variables,
        }
        files = {
            "dbt_project.yml": {
                "name": "team",
                "version": "1.0.0",
                "profile": "team",
                "flags": {"send_anonymous_usage_stats": False},
                "vars": variables,
                # As views, so that what a test wants is there without a dbt command in between.
                "models": {
                    "hubspot_sync": {"hubspot": {name: {"+materialized": "view"} for name in _AUDIENCE}}
                },
            },
            "packages.yml": {"packages": [{"local": str(ROOT)}]},
        }
        for name, content in files.items():
            (self.project / name).write_text(json.dumps(content), encoding="utf-8")
        models = self.project / "models"
        models.mkdir()
        for name, table in (("audience", "raw_wanted"), ("holds", "raw_holds")):
            text = f"select * from {{{{ target.schema }}}}.{table}"
            (models / f"{name}.sql").write_text(text, encoding="utf-8")

    def _write_profiles(self) -> None:
        outputs: dict[str, dict[str, Any]] = {
            "duckdb": {"type": "duckdb", "path": str(self.duckdb_path), "keep_open": False},
            "postgres": {
                "type": "postgres",
                "host": self.postgres_host,
                "port": 5432,
                "user": "postgres",
                "password": "",
                "dbname": "postgres",
            },
        }
        output = {**outputs[self.engine], "schema": "team", "threads": 2}
        profile = {"team": {"target": self.engine, "outputs": {self.engine: output}}}
        (self.project / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")

    @property
    def duckdb_path(self) -> Path:
        """The file of the DuckDB warehouse."""
        return self.directory / "warehouse.duckdb"

    def _options(self) -> list[str]:
        return ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]

    @property
    def warehouse(self) -> Warehouse:
        """The job's warehouse, parsed once."""
        if self._warehouse is None:
            self._warehouse = Warehouse(project_dir=str(self.project), profiles_dir=str(self.project))
        return self._warehouse

    def reset(self) -> None:
        """An empty warehouse with every model built; what is built already is only emptied."""
        if self._is_built and self._is_untouched():
            for table in (
                "team.raw_wanted",
                "team.raw_holds",
                *(f"team_hubspot_sync.{name}" for name in _STATE),
            ):
                self.query(f"delete from {table}")
            # What another test's failing build left would stop the next run; the build that made all this stays.
            self.query("delete from team_hubspot_sync.dbt_invocations where failed > 0")
            return
        if self.engine == "duckdb":
            self.duckdb_path.unlink(missing_ok=True)
            self.duckdb_path.with_suffix(".duckdb.wal").unlink(missing_ok=True)
        else:
            for schema in ("team", "team_hubspot_sync"):
                self.query(f"drop schema if exists {schema} cascade")
        self.query("create schema team")
        self.query(
            "create table team.raw_wanted "
            f"(list_name text, customer_id text, email text, properties text{self.more_columns})"
        )
        self.query(
            "create table team.raw_holds "
            "(list_name text, campaign text, customer_id text, email text, reason text)"
        )
        self.build()
        self.query(f"create table team.{self._mark} (built integer)")
        self._is_built = True

    def _is_untouched(self) -> bool:
        """Whether no other host, of which PostgreSQL may have several in turn, has taken these schemas since."""
        found = self.query(
            "select 1 from information_schema.tables where table_schema = 'team' and table_name = ?",
            [self._mark],
        )
        return bool(found)

    def damage(self, sql: str) -> None:
        """Change the warehouse so that the next test needs a new one."""
        self._is_built = False
        self.state(sql)

    # -- what a team does --------------------------------------------------------------------------------

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; parameters are written `?`."""
        if self.engine == "duckdb":
            with duckdb.connect(str(self.duckdb_path)) as connection:
                cursor = connection.execute(sql, list(parameters))
                return cursor.fetchall() if cursor.description else []
        connection = psycopg2.connect(host=self.postgres_host, user="postgres", dbname="postgres")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql.replace("?", "%s"), list(parameters) or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def wanted(self, *rows: tuple[str, str, str | None] | tuple[str, str, str | None, str | None]) -> None:
        """Replace what the team wants: (list name, customer id, email[, properties])."""
        self.query("delete from team.raw_wanted")
        if rows:
            values = [value for row in rows for value in [*row, *[None] * (4 - len(row))]]
            self.query(
                f"insert into team.raw_wanted values {', '.join(['(?, ?, ?, ?)'] * len(rows))}", values
            )

    def held(self, *rows: tuple[str | None, str, str]) -> None:
        """Replace whom lists must not reach: (list name or None, customer id, email), all of control groups."""
        self.query("delete from team.raw_holds")
        for list_name, customer_id, email in rows:
            row = (list_name, "spring", customer_id, email, "control")
            self.query("insert into team.raw_holds values (?, ?, ?, ?, ?)", row)

    def build(self) -> None:
        """Build seeds and models, without their tests: those cost more than all the rest."""
        kinds = ("--resource-types", "seed", "--resource-types", "model")
        outcome = self.warehouse._dbt("build", "--select", "@hubspot_audience", *kinds)
        failed = [f"{each.node.name}: {each.message}" for each in outcome.result if each.status == "error"]
        assert outcome.success, failed

    def run(
        self,
        hubspot: EmulatorProcess,
        *,
        tell: Callable[..., None] = lambda event, **fields: None,
        **flags: Any,
    ) -> Report:
        """Run the job in process; raise the error it ends with."""
        report, error = self.run_to_end(hubspot, tell=tell, **flags)
        if error is not None:
            raise error
        return report

    def run_to_end(
        self,
        hubspot: EmulatorProcess,
        *,
        tell: Callable[..., None] = lambda event, **fields: None,
        **flags: Any,
    ) -> tuple[Report, SyncError | None]:
        """Run the job in process; return its report and the error it would end with."""
        given = Flags(**{"sends": True, **flags})
        job = load(self.environment(hubspot), self.warehouse.call("hubspot_sync_settings"), given)
        return carry_out(build_parts(self.warehouse, job, tell))

    def plan(self, hubspot: EmulatorProcess, **flags: Any) -> Report:
        """Plan in process."""
        return self.run(hubspot, sends=False, **flags)

    @staticmethod
    def environment(hubspot: EmulatorProcess | None) -> dict[str, str]:
        """A cleared environment with what the job needs."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        url = hubspot.url if hubspot else "http://127.0.0.1:9"
        return kept | {
            "HUBSPOT_ACCESS_TOKEN": "token-of-tests",
            "HUBSPOT_PORTAL_ID": PORTAL,
            "HUBSPOT_BASE_URL": url,
        }

    def command(
        self, *arguments: str, hubspot: EmulatorProcess | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `hubspot-sync` as a process and wait for it."""
        return subprocess.run(
            self.command_line(*arguments),
            env=self.environment(hubspot) | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def command_line(self, *arguments: str) -> list[str]:
        """The command as a list of words."""
        return [sys.executable, "-m", "sync", arguments[0], *self._options(), *arguments[1:]]

    # -- what the ledger says ----------------------------------------------------------------------------

    def state(self, sql: str) -> list[tuple[Any, ...]]:
        """Query with `{state}` for the state's schema and `{models}` for that of the models."""
        return self.query(sql.format(state="team_hubspot_sync", models="team"))

    def close(self) -> None:
        """Let the warehouse go."""
        if self._warehouse is not None:
            self._warehouse.close()
