"""What the models from source tables to `hubspot_audience` cost.

    python -m bench.models --records 100000 1000000
    python -m bench.models --records 100000 --hostile
    python -m bench.models --records 100000 --postgres

Time is from the first model's start to the last one's end; dbt's own start is apart. Memory is the peak of the
dbt process: DuckDB is inside, PostgreSQL's server is not. `--hostile` adds a chain of 10,000 records, each tied to
the next by another key, and lets one record in twenty hold the same address and phone number.
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import psycopg2

from bench.dbt_build import SCHEMA, SOURCES, Built, DuckDbProject
from bench.population import Population, Record
from bench.sources import commerce_tables, source_tables
from tests.dbt_project import start_postgres

SEED = 20261124
_PEOPLE_AT_ONCE = 50_000
_RECORDS_A_PERSON = 1.93
CHAIN = 10_000


def main() -> None:
    """Parse the arguments; build each number of records; print times, memory and growth."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--hostile", action="store_true", help="a shared value and a long chain among them")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own")
    parser.add_argument("--memory-limit", default="4GB", help="DuckDB's (4GB)")
    arguments = parser.parse_args()
    engine = "PostgreSQL" if arguments.postgres else f"DuckDB, memory_limit {arguments.memory_limit}"
    load = os.getloadavg()[0]
    print(f"{engine}, {os.cpu_count()} cores, load before {load:.1f}, seed {SEED}")
    costs: list[tuple[int, float]] = []
    for number in arguments.records:
        with tempfile.TemporaryDirectory() as folder:
            project = DuckDbProject(Path(folder), memory_limit=arguments.memory_limit)
            records = fill(project, number, arguments.hostile)
            if arguments.postgres:
                to_postgres(project)
            start = time.perf_counter()
            built = project.build("+hubspot_audience")
            whole = time.perf_counter() - start
            if arguments.hostile and not arguments.postgres:
                print(f"the chain of {CHAIN:,} records is {chain_customers(project):,} customers")
        show(records, built, whole)
        costs.append((records, built.seconds))
    for (few, short), (many, long) in pairwise(costs):
        bound = many * math.log(many) / (few * math.log(few))
        print(
            f"{many / few:.1f} times the records take {long / short:.1f} times as long; n log n is {bound:.1f}"
        )


def fill(project: DuckDbProject, number: int, hostile: bool) -> int:
    """Write about that many records into the source tables; how many they are."""
    written, first = 0, 0
    people = int(number / _RECORDS_A_PERSON)
    while first < people:
        some = min(_PEOPLE_AT_ONCE, people - first)
        records = Population(some, SEED + first, first).records
        if hostile:
            for record in records[::20]:
                record.says.update(email="orders@shared.example", phone="+49 555 0000001")
            records += chain() if first == 0 else ()
        project.write(**source_tables(records), **commerce_tables(records, SEED + first))
        written += len(records)
        first += some
    return written


def chain() -> Iterator[Record]:
    """Shop and CRM records by turns: an address ties a pair, the shop's number ties it to the next pair."""
    same = {"given": "Long", "surname": "Chain", "phone": "", "postal": "", "country": "", "birthdate": ""}
    same |= {"created": "2020-01-01 00:00:00", "updated": "2020-01-01 00:00:00", "card_number": ""}
    for place in range(CHAIN // 2):
        says = {**same, "email": f"link{place}@chain.example", "shop_number": f"C{place + 1}"}
        yield Record("shop", f"C{place}", -1, says)
        yield Record("crm", f"C{place}", -1, says)


def chain_customers(project: DuckDbProject) -> int:
    """How many customers the chain became."""
    sql = f"select count(distinct customer_id) from {SCHEMA}.int_identities where record_id like '%:C%'"
    with duckdb.connect(str(project.file), read_only=True) as connection:
        return int(connection.execute(sql).fetchall()[0][0])


def to_postgres(project: DuckDbProject) -> None:
    """Start a server, move the source tables there and let dbt build there."""
    host = start_postgres(Path(tempfile.mkdtemp(prefix="hubspot-sync-")))
    connection = psycopg2.connect(host=host, user="postgres", dbname="postgres")
    with duckdb.connect(str(project.file)) as source, connection, connection.cursor() as cursor:
        cursor.execute(f"create schema {SCHEMA}")
        for name in SOURCES:
            path = project.directory / f"{name}.csv"
            source.execute(f"copy {SCHEMA}.{name} to '{path}' (header false)")
            columns = [
                column[0] for column in source.execute(f"from {SCHEMA}.{name} limit 0").description or ()
            ]
            cursor.execute(f"create table {SCHEMA}.{name} ({' text, '.join(columns)} text)")
            with path.open("rb") as file:
                cursor.copy_expert(f"copy {SCHEMA}.{name} from stdin (format csv)", file)
    connection.close()
    login = {"host": host, "port": 5432, "user": "postgres", "password": "", "dbname": "postgres"}
    project.write_profile({"type": "postgres", **login})


def show(records: int, built: Built, whole: float) -> None:
    """Print the total and the five slowest nodes."""
    print(
        f"\n{records:,} records: {built.seconds:.1f} s, dbt around it {whole - built.seconds:.1f} s, "
        f"CPU of all {built.cpu_seconds:.1f} s, peak memory of dbt {built.peak_bytes / 1e6:,.0f} MB"
    )
    for name in sorted(built.nodes, key=lambda name: -built.nodes[name])[:5]:
        print(f"  {name:<32} {built.nodes[name]:>7.1f} s")


if __name__ == "__main__":
    main()
