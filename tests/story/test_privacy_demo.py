"""No address of the demo leaves the warehouse and HubSpot: all that its commands write is searched for every one.

The demo's seeds hold some thousands of invented addresses with every kind of flaw, so this looks for all of them
in whatever a command leaves: terminal, reports, logs, tracebacks, and dbt's `target/` and `logs/`.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from tests.dbt_project import AS_OF, ROOT
from tests.emulator_process import EmulatorProcess
from tests.host import PORTAL

pytestmark = pytest.mark.proof

TOKEN = "pat-eu1-0123-of-the-demo"
COLUMNS = {
    "seeds/shop_customers.csv": ("email",),
    "seeds/loyalty_members.csv": ("mail",),
    "seeds/crm_contacts.csv": ("email_address",),
    "seeds/suppressions.csv": ("value",),
    "demo/contacts.csv": ("email", "hs_additional_emails"),
}


def demo_addresses() -> set[str]:
    """Every address of the demo's files in lower case, broken ones included, if it is long enough to be somebody's."""
    found: set[str] = set()
    for name, columns in COLUMNS.items():
        with (ROOT / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for column in columns:
                    found.update(part.strip().lower() for part in (row[column] or "").split(";"))
    return {each for each in found if each.find("@") > 0 and len(each) >= 8}


@dataclass
class Demo:
    """The demo's project in a folder of its own, and what its commands said."""

    directory: Path
    hubspot: EmulatorProcess
    project: frozenset[Path]
    """Files that were there before any command."""
    said: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str, given: str = "") -> int:
        """Run `hubspot-sync`, keep what it says, and return its exit code."""
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.directory),
            "PYTHONPATH": str(ROOT),
            "HUBSPOT_ACCESS_TOKEN": TOKEN,
            "HUBSPOT_PORTAL_ID": PORTAL,
            "HUBSPOT_BASE_URL": self.hubspot.url,
        }
        variables = (
            f"{{as_of: '{AS_OF}', hubspot_settle_seconds: 0, hubspot_requests_per_10_seconds: 100000}}"
        )
        done = subprocess.run(
            [sys.executable, "-m", "sync", arguments[0], "--vars", variables, *arguments[1:]],
            cwd=self.directory,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        name = " ".join(arguments)
        self.said |= {f"{name}: stdout": done.stdout, f"{name}: stderr": done.stderr}
        return done.returncode

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Run a statement in the demo's warehouse."""
        with duckdb.connect(str(self.directory / "hubspot_sync.duckdb")) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def leaks(self) -> dict[str, list[str]]:
        """Where an address or the token stands, of all that was written outside warehouse and HubSpot."""
        written = dict(self.said)
        for path in self.directory.rglob("*"):
            is_warehouse = path.name.startswith("hubspot_sync.duckdb")
            if path.is_file() and path not in self.project and not is_warehouse:
                written[str(path.relative_to(self.directory))] = path.read_bytes().decode("utf-8", "replace")
        assert any(name.startswith("target/") and name.endswith("manifest.json") for name in written)
        wanted = sorted(demo_addresses() | {TOKEN})
        found: dict[str, list[str]] = {}
        for name, text in written.items():
            lowered = text.lower()
            some = [each for each in wanted if each in lowered] if "@" in lowered or TOKEN in text else []
            if some:
                found[name] = some[:5]
        return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, built and synced once; HubSpot holds its contacts."""
    directory = tmp_path_factory.mktemp("demo")
    for name in ("macros", "models", "seeds", "tests/dbt"):
        shutil.copytree(ROOT / name, directory / name)
    shutil.copy(ROOT / "dbt_project.yml", directory)
    shutil.copy(ROOT / "profiles.example.yml", directory / "profiles.yml")
    with EmulatorProcess(contacts=ROOT / "demo" / "contacts.csv") as hubspot:
        made = Demo(directory, hubspot, frozenset(directory.rglob("*")))
        assert made.command("run", "--build", "--log-format", "json") == 0, made.said
        yield made


def test_the_demo_has_thousands_of_addresses_to_look_for() -> None:
    addresses = demo_addresses()
    assert len(addresses) > 3_000
    assert "h.grandprelune.exemple72@sfr.fr" in addresses


def test_the_search_finds_an_address_that_is_written(demo: Demo) -> None:
    somebody = max(demo_addresses())
    log = demo.directory / "logs" / "dbt.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(f"insert into x values ('{somebody.upper()}')", encoding="utf-8")
    assert demo.leaks() == {"logs/dbt.log": [somebody]}
    log.unlink()


def test_no_address_of_the_demo_is_written_outside_the_warehouse_whatever_the_command(demo: Demo) -> None:
    ((listed, customer),) = demo.query(
        "select email, customer_id from main.hubspot_audience_status where status = 'on_list' order by 1 limit 1"
    )
    ((rejected,),) = demo.query("select min(email) from main.hubspot_rejected_emails where email like '%@%'")
    for output in ("--json", "--markdown"):
        assert demo.command("plan", output) == 0
    assert demo.command("status", "--json") == 0
    assert demo.command("insights") == 0
    assert demo.command("insights", "--json") == 0
    assert demo.command("doctor") == 0
    assert demo.command("verify") == 0
    assert demo.command("explain", "-", given=f"{listed}\n") == 0
    assert demo.command("explain", str(customer), "--json") == 0
    assert demo.command("explain", "-", "--json", given=f"{rejected}\n") == 0
    assert demo.command("compact", "--keep-days", "0") == 0
    assert demo.command("forget", given=f"{listed}\n") == 0
    assert "***@" in demo.said["explain -: stdout"]
    assert demo.leaks() == {}


def test_no_address_of_the_demo_is_written_outside_the_warehouse_when_things_fail(demo: Demo) -> None:
    contacts = "POST /crm/v3/objects/contacts/batch/read"
    demo.query("delete from main_hubspot_sync.contact_lookups")
    demo.hubspot.faults([{"route": contacts, "status": 400, "times": None}])
    assert demo.command("run") in (5, 6)
    # The warehouse's own words hold the value that does not fit.
    demo.query("drop table main_hubspot_sync.contact_lookups cascade")
    demo.query(
        "create table main_hubspot_sync.contact_lookups (portal_id text, wire_email integer, outcome text,"
        " contact_id text, primary_email text, opted_out bigint, bounced bigint, looked_up_at timestamp, step bigint)"
    )
    demo.hubspot.faults([])
    assert demo.command("run", "--log-format", "json") == 7
    # A bug: a claim that no version of the job ever wrote.
    demo.query("insert into main_hubspot_sync.run_events (run_id, event) values ('x', 'claimed')")
    assert demo.command("run", "--json") == 1
    assert "Traceback" in demo.said["run --json: stderr"]
    assert demo.leaks() == {}
