"""Verdicts in bulk, side by side: the library row by row against `judge_batch`.

    python -m bench.emails --rows 1000000 --dirty 3

The library has the recommended options and nothing around it: no clean-up, no list of top-level domains, no codes,
no suggestions. Both read the same invented addresses from memory. Rounds alternate, medians count. Before any time
is shown, the verdicts are compared row by row.

`--validate` sends the addresses through the command instead and shows rows a second and its peak memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import email_validator
import pyarrow as pa

from bench.addresses import addresses
from bench.process_tree import PeakMemory
from sync.emails import clean, ruleset
from sync.fast_lane import judge_batch

SEED = 20261124
LIBRARY_ROWS = 1_000_000
"""The library judges the first million of a larger set; its rate does not depend on the number."""


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="10,000 to 10,000,000")
    parser.add_argument("--dirty", type=float, default=3, help="percent of dirty addresses, 3 or 30 say")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--validate", action="store_true", help="send the addresses through `validate`")
    arguments = parser.parse_args()
    print(f"{arguments.rows:,} addresses, {arguments.dirty:g} % dirty, {os.cpu_count()} cores, {ruleset()}")
    if arguments.validate:
        through_validate(arguments.rows, arguments.dirty)
    else:
        side_by_side(arguments.rows, arguments.dirty, arguments.rounds)


def side_by_side(rows: int, dirty: float, rounds: int) -> None:
    """Alternate the two, check that they agree, print medians, ratio and memory."""
    emails = _in_memory(rows, dirty)
    few = emails.slice(0, LIBRARY_ROWS).to_pylist()
    library_rates, batch_rates = [], []
    with PeakMemory(os.getpid()) as before:
        time.sleep(0.1)
    for _ in range(rounds):
        start = time.perf_counter()
        wires = by_library(few)
        library_rates.append(len(few) / (time.perf_counter() - start))
        with PeakMemory(os.getpid()) as peak:
            start = time.perf_counter()
            table = judge_batch(emails)
            batch_rates.append(rows / (time.perf_counter() - start))
        check(few, wires, table.slice(0, len(few)))
    library, batch = statistics.median(library_rates), statistics.median(batch_rates)
    print(f"{'':<28} {'addresses/s':>12} {'processes':>10}")
    print(f"{'library, row by row':<28} {library:>12,.0f} {1:>10}")
    print(f"{'judge_batch':<28} {batch:>12,.0f} {peak.processes:>10}")
    print(f"ratio {batch / library:.1f}; verdicts of {len(few):,} rows compared, in every round")
    print(
        f"peak memory {peak.bytes / 1e6:,.0f} MB, of which {before.bytes / 1e6:,.0f} MB are the addresses and Python"
    )


def by_library(emails: list[str]) -> list[str | None]:
    """The wire form of what the library accepts, None for what it refuses."""
    wires: list[str | None] = []
    for email in emails:
        try:
            found = email_validator.validate_email(
                email,
                allow_smtputf8=False,
                allow_empty_local=False,
                allow_quoted_local=False,
                allow_domain_literal=False,
                allow_display_name=False,
                strict=True,
                check_deliverability=False,
                test_environment=False,
                globally_deliverable=True,
            )
            wires.append(str(found.ascii_email).lower())
        except email_validator.EmailNotValidError:
            wires.append(None)
    return wires


def check(emails: list[str], wires: list[str | None], table: pa.Table) -> None:
    """Stop unless the verdicts are the library's, but for its missing list of names and for the clean-up."""
    codes, ours = table["code"].to_pylist(), table["wire_email"].to_pylist()
    for email, wire, code, our in zip(emails, wires, codes, ours, strict=True):
        if (
            our != wire
            and not (code == "tld" and our is None)
            and not (wire is None and clean(email) != email)
        ):
            raise SystemExit("a verdict of judge_batch is not the library's")


def through_validate(rows: int, dirty: float) -> None:
    """Send a file of the addresses through `hubspot-sync validate`; print its rate and its peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "addresses.txt"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(email + "\n" for email in addresses(rows, dirty, SEED))
        command = [sys.executable, "-m", "sync", "validate", "--output", "jsonl", str(path)]
        start = time.perf_counter()
        with (
            subprocess.Popen(command, stdout=subprocess.DEVNULL) as process,
            PeakMemory(process.pid) as peak,
        ):
            process.wait()
        rate = rows / (time.perf_counter() - start)
    if process.returncode != 0:
        raise SystemExit("validate failed")
    print(
        f"validate: {rate:,.0f} addresses/s, {peak.processes} processes, peak memory {peak.bytes / 1e6:,.0f} MB"
    )


def _in_memory(rows: int, dirty: float) -> pa.ChunkedArray:
    emails = addresses(rows, dirty, SEED)
    chunks = []
    while some := list(islice(emails, 100_000)):
        chunks.append(pa.array(some, pa.string()))
    return pa.chunked_array(chunks, pa.string())


if __name__ == "__main__":
    main()
