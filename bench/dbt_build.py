"""This dbt project built in a warehouse of a benchmark's own, and what each model cost."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from bench.process_tree import PeakMemory

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = "bench"
SOURCES = ("shop_customers", "loyalty_members", "crm_contacts", "shop_orders", "suppressions")
"""The seeds that a benchmark writes itself, as tables of the same names."""
AS_OF = "2026-11-01 00:00:00"


@dataclass(frozen=True)
class Built:
    """One dbt command: seconds from the first node's start to the last one's end, and of each node."""

    seconds: float
    cpu_seconds: float
    """Of the whole dbt process; on a busy machine it says more than the clock."""
    nodes: dict[str, float]
    peak_bytes: int


class DuckDbProject:
    """The project with a DuckDB file in `directory`, which takes everything dbt writes."""

    def __init__(self, directory: Path, memory_limit: str = "4GB") -> None:
        self.directory = directory
        self.file = directory / "warehouse.duckdb"
        settings = {"memory_limit": memory_limit, "preserve_insertion_order": False}
        self.write_profile(
            {"type": "duckdb", "path": str(self.file), "keep_open": False, "settings": settings}
        )

    def write_profile(self, output: Mapping[str, Any]) -> None:
        """Let dbt use that adapter and place."""
        outputs = {"bench": {**output, "schema": SCHEMA, "threads": 2}}
        profile = {"hubspot_sync": {"target": "bench", "outputs": outputs}}
        (self.directory / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")

    def write(self, **tables: pa.Table) -> None:
        """Put rows into tables where the project's seeds would be; a table that is there gets more rows."""
        with duckdb.connect(str(self.file)) as connection:
            connection.execute(f"create schema if not exists {SCHEMA}")
            for name, rows in tables.items():
                connection.register("rows", rows)
                connection.execute(f"create table if not exists {SCHEMA}.{name} as from rows limit 0")
                connection.execute(f"insert into {SCHEMA}.{name} from rows")

    def build(self, *select: str) -> Built:
        """Build these models, and the seeds before them that are no source. Stops the program when dbt fails."""
        # Without tests: they say whether data are as assumed, and a benchmark's are not.
        command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", "build", "--select", *select]
        command += ["--exclude", *SOURCES, "resource_type:test", "resource_type:unit_test"]
        command += ["--project-dir", str(ROOT), "--profiles-dir", str(self.directory)]
        command += [
            "--target-path",
            str(self.directory / "target"),
            "--log-path",
            str(self.directory / "logs"),
        ]
        command += ["--log-level-file", "none", "--vars", json.dumps({"as_of": AS_OF})]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process,
            PeakMemory(process.pid) as peak,
        ):
            said, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"{said}\ndbt failed.")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        results = json.loads((self.directory / "target" / "run_results.json").read_text("utf-8"))
        return _measured(results, cpu, peak.bytes)


def _measured(results: dict[str, Any], cpu_seconds: float, peak_bytes: int) -> Built:
    starts, ends, nodes = [], [], {}
    for node in results["results"]:
        times = [each for each in node["timing"] if each["name"] == "execute"]
        if node["unique_id"].startswith("operation.") or not times:
            continue
        starts.append(datetime.fromisoformat(times[0]["started_at"]))
        ends.append(datetime.fromisoformat(times[0]["completed_at"]))
        nodes[node["unique_id"].rpartition(".")[2]] = node["execution_time"]
    return Built((max(ends) - min(starts)).total_seconds(), cpu_seconds, nodes, peak_bytes)
