"""What dbt and the warehouse report, in sentences of ours."""

from __future__ import annotations

from typing import Any

from sync.errors import SyncError, WarehouseError
from sync.masking import mask_all


def node_count(data: Any) -> int | None:
    """How many nodes dbt will run, from the event about one of them; None where it does not tell."""
    # dbt calls it `total` for models and `num_models` for tests.
    count = getattr(data, "total", None) or getattr(data, "num_models", None)
    return int(count) if count else None


def failures(outcome: Any) -> str:
    """The first nodes that failed, each with dbt's reason, masked."""
    failed = [
        f"{result.node.name} ({' '.join(str(result.message).split())[:300]})"
        for result in getattr(outcome.result, "results", [])
        if str(result.status) in ("error", "fail")
    ]
    return mask_all("; ".join(failed[:5]) + ".") if failed else reason(outcome)


def reason(outcome: Any) -> str:
    """Why a dbt command failed, masked, in one line."""
    return said(str(outcome.exception) if outcome.exception else "see `dbt parse`")


def said(text: str) -> str:
    """A text of dbt's, masked, in one line that ends with a full stop."""
    return mask_all(" ".join(text.split()).removesuffix(".") + ".")


def explained(error: Exception, doing: str) -> SyncError:
    """The error of ours for one of the adapter's or the engine's; its words are masked, since they quote values."""
    text = mask_all(" ".join(str(error).split()))[:600]
    if "Could not set lock" in text:
        return WarehouseError(
            "held_file",
            "Another process holds the DuckDB file.",
            "Close the other program (a dbt run, a notebook, the duckdb shell), then run again.",
        )
    return WarehouseError(
        "warehouse", f"The warehouse failed to {doing}: {text.removesuffix('.')}.", "Mend it, then run again."
    )
