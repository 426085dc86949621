"""Batches of addresses in, verdicts out, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa

from sync.cli.verdict_output import Output
from sync.emails import judge
from sync.fast_lane import FastLane
from sync.records import Verdict


def judge_stream(
    batches: Iterable[list[str | None]], output: Output, tell: Callable[..., None] | None
) -> tuple[int, int]:
    """Judge and write batch after batch; return how many rows there were, and how many were rejected.

    `tell` hears after each batch how many rows are done.
    """
    total = rejected = 0
    with FastLane() as lane:
        for rows in batches:
            table, outside = _judged(lane, rows)
            output.write(table, outside)
            total += len(rows)
            rejected += table["wire_email"].null_count
            if tell is not None:
                tell("judging", done=total)
    output.close()
    return total, rejected


def _judged(lane: FastLane, rows: list[str | None]) -> tuple[pa.Table, dict[int, Verdict]]:
    """Verdicts on a batch, and beside them those on rows with a lone surrogate, which Arrow cannot hold."""
    try:
        return lane.judge_batch(rows), {}
    except UnicodeEncodeError:
        outside = {at: judge(row) for at, row in enumerate(rows) if row is not None and not _is_unicode(row)}
        return lane.judge_batch([None if at in outside else row for at, row in enumerate(rows)]), outside


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
