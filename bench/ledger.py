"""What an old ledger costs: runs with nothing due, `status` and `compact`, beside a new ledger with the same audience.

    python -m bench.ledger
    python -m bench.ledger --rows 100000 --changes 1000000 --runs 1000

A first run fills the list of an emulator. Then DuckDB itself writes a history of so many runs, one a day, in which so
many changes took people off the list and put them back, with lookups asked again every hundred runs and verdicts of two
older rulesets. Who is on the list stays the same, so every difference is the ledger's age.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from bench.process_tree import PeakMemory
from bench.sync_world import LIST, PORTAL, ROOT, World

_STATE = "team_hubspot_sync"
_HEARTBEATS = 10
_LOOKUPS_EVERY = 100


def main() -> None:
    """Parse the arguments, measure both ledgers and the compacted one, print times and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000, help="audience rows (100,000)")
    parser.add_argument("--changes", type=int, default=1_000_000, help="changes of the history (1,000,000)")
    parser.add_argument("--runs", type=int, default=1_000, help="runs of the history, an even number (1,000)")
    arguments = parser.parse_args()
    print(f"DuckDB {duckdb.__version__}, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name, World(Path(name), arguments.rows) as world:
        world.sync("run")
        fresh = measured(world, Path(name), "new ledger")
        start = time.perf_counter()
        write_history(world, arguments.runs, arguments.changes // arguments.runs)
        print(f"a history of {arguments.runs:,} runs, written in {time.perf_counter() - start:.1f} s")
        old = measured(world, Path(name), "old ledger")
        seconds, peak = command(Path(name), "compact")
        print(f"compact: {seconds:.1f} s, peak {peak / 1e6:,.0f} MB")
        compacted = measured(world, Path(name), "compacted")
    for what, figures in (("old", old), ("compacted", compacted)):
        told = (f"{key} {figures[key] / fresh[key]:.2f} times" for key in fresh)
        print(f"{what} beside new: {', '.join(told)}")


def measured(world: World, directory: Path, name: str) -> dict[str, float]:
    """Seconds of a run with nothing due and of `status`; the run's count of contact requests must be nought."""
    idle = world.sync("run")
    if idle.report["contact_requests"]:
        raise SystemExit(f"{name}: the run had something to do, so it says nothing about age.")
    status, _ = command(directory, "status")
    rows = state_rows(world)
    print(
        f"{name}, {rows:,} rows of state: run {idle.seconds:.1f} s (process {idle.wall_seconds:.1f} s, "
        f"peak {idle.peak_bytes / 1e6:,.0f} MB), status {status:.1f} s (process)"
    )
    return {"run": idle.seconds, "run's process": idle.wall_seconds, "status": status}


def command(directory: Path, name: str) -> tuple[float, int]:
    """Seconds and peak memory of a command that asks nothing of HubSpot."""
    words = [sys.executable, "-m", "sync", name, "--project-dir", str(directory)]
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    start = time.perf_counter()
    with (
        subprocess.Popen(
            [*words, "--profiles-dir", str(directory)],
            env=environment | {"PYTHONPATH": str(ROOT)},
            cwd=directory,
            stdout=subprocess.PIPE,
        ) as process,
        PeakMemory(process.pid) as peak,
    ):
        process.communicate()
    if process.returncode:
        raise SystemExit(f"hubspot-sync {name} ended with exit code {process.returncode}.")
    return time.perf_counter() - start, peak.bytes


def state_rows(world: World) -> int:
    """Rows of all state tables."""
    with duckdb.connect(str(world.file)) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables "
            f"where table_schema = '{_STATE}' and table_name not like 'scratch%'"
        ).fetchall()
        counts = (
            connection.execute(f"select count(*) from {_STATE}.{table}").fetchone() for (table,) in tables
        )
        return sum(int(count[0]) for count in counts if count)


def write_history(world: World, runs: int, changes: int) -> None:
    """Let `runs` runs have happened after the first, one a day, the last today, each with so many changes."""
    with duckdb.connect(str(world.file)) as connection:
        first_no, last_no = _numbers(connection, runs)
        connection.execute(f"set variable first_no = {first_no}")
        connection.execute(f"set variable last_no = {last_no}")
        connection.execute(
            f"create temp view history as select r from range({first_no}, {last_no + 1}) as n(r)"
        )
        connection.execute(
            "create temp table people as select row_number() over (order by contact_id) - 1 as p, contact_id, "
            f"wire_email, customer_id from {_STATE}.change_intents where run_no = 1 and action = 'add'"
        )
        connection.execute("set variable people = (select count(*) from people)")
        for statement in _statements(changes):
            connection.execute(statement)


def _numbers(connection: duckdb.DuckDBPyConnection, runs: int) -> tuple[int, int]:
    row = connection.execute(f"select max(run_no) from {_STATE}.run_events").fetchone()
    newest = int(row[0]) if row else 0
    return newest + 1, newest + runs


def _statements(changes: int) -> list[str]:
    day = "now() at time zone 'UTC' - to_days((getvariable('last_no') - r)::int)"
    newest = f"(select * from {_STATE}.run_events where event = 'started' order by run_no desc limit 1)"
    ended = newest.replace("'started'", "'finished'")
    pair = "(r - getvariable('first_no')) // 2"
    changed = f"({pair} * {changes} + k) % getvariable('people')"
    return [
        # What was there is older than all of it, so that steps and times go the same way.
        f"update {_STATE}.run_events set occurred_at = occurred_at - to_days((getvariable('last_no'))::int)",
        f"""insert into {_STATE}.change_intents
        select r, k + 1, '{PORTAL}', (select max(list_id) from {_STATE}.lists), '{LIST}',
            case when (r - getvariable('first_no')) % 2 = 0 then 'remove' else 'add' end,
            contact_id, wire_email, customer_id, null, null, r * 100 + 5
        from history cross join range({changes}) as numbers(k) inner join people on p = {changed}""",
        f"""insert into {_STATE}.change_receipts (run_no, change_no, outcome, correlation_id, received_at, step)
        select run_no, change_no, 'applied', 'c-' || run_no, {day.replace("r)", "run_no)")}, step + 1
        from {_STATE}.change_intents where run_no >= getvariable('first_no')""",
        f"""insert into {_STATE}.contact_lookups
        select contact_lookups.* replace ({day} as looked_up_at, r * 100 + 2 as step)
        from {_STATE}.contact_lookups cross join history
        where (getvariable('last_no') - r) % {_LOOKUPS_EVERY} = 0""",
        f"""insert into {_STATE}.email_verdicts
        select email_verdicts.* replace ('old rules ' || n as ruleset, 50 + n as step)
        from {_STATE}.email_verdicts cross join range(2) as numbers(n)""",
        f"""insert into {_STATE}.run_events (run_no, run_id, event, occurred_at, host, pid)
        select r, 'run-' || r, case n when 0 then 'claimed' else 'heartbeat' end, {day}, 'night', 42
        from history cross join range({_HEARTBEATS + 1}) as numbers(n)""",
        f"""insert into {_STATE}.run_events (run_no, run_id, event, step, occurred_at, ruleset, portal_id,
            fresh_from_step, retry_rejected_from_step, host, pid, version)
        select r, 'run-' || r, 'started', r * 100, {day}, newest.ruleset, '{PORTAL}', r * 100, r * 100,
            'night', 42, newest.version
        from history cross join {newest} as newest""",
        f"""insert into {_STATE}.run_events (run_no, run_id, event, occurred_at, status, figures)
        select r, 'run-' || r, 'finished', {day}, 'done', newest.figures
        from history cross join {ended} as newest""",
        f"""insert into {_STATE}.dbt_invocations
        select 'night-' || r, {day} - interval '1 hour', 1, 0 from history where r < getvariable('last_no')""",
    ]


if __name__ == "__main__":
    main()
