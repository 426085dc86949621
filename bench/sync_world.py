"""A team's dbt project with one large audience, an emulator that knows most of its people, and runs between them."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bench.process_tree import PeakMemory
from tests.emulator_process import EmulatorProcess

ROOT = Path(__file__).resolve().parents[1]
LIST = "Everybody"
PORTAL = "12345678"
ABSENT_OF_TEN = 1
"""So many of ten addresses have no contact in HubSpot."""
_SCHEMA = "team"
_EMAIL = "'person' || i || '@example.com'"


@dataclass(frozen=True)
class Run:
    """One `hubspot-sync` process. Memory and CPU are those of its process tree, the emulator apart."""

    wall_seconds: float
    seconds: float
    """As the run itself reports: without Python's and dbt's start."""
    cpu_seconds: float
    peak_bytes: int
    report: dict[str, Any]


class World:
    """An audience of `rows` on one list in `directory`, and the emulator, once entered.

    `variables` are dbt vars over the defaults. `properties` is SQL over row number `i` for the properties column.
    """

    def __init__(
        self,
        directory: Path,
        rows: int,
        *,
        variables: Mapping[str, Any] | None = None,
        properties: str = "null",
        memory_limit: str = "4GB",
        burst: int = 1_000_000,
    ) -> None:
        self.rows = rows
        self.contacts = rows - (rows * ABSENT_OF_TEN) // 10
        self._directory = directory
        self.file = directory / "warehouse.duckdb"
        self._write_project(dict(variables or {}), memory_limit)
        self._fill(properties)
        self._dbt("deps")
        self._dbt("run", "--select", "@hubspot_audience")
        arguments = ["--burst", str(burst), "--daily", "1000000000"]
        self.emulator = EmulatorProcess(contacts=directory / "contacts.csv", arguments=arguments)
        self.load_seconds = 0.0

    def __enter__(self) -> World:
        start = time.perf_counter()
        self.emulator.start()
        self.load_seconds = time.perf_counter() - start
        return self

    def __exit__(self, *error: object) -> None:
        self.emulator.stop()

    def _write_project(self, variables: dict[str, Any], memory_limit: str) -> None:
        vars_ = {
            "hubspot_demo": False,
            "hubspot_audience_source": "audience",
            "hubspot_audience_columns": ["properties"],
            "hubspot_lists": [{"name": LIST}],
            "hubspot_settle_seconds": 0,
            **variables,
        }
        project = {"name": "team", "version": "1.0.0", "profile": "team", "vars": vars_}
        project["flags"] = {"send_anonymous_usage_stats": False}
        settings = {"memory_limit": memory_limit, "preserve_insertion_order": False}
        output = {"type": "duckdb", "path": str(self.file), "keep_open": False, "settings": settings}
        outputs = {"bench": {**output, "schema": _SCHEMA, "threads": 2}}
        files: dict[str, object] = {
            "dbt_project.yml": project,
            "packages.yml": {"packages": [{"local": str(ROOT)}]},
            "profiles.yml": {"team": {"target": "bench", "outputs": outputs}},
        }
        for name, content in files.items():
            (self._directory / name).write_text(json.dumps(content), encoding="utf-8")
        models = self._directory / "models"
        models.mkdir()
        (models / "audience.sql").write_text("select * from {{ target.schema }}.wanted", encoding="utf-8")

    def _fill(self, properties: str) -> None:
        with duckdb.connect(str(self.file)) as connection:
            connection.execute(f"create schema {_SCHEMA}")
            connection.execute(
                f"create table {_SCHEMA}.wanted as select '{LIST}' as list_name, 'c' || i as customer_id, "
                f"{_EMAIL} as email, {properties} as properties from range({self.rows}) as numbers(i)"
            )
            # Row i is contact i + 1, so that anybody can tell its id.
            connection.execute(
                f"copy (select i + 1 as id, {_EMAIL} as email from range({self.rows}) as numbers(i) "
                f"where i % 10 >= {ABSENT_OF_TEN}) to '{self._directory / 'contacts.csv'}' (header)"
            )

    def _dbt(self, *arguments: str) -> None:
        command = [str(Path(sys.executable).parent / "dbt"), *arguments, *self._options()]
        done = subprocess.run(command, cwd=self._directory, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{done.stdout}{done.stderr}\ndbt {arguments[0]} failed.")

    def _options(self) -> list[str]:
        return ["--project-dir", str(self._directory), "--profiles-dir", str(self._directory)]

    def sync(self, *arguments: str, exit_codes: tuple[int, ...] = (0,)) -> Run:
        """Run `hubspot-sync`, `run` or `plan`, as a process. Stops the program at any other exit code."""
        command = [sys.executable, "-m", "sync", *arguments, *self._options(), "--json"]
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment |= {"PYTHONPATH": str(ROOT), "HUBSPOT_ACCESS_TOKEN": "token", "HUBSPOT_PORTAL_ID": PORTAL}
        environment |= {"HUBSPOT_BASE_URL": self.emulator.url} if self.emulator.url else {}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with (
            subprocess.Popen(command, env=environment, cwd=self._directory, text=True, **pipes) as process,  # type: ignore[call-overload]
            PeakMemory(process.pid) as peak,
        ):
            out, said = process.communicate()
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode not in exit_codes:
            raise SystemExit(f"{said}\nhubspot-sync ended with exit code {process.returncode}.")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        report = json.loads(out)
        return Run(wall, float(report["seconds"]), cpu, peak.bytes, report)

    def routes(self) -> dict[str, int]:
        """Requests so far by method and route."""
        counts: dict[str, int] = self.emulator.state()["requests"]["by_route"]
        return counts

    def emulator_cost(self) -> tuple[int, float]:
        """The emulator's memory now, in bytes, and its CPU seconds so far."""
        process = Path(f"/proc/{self.emulator.pid}")
        ticks = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
        pages = int((process / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
