"""What a run costs against the emulator: pace, requests, time, CPU, memory.

    python -m bench.engine pace      use of the allowed requests over a minute, and 429s received
    python -m bench.engine scale     first run and a run with nothing due, at 10,000 rows and more
    python -m bench.engine bad-rows  requests that rows HubSpot refuses cost, against the bound
    python -m bench.engine naive     the same work by a plain loop with HubSpot's own client
    python -m bench.engine offline   judge, diff and guards at 10 million rows, without HTTP

Nine addresses of ten are contacts. Seconds are the run's own, from its first question to its report; the start of
Python and dbt around it is shown apart. The emulator is a process on the same machine, so what it takes is shown.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

import duckdb
import requests

from bench.sync_world import LIST, PORTAL, Run, World

ROOT = Path(__file__).resolve().parents[1]
MEMBERS_A_REQUEST = 500
READ = "POST /crm/v3/objects/contacts/batch/read"
UPDATE = "POST /crm/v3/objects/contacts/batch/update"
WINDOW_SECONDS = 10


def main() -> None:
    """Parse the arguments and do one part."""
    parts: dict[str, Callable[[argparse.Namespace, Path], None]] = {
        "pace": pace,
        "scale": scale,
        "bad-rows": bad_rows,
        "naive": naive,
        "offline": offline,
    }
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=parts)
    parser.add_argument("--rows", type=int, nargs="+", help="audience rows; scale takes several")
    parser.add_argument("--burst", type=int, default=190, help="pace: HubSpot's requests in 10 seconds (190)")
    parser.add_argument("--share", type=int, default=90, help="pace: percent of it that the run may use (90)")
    parser.add_argument("--latency", type=float, default=0.08, help="pace: seconds before each answer (0.08)")
    parser.add_argument("--bad", type=int, default=20, help="bad-rows: how many rows HubSpot refuses (20)")
    parser.add_argument("--memory-limit", default="4GB", help="DuckDB's (4GB)")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}, DuckDB {arguments.memory_limit}")
    with tempfile.TemporaryDirectory() as folder:
        parts[arguments.part](arguments, Path(folder))


def pace(arguments: argparse.Namespace, folder: Path) -> None:
    """A first run at the pace of a real portal; every rolling window of ten seconds is compared with it."""
    variables = {"hubspot_limit_share_percent": arguments.share}
    rows = (arguments.rows or [90_000])[0]
    with World(folder, rows, variables=variables, burst=arguments.burst) as world:
        world.emulator.faults([{"route": "*", "latency": arguments.latency, "times": None}])
        run = world.sync("run")
        log = world.emulator.requests()
    counts = windows([each["seconds"] for each in log if each["route"] == READ])
    refused = sum(each["status"] == 429 for each in log)
    allowed = arguments.burst * arguments.share / 100
    print(
        f"{len(log):,} requests in {run.seconds:.1f} s, {arguments.latency * 1000:.0f} ms before each answer"
    )
    middle = statistics.median(counts)
    print(f"while looking up, in any 10 s: median {middle:.0f}, fewest {min(counts)}, most {max(counts)}")
    print(f"{middle / allowed:.1%} of the {allowed:.0f} allowed, {arguments.share} % of {arguments.burst}")
    print(f"{refused} answers were 429")


def windows(moments: list[float]) -> list[int]:
    """How many moments fall into each ten seconds that end at one of them and lie wholly within."""
    moments = sorted(moments)
    ends = [each for each in moments if each >= moments[0] + WINDOW_SECONDS]
    if not ends:
        raise SystemExit("The run took less than ten seconds: give more --rows.")
    return [bisect_right(moments, end) - bisect_right(moments, end - WINDOW_SECONDS) for end in ends]


def scale(arguments: argparse.Namespace, folder: Path) -> None:
    """A first run and one with nothing due, for each number of rows."""
    for rows in arguments.rows or [10_000, 100_000]:
        inner = folder / str(rows)
        inner.mkdir()
        with World(inner, rows, memory_limit=arguments.memory_limit) as world:
            first = world.sync("run")
            sent = sum(world.routes().values())
            memory, cpu = world.emulator_cost()
            idle = world.sync("run")
        least = math.ceil(rows / 100) + math.ceil(world.contacts / MEMBERS_A_REQUEST) + 3
        print(
            f"\n{rows:,} rows; the emulator loads {world.contacts:,} contacts in {world.load_seconds:.0f} s"
        )
        show("first run", first)
        print(f"  {sent:,} requests, {sent / least:.3f} of the fewest possible, {least:,}")
        print(f"  the emulator: CPU {cpu:.1f} s, memory {memory / 1e6:,.0f} MB")
        show("nothing due", idle)
        print(f"  {idle.report['contact_requests']} contact requests, {idle.report['requests']} in all")


def show(title: str, run: Run) -> None:
    """Print what a run cost."""
    print(
        f"{title}: {run.seconds:.1f} s, start of Python and dbt {run.wall_seconds - run.seconds:.1f} s, "
        f"CPU {run.cpu_seconds:.1f} s, peak memory {run.peak_bytes / 1e6:,.0f} MB"
    )


def bad_rows(arguments: argparse.Namespace, folder: Path) -> None:
    """Updates of which HubSpot refuses some: every good one must be made, within the bound."""
    rows, bad, size = (arguments.rows or [20_000])[0], arguments.bad, 100
    properties = f"""case when i % {rows // bad} = 5 then '{{"lifecyclestage": "nonsense"}}'
        else '{{"firstname": "A"}}' end"""
    with World(folder, rows, properties=properties) as world:
        run = world.sync("run")
        sent = world.routes()[UPDATE]
    outcomes = run.report["lists"][LIST]["outcomes"]["update"]
    updates = sum(outcomes.values())
    refused = outcomes.get("rejected", 0)
    bound = math.ceil(updates / size) + 2 * refused * math.ceil(math.log2(size))
    print(f"{updates:,} updates, {outcomes}: {sent:,} requests, the bound is {bound:,}")


def naive(arguments: argparse.Namespace, folder: Path) -> None:
    """The same people on a list, by a run and by the plain loop, on one emulator, without latency."""
    rows = (arguments.rows or [100_000])[0]
    with World(folder, rows, memory_limit=arguments.memory_limit) as world:
        show("run", run := world.sync("run"))
        file = folder / "emails.txt"
        file.write_text("".join(f"person{i}@example.com\n" for i in range(rows)), encoding="utf-8")
        made = requests.post(
            f"{world.emulator.url}/crm/v3/lists",
            json={"name": "Naive", "objectTypeId": "0-1", "processingType": "MANUAL"},
            headers={"Authorization": "Bearer token"},
            timeout=30,
        )
        list_id = made.json()["list"]["listId"]
        command = [sys.executable, "-m", "bench.naive", world.emulator.url, str(file)]
        start = time.perf_counter()
        subprocess.run([*command, str(MEMBERS_A_REQUEST), list_id], cwd=ROOT, check=True)
        loop = time.perf_counter() - start
        sizes = {each["name"]: each["size"] for each in world.emulator.state()["lists"]}
    print(f"plain loop with HubSpot's client: {loop:.1f} s; members: {sizes}")
    print(f"the run takes {run.seconds / loop:.2f} of it, {run.wall_seconds / loop:.2f} with Python and dbt")


def offline(arguments: argparse.Namespace, folder: Path) -> None:
    """Two plans without HTTP: one judges everybody, one compares everybody with the lookups written in between."""
    rows = (arguments.rows or [10_000_000])[0]
    world = World(folder, rows, memory_limit=arguments.memory_limit)
    show(f"{rows:,} rows judged", world.sync("plan", "--offline"))
    with duckdb.connect(str(world.file)) as connection:
        connection.execute(
            f"insert into team_hubspot_sync.contact_lookups select '{PORTAL}', email, 'found', customer_id, "
            "email, 0, 0, now(), 101 from team.wanted"
        )
    show(f"{rows:,} rows compared and guarded", run := world.sync("plan", "--offline"))
    print(f"  planned: {run.report['lists'][LIST]['planned']}")


if __name__ == "__main__":
    main()
