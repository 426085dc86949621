"""The demo's data: made by a seeded generator, with every kind of bad address, and whole after `dbt seed`."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.emails import REASONS, judge
from sync.records import Verdict
from tests.dbt_project import ROOT, DbtProject
from tests.edge.dbt_fixtures import project

__all__ = ["project"]

ADDRESS_COLUMNS = {"shop_customers": "email", "crm_contacts": "email_address", "loyalty_members": "mail"}
SEEDS = [*ADDRESS_COLUMNS, "shop_orders", "suppressions", "placeholder_keys"]


def generate(directory: Path, *arguments: str) -> Path:
    """The generator's files, made anew."""
    script = ROOT / "demo" / "make_seeds.py"
    subprocess.run([sys.executable, script, "--out", directory, *arguments], check=True)
    return directory


def read(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file, every character as it is."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    """The strict verdict on the address of every customer record."""
    return [
        judge(row[column])
        for name, column in ADDRESS_COLUMNS.items()
        for row in read(ROOT / "seeds" / f"{name}.csv")
    ]


def test_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    made = generate(tmp_path)
    committed = {f"{name}.csv": ROOT / "seeds" / f"{name}.csv" for name in SEEDS}
    committed["contacts.csv"] = ROOT / "demo" / "contacts.csv"
    assert {file.name for file in made.iterdir()} == set(committed)
    assert [name for name, file in committed.items() if file.read_bytes() != (made / name).read_bytes()] == []


def test_second_day_changes_few_people_and_is_the_same_each_time(tmp_path: Path) -> None:
    once, again = generate(tmp_path / "a", "--day", "2"), generate(tmp_path / "b", "--day", "2")
    for name in SEEDS:
        assert (once / f"{name}.csv").read_bytes() == (again / f"{name}.csv").read_bytes()
    before = {
        line for name in SEEDS for line in (ROOT / "seeds" / f"{name}.csv").read_text("utf-8").split("\n")
    }
    after = {line for name in SEEDS for line in (once / f"{name}.csv").read_text("utf-8").split("\n")}
    assert 30 <= len(after - before) <= 60


def test_every_reason_to_refuse_an_address_occurs(verdicts: list[Verdict]) -> None:
    codes = Counter(verdict.code for verdict in verdicts)
    assert set(REASONS) <= set(codes)
    assert 0.02 <= 1 - codes[None] / len(verdicts) <= 0.04


@pytest.mark.parametrize(
    "trait",
    ["+", "'", "ü", "xn--", "\u200b", "\ufeff", "\t", "\n", "\u00a0", "mailto:", "MailTo:", "<", "。", "．", "｡", "рф"],
)  # fmt: skip
def test_odd_but_valid_addresses_occur(verdicts: list[Verdict], trait: str) -> None:
    assert any(trait in (verdict.email or "") for verdict in verdicts if verdict.verdict == "accepted")


def test_contacts_hold_addresses_in_the_form_of_the_wire() -> None:
    contacts = list(read(ROOT / "demo" / "contacts.csv"))
    assert 1_800 <= len(contacts) <= 2_200
    addresses = [
        address
        for row in contacts
        for address in [row["email"], *filter(None, row["hs_additional_emails"].split(";"))]
    ]
    assert [address for address in addresses if judge(address).wire_email != address] == []
    assert [address for address, count in Counter(addresses).items() if count > 1] == []
    assert len({row["id"] for row in contacts}) == len(contacts)


def test_dbt_seed_loads_every_text_as_it_is(project: DbtProject) -> None:
    """But text of white space alone: dbt's CSV reader makes it null, except where DuckDB reads the file."""
    project.run("seed")
    for name in SEEDS:
        written = [tuple(row.values()) for row in read(ROOT / "seeds" / f"{name}.csv")]
        columns = ", ".join(next(read(ROOT / "seeds" / f"{name}.csv")))
        loaded = project.query(f"select {columns} from {name}")
        assert Counter(map(blank_as_empty, loaded)) == Counter(map(blank_as_empty, written))


def blank_as_empty(row: tuple[str | None, ...]) -> tuple[str, ...]:
    """The row with null and text of white space alone as empty text."""
    return tuple("" if value is None or not value.strip() else value for value in row)
