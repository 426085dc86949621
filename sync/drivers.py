"""How each warehouse's driver streams rows and takes them in bulk; dbt's adapter gives the handle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

Row = tuple[Any, ...]
Reader = Callable[[Any, str, int], Iterator[list[Row]]]
BoundReader = Callable[[Any, str, Sequence[str | None]], list[Row]]
Writer = Callable[[Any, str, Sequence[str], Sequence[Row]], None]


def _until_empty(fetch: Callable[[], Sequence[Row] | None]) -> Iterator[list[Row]]:
    while rows := fetch():
        yield list(rows)


def read_dbapi(handle: Any, statement: str, size: int) -> Iterator[list[Row]]:
    """Run a statement on a DB-API handle and give its rows in lists of at most `size`."""
    cursor = handle.cursor()
    cursor.execute(statement)
    return _until_empty(lambda: cursor.fetchmany(size))


def _read_postgres(handle: Any, statement: str, size: int) -> Iterator[list[Row]]:
    # A named cursor stays on the server; without a name the client receives everything at once.
    cursor = handle.cursor(name="hubspot_sync")
    cursor.execute(statement)
    return _until_empty(lambda: cursor.fetchmany(size))


def _append_duckdb(handle: Any, relation: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    cursor = handle.cursor()
    arrays = [pa.array(values) for values in zip(*rows, strict=True)]
    cursor.register("hubspot_sync_rows", pa.table(arrays, names=list(columns)))
    names = ", ".join(columns)
    cursor.execute(f"insert into {relation} ({names}) select {names} from hubspot_sync_rows")  # noqa: S608 our names
    cursor.unregister("hubspot_sync_rows")


def _append_postgres(handle: Any, relation: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    from psycopg2.extras import execute_values

    with handle.cursor() as cursor:
        statement = f"insert into {relation} ({', '.join(columns)}) values %s"  # noqa: S608 bound values
        execute_values(cursor, statement, rows, page_size=1000)
    handle.commit()


def read_bound(handle: Any, statement: str, values: Sequence[str | None]) -> list[Row]:
    """Run a statement whose values are written `$1`, `$2`, … on a DB-API handle and return its rows."""
    named = re.sub(r"\$(\d+)", r"%(\1)s", statement.replace("%", "%%"))
    cursor = handle.cursor()
    cursor.execute(named, {str(number): value for number, value in enumerate(values, start=1)})
    return list(cursor.fetchall())


def _read_bound_duckdb(handle: Any, statement: str, values: Sequence[str | None]) -> list[Row]:
    return list(handle.cursor().execute(statement, list(values)).fetchall())


READERS: dict[str, Reader] = {"postgres": _read_postgres}
BOUND_READERS: dict[str, BoundReader] = {"duckdb": _read_bound_duckdb}
WRITERS: dict[str, Writer] = {"duckdb": _append_duckdb, "postgres": _append_postgres}
