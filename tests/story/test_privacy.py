"""No address and no token leaves the warehouse and HubSpot: everything else that a run writes is searched."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host

PEOPLE = [
    "ann.privatt@example.com",
    "bob.privatt@gmail.con",
    "cat privatt@example.com",
    "dan.privatt@example.com",
]


def wanted(host: Host) -> None:
    """An audience with accepted, strictly rejected, coarsely rejected and unknown addresses."""
    host.wanted(*((VIP, f"c{number}", email) for number, email in enumerate(PEOPLE)))


def assert_private(done: subprocess.CompletedProcess[str], host: Host) -> None:
    """Neither output nor any file beside the warehouse holds a part of an address, or the token."""
    written = {"stdout": done.stdout, "stderr": done.stderr}
    for path in host.project.rglob("*"):
        if path.is_file() and "dbt_packages" not in path.parts:
            written[str(path)] = path.read_bytes().decode("utf-8", "replace")
    assert "manifest.json" in {Path(name).name for name in written}
    for name, text in written.items():
        assert "privatt" not in text, name
        assert "token-of-tests" not in text, name


def test_a_run_that_succeeds_shows_masked_addresses_only(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": PEOPLE[0]}])
    wanted(duckdb_host)
    done = duckdb_host.command("run", "--build", hubspot=hubspot)
    assert done.returncode == 0, done.stderr
    assert "bo***@gmail.con" in done.stdout
    assert_private(done, duckdb_host)


def test_a_run_that_hubspot_refuses_quotes_no_address(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    wanted(duckdb_host)
    hubspot.faults([{"route": "POST /crm/v3/objects/contacts/batch/read", "status": 400}])
    done = duckdb_host.command("run", hubspot=hubspot)
    assert_private(done, duckdb_host)


def test_an_insert_that_fails_quotes_no_address(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    """The warehouse's own error text holds the value that did not fit."""
    wanted(duckdb_host)
    duckdb_host.damage("drop table {state}.email_verdicts cascade")
    duckdb_host.damage(
        "create table {state}.email_verdicts (email integer, ruleset text, verdict text, wire_email text, code text,"
        " detail text, suggestion text, judged_at timestamp, step bigint)"
    )
    done = duckdb_host.command("run", hubspot=hubspot)
    assert done.returncode == 7
    assert "Traceback" not in done.stderr
    assert_private(done, duckdb_host)
