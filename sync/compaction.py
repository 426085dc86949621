"""Compaction of the state: under the lock, in one transaction, and only when no view says otherwise after it."""

from __future__ import annotations

from sync.errors import WarehouseError
from sync.records import Tables
from sync.runs import Runs


def carry_out(tables: Tables, runs: Runs, keep_days: int) -> dict[str, tuple[int, int]]:
    """Compact the state; return the rows of each table before and after.

    Raises `BusyError` while a run holds the lock, `WarehouseError` when the views would change.
    """
    runs.create_state()
    runs.acquire(0)
    try:
        runs.hold()
        before = _counts(tables)
        differences = tables.execute_checked(
            "hubspot_compaction", "hubspot_compaction_differences", keep_days=keep_days
        )
        after = _counts(tables)
    finally:
        runs.release()
    if differences:
        told = ", ".join(f"{model} in {count:,} rows" for model, count in differences)
        raise WarehouseError(
            "compaction",
            f"A compaction would change what the views say: {told}. Nothing was changed.",
            "This is a bug: please report it.",
        )
    return {name: (before[name], after[name]) for name in before}


def _counts(tables: Tables) -> dict[str, int]:
    return {name: int(rows) for name, rows in tables.rows("hubspot_state_counts")}
