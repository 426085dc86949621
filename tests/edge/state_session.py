"""A connection to a host's warehouse whose writes are rolled back, and cases over the state's views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg2
import pytest

from tests.edge.state_rows import MODELS, Given, Row, flat, runs
from tests.host import Host


class Session:
    """One connection to a host's warehouse, in transactions that are rolled back."""

    def __init__(self, host: Host) -> None:
        self._connection: Any
        if host.engine == "duckdb":
            self._connection = duckdb.connect(str(host.duckdb_path))
        else:
            self._connection = psycopg2.connect(host=host.postgres_host, user="postgres", dbname="postgres")
        self._mark = "?" if host.engine == "duckdb" else "%s"
        self._host = host
        self._rendered: dict[str, list[str]] = {}

    @contextmanager
    def transaction(self, *, keep: bool = False) -> Iterator[Session]:
        """What is written in the block is gone after it, unless `keep`."""
        cursor = self._connection.cursor() if self._mark == "%s" else self._connection
        cursor.execute("begin")
        try:
            yield self
        except BaseException:
            self._connection.rollback()
            raise
        if keep:
            self._connection.commit()
        else:
            self._connection.rollback()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; parameters are written `?`."""
        if self._mark == "?":
            cursor = self._connection.execute(sql, list(parameters))
            return list(cursor.fetchall()) if cursor.description else []
        with self._connection.cursor() as cursor:
            cursor.execute(sql.replace("?", "%s") if parameters else sql, list(parameters) or None)
            return list(cursor.fetchall()) if cursor.description else []

    def insert(self, rows: Iterable[Row]) -> None:
        """Insert rows, those of one table and of the same columns in one statement."""
        groups: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
        for row in rows:
            groups.setdefault((row.table, tuple(row.values)), []).append(row)
        for (table, columns), group in groups.items():
            marks = "(" + ", ".join(["?"] * len(columns)) + ")"
            self.rows(
                f"insert into {table} ({', '.join(columns)}) values {', '.join([marks] * len(group))}",
                [value for row in group for value in row.values.values()],
            )

    def call(self, macro: str, **arguments: Any) -> list[tuple[Any, ...]]:
        """Run what a macro of the package renders, as the job does; return the rows of the last statement."""
        key = f"{macro} {arguments}"
        if key not in self._rendered:
            text = self._host.warehouse.call(macro, **arguments)
            self._rendered[key] = [str(each) for each in (text if isinstance(text, list) else [text])]
        rows: list[tuple[Any, ...]] = []
        for statement in self._rendered[key]:
            rows = self.rows(statement)
        return rows

    def close(self) -> None:
        """Let the warehouse go."""
        self._connection.close()


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def session(hosts: dict[str, Host], request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session on each engine in turn, in an empty warehouse. A module imports it to use it."""
    host = hosts[request.param]
    host.reset()
    opened = Session(host)
    yield opened
    opened.close()


@dataclass(frozen=True)
class Case:
    """Rows, and the changes they lead to: list, action and contact, with the customer where it matters."""

    rule: str
    given: Given
    changes: list[str]

    def check(self, session: Session) -> None:
        """Compare with `hubspot_changes`."""
        with session.transaction():
            session.insert(flat([runs(), *self.given]))
            rows = session.rows(
                f"select list_name, action, contact_id, customer_id from {MODELS}.hubspot_changes"
            )
        with_customer = {tuple(each.split()[:3]) for each in self.changes if len(each.split()) == 4}
        found = [" ".join(row if row[:3] in with_customer else row[:3]) for row in rows]
        assert sorted(found) == sorted(self.changes)
