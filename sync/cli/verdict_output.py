"""Verdicts to standard output: JSON Lines and CSV row by row, or a summary for people at the end.

Nearly all rows are accepted addresses without a character that would need escaping. Their lines are put together
in columns; only the others cost a Python call each.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from sync.masking import mask
from sync.records import Verdict

_PLAIN = r"^[ !#-+\--\[\]-~]*$"
"""Printable ASCII without double quote, comma and backslash: the same in JSON and CSV."""

_EXAMPLES = 3


class Jsonl:
    """One JSON object a line, in ASCII: anything else is escaped, so even a lone surrogate is valid JSON again."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, table: pa.Table, outside: Mapping[int, Verdict]) -> None:
        """Write a batch. `outside` holds the rows that Arrow cannot hold, by position."""
        start, middle = '{"email": "', '", "verdict": "accepted", "wire_email": "'
        end = '", "code": null, "detail": null, "suggestion": null}\n'
        _write_lines(self._stream, table, outside, (start, middle, end), _json_line)

    def close(self) -> None:
        """Nothing is left to write."""


class Csv:
    """A header and one record a row; null and empty look the same."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        stream.write(b"email,verdict,wire_email,code,detail,suggestion\n")

    def write(self, table: pa.Table, outside: Mapping[int, Verdict]) -> None:
        """Write a batch. `outside` holds the rows that Arrow cannot hold, by position."""
        _write_lines(self._stream, table, outside, ("", ",accepted,", ",,,\n"), _csv_record)

    def close(self) -> None:
        """Nothing is left to write."""


class Summary:
    """Counts by reason code with a few masked examples: for eyes, with no address in full."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    def write(self, table: pa.Table, outside: Mapping[int, Verdict]) -> None:
        """Count a batch. `outside` holds the rows that Arrow cannot hold, by position."""
        verdicts = [
            Verdict(**row) for row in table.filter(pc.equal(table["verdict"], "rejected")).to_pylist()
        ]
        self._counts["accepted"] += table.num_rows - len(verdicts)
        # Arrow holds null for those outside, which counted as missing.
        self._counts["missing"] -= len(outside)
        for verdict in (*outside.values(), *verdicts):
            code = str(verdict.code)
            self._counts[code] += 1
            shown = self._examples.setdefault(code, [])
            example = mask(verdict.email) if verdict.email else ""
            if example and len(shown) < _EXAMPLES and example not in shown:
                shown.append(example)

    def close(self) -> None:
        """Write the summary."""
        total = self._counts.total()
        lines = [f"{'code':<18} {'rows':>12} {'share':>7}  examples"]
        for code, count in sorted(self._counts.items(), key=lambda item: (item[0] != "accepted", -item[1])):
            if count:
                examples = "  ".join(self._examples.get(code, ()))
                lines.append(f"{code:<18} {count:>12,} {100 * count / total:>6.1f}%  {examples}".rstrip())
        lines.append(f"{'all':<18} {total:>12,}")
        self._stream.write(("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))


Output = Jsonl | Csv | Summary

OUTPUTS: Mapping[str, Callable[[BinaryIO], Output]] = {"jsonl": Jsonl, "csv": Csv, "table": Summary}
"""The writer of each --output."""


def _json_line(row: Mapping[str, str | None]) -> str:
    return json.dumps(row) + "\n"


def _csv_record(row: Mapping[str, str | None]) -> str:
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerow(row.values())
    return record.getvalue().encode("utf-8", "backslashreplace").decode()


def _write_lines(
    stream: BinaryIO,
    table: pa.Table,
    outside: Mapping[int, Verdict],
    around: tuple[str, str, str],
    line_of: Callable[[Mapping[str, str | None]], str],
) -> None:
    table = table.combine_chunks()
    start, middle, end = around
    lines = pc.binary_join_element_wise(start, table["email"], middle, table["wire_email"], end, "")
    simple = pc.and_(pc.match_substring_regex(table["email"], _PLAIN), pc.is_null(table["suggestion"]))
    special = pc.invert(pc.fill_null(pc.and_(simple, pc.is_valid(table["wire_email"])), False))
    positions = pc.indices_nonzero(special).to_pylist()
    rows = table.filter(special).to_pylist()
    texts = [
        line_of(asdict(outside[at]) if at in outside else row)
        for at, row in zip(positions, rows, strict=True)
    ]
    lines = pc.replace_with_mask(
        lines.combine_chunks(), special.combine_chunks(), pa.array(texts, pa.string())
    )
    whole = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
    stream.write(pc.binary_join(whole, "")[0].as_buffer())
