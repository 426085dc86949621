"""Statements on connections of dbt's adapter: rows in chunks, transactions, appends in bulk.

It is given the adapter and imports nothing of dbt. The adapter's and the engine's errors pass through: the
warehouse puts them into words.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sync.drivers import BOUND_READERS, READERS, WRITERS, Row, read_bound, read_dbapi

_HELD_FILE_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to open a DuckDB file that another process holds."""


class Statements:
    """Runs statements where `adapter` leads; each thread has a connection of its own."""

    def __init__(self, adapter: Callable[[], Any]) -> None:
        self._adapter = adapter

    @contextlib.contextmanager
    def reading(self, statement: str, size: int) -> Iterator[Iterator[list[Row]]]:
        """Give the rows of a query in chunks of at most `size`, while the connection is open."""
        with self.connection("read") as handle:
            yield READERS.get(self._adapter().type(), read_dbapi)(handle, statement, size)

    def read_bound(self, statement: str, values: Sequence[str | None]) -> list[Row]:
        """All rows of a query whose values are written `$1`, `$2`, …"""
        with self.connection("read") as handle:
            return BOUND_READERS.get(self._adapter().type(), read_bound)(handle, statement, values)

    def execute(self, statements: Sequence[str]) -> None:
        """Run statements, each in a transaction of its own."""
        adapter = self._adapter()
        with self.connection("write"):
            for statement in statements:
                adapter.connections.begin()
                adapter.execute(statement, fetch=False)
                adapter.connections.commit()

    def execute_checked(self, statements: Sequence[str], question: str) -> list[Row]:
        """Run statements in one transaction, which stands only when the question has no rows; return these."""
        adapter = self._adapter()
        with self.connection("write") as handle:
            adapter.connections.begin()
            for statement in statements:
                adapter.execute(statement, fetch=False)
            cursor = handle.cursor()
            cursor.execute(question)
            rows = [tuple(row) for row in cursor.fetchall()]
            if rows:
                adapter.connections.rollback_if_open()
            else:
                adapter.connections.commit()
            return rows

    def append(self, relation: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Append rows to a table with bound values."""
        with self.connection("write") as handle:
            writer = WRITERS.get(self._adapter().type())
            if writer is None:
                self._append_bound(relation, columns, rows)
            else:
                writer(handle, relation, columns, rows)

    def _append_bound(self, relation: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        # 1,000 rows a statement stays within every warehouse's limits.
        connections = self._adapter().connections
        for start in range(0, len(rows), 1000):
            part = rows[start : start + 1000]
            marks = ", ".join("(" + ", ".join(["%s"] * len(columns)) + ")" for _ in part)
            statement = f"insert into {relation} ({', '.join(columns)}) values {marks}"  # noqa: S608 bound values
            connections.begin()
            connections.add_query(statement, bindings=[value for row in part for value in row])
            connections.commit()

    def has_relation(self, database: str, schema: str, name: str) -> bool:
        """Whether the warehouse has such a table or view."""
        with self.connection("check"):
            return self._adapter().get_relation(database, schema, name) is not None

    @contextlib.contextmanager
    def connection(self, name: str) -> Iterator[Any]:
        """An open handle of this thread's connection; a file that is held is waited for."""
        adapter = self._adapter()
        with _held_file_wait(adapter, name):
            yield adapter.connections.get_thread_connection().handle


@contextlib.contextmanager
def _held_file_wait(adapter: Any, name: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for wait in (*_HELD_FILE_WAITS, None):
            try:
                stack.enter_context(adapter.connection_named(name))
                _ = adapter.connections.get_thread_connection().handle
                break
            except Exception as error:
                if wait is None or "Could not set lock" not in str(error):
                    raise
                stack.close()
                time.sleep(wait)
        yield
