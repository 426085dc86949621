"""How well the identity models find out who is the same, over invented people of known identity.

    python -m bench.identity --people 20000

A new seed is drawn in each run and printed; `--seed` repeats one. Shown are precision and recall over pairs of
records: of all pairs of one person's records, of those that share a clean key, and of the pairs in which a record
has a given kind of error. With `--splink` the same records go through Splink, a probabilistic linker, for
comparison: `.venv/bin/uv pip install --python .venv/bin/python --group bench` installs it.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import duckdb

from bench.dbt_build import SCHEMA, DuckDbProject
from bench.population import Population, Record
from bench.sources import source_tables

TOTALS = ("all pairs", "sharing a clean key")
Pair = tuple[int, int]


@dataclass
class Score:
    """Pairs of one kind: truly the same person's, found and right, found in all."""

    true: int = 0
    right: int = 0
    found: int = 0

    def __str__(self) -> str:
        precision = f"{self.right / self.found:.4f}" if self.found else "-"
        recall = f"{self.right / self.true:.4f}" if self.true else "-"
        wrong = f"{self.found - self.right:,}" if self.found else "-"
        return f"{precision:>10} {recall:>8} {self.true:>10,} {wrong:>10}"


def main() -> None:
    """Parse the arguments, invent, build, score, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, help="repeat the run that printed it")
    parser.add_argument("--splink", action="store_true", help="the same records through Splink beside it")
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**6) if arguments.seed is None else arguments.seed
    population = Population(arguments.people, seed)
    print(f"{arguments.people:,} people, {len(population.records):,} records, seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        project = DuckDbProject(Path(folder))
        project.write(**source_tables(population.records))
        built = project.build("+int_identities")
        customers = found_customers(project.file, population.records)
        show(f"models, {built.seconds:.1f} s", scores(population, customers))
        if arguments.splink:
            from bench.splink_side import link

            for title, customers in link(population.records):
                total = scores(population, customers)
                show(title, {name: score for name, score in total.items() if name in TOTALS})


def record_id(record: Record) -> str:
    """The record's id in the models."""
    return f"{record.system}:{record.number}"


def found_customers(file: Path, records: list[Record]) -> list[str]:
    """The customer that the models give each record. Stops the program when a record has none."""
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(f"select record_id, customer_id from {SCHEMA}.int_identities").fetchall()
    customers = dict(rows)
    if len(customers) != len(records):
        raise SystemExit(f"int_identities has {len(customers):,} records where {len(records):,} went in")
    return [customers[record_id(each)] for each in records]


def scores(population: Population, customers: list[str]) -> dict[str, Score]:
    """The scores of all pairs, of those that share a clean key, and of each kind."""
    humans = [each.human for each in population.records]
    true, found = _pairs(humans), _pairs(customers)
    clean = {pair for places in population.clean_keys().values() for pair in combinations(places, 2)}
    result = {
        TOTALS[0]: Score(len(true), len(true & found), len(found)),
        # Such a pair is one person's by definition, so there is no precision of it.
        TOTALS[1]: Score(len(clean), len(clean & found)),
    }
    for pair in true | found:
        kinds = population.records[pair[0]].kinds | population.records[pair[1]].kinds
        for kind in kinds or {"nothing wrong"}:
            score = result.setdefault(kind, Score())
            score.true += pair in true
            score.right += pair in true and pair in found
            score.found += pair in found
    return result


def _pairs(groups: Sequence[object]) -> set[Pair]:
    members: dict[object, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    return {pair for places in members.values() for pair in combinations(places, 2)}


def show(title: str, result: Mapping[str, Score]) -> None:
    """Print one line a kind, the commonest first."""
    print(f"\n{title:<28} {'precision':>10} {'recall':>8} {'true pairs':>10} {'wrong':>10}")
    for name in sorted(result, key=lambda name: (name not in TOTALS, -result[name].true)):
        print(f"{name:<28} {result[name]}")


if __name__ == "__main__":
    main()
