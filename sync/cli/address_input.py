"""Addresses from a file or a pipe: lines of text, a CSV column or JSON Lines, in batches of bounded size.

Every line, record or value is one row, blank ones too, so output and input can be laid side by side. Bytes that
are not UTF-8 come in as U+FFFD, which no valid address contains. Memory is bounded by a block of input and the
longest line.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sync.errors import SettingsError

_BLOCK = 1 << 20
"""Bytes read at a time."""

_ROWS = 65_536
"""Rows in a batch at most, so that many short lines do not become one huge batch."""

_FIELD = 1 << 24
"""Longest CSV field in characters: a quote that is never closed would take in the rest of the file."""

FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""Format by the ending of a file's name; any other is text."""


def open_input(file: str) -> BinaryIO:
    """Open a file for reading. Raises `SettingsError` when that cannot be done."""
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise SettingsError(
            "input", f"Cannot read {file}: {error.strerror}.", "Name a file, or - for standard input."
        ) from error


def text_rows(stream: BinaryIO) -> Iterator[list[str | None]]:
    """Each line is one address. Lines end in LF or CR LF."""
    for lines in _line_batches(stream):
        yield list(lines)


def jsonl_rows(stream: BinaryIO) -> Iterator[list[str | None]]:
    """Each line is a JSON string, or an object with `email`; anything else is a row without an address.

    Raises `SettingsError` with the line's number when a line is not JSON; the rows before it are given first.
    """
    number = 0
    for lines in _line_batches(stream):
        rows: list[str | None] = []
        for line in lines:
            number += 1
            try:
                rows.append(_address_in(line))
            except (ValueError, RecursionError) as error:
                yield rows
                raise SettingsError(
                    "input", f"Line {number} is not JSON.", "Give one JSON string or object a line."
                ) from error
        yield rows


def csv_rows(stream: BinaryIO, column: str) -> Iterator[list[str | None]]:
    """One column of a comma-separated file with a header. A record too short to have it has no address.

    Raises `SettingsError` when the column is missing or a field is longer than 16 million characters.
    """
    csv.field_size_limit(_FIELD)
    records = csv.reader(io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline=""))
    try:
        at = _position(next(records, []), column)
        rows: list[str | None] = []
        size = 0
        for record in records:
            value = record[at] if at < len(record) else None
            rows.append(value)
            size += len(value or "")
            if len(rows) == _ROWS or size > _BLOCK:
                yield rows
                rows, size = [], 0
        yield rows
    except csv.Error as error:
        raise SettingsError(
            "input",
            f"The CSV cannot be read at line {records.line_num}: {error}.",
            "Is a quote not closed there?",
        ) from error


def _position(header: list[str], column: str) -> int:
    if column in header:
        return header.index(column)
    # A file without a header begins with data, and an address is not for the terminal.
    named = ", ".join(repr(name) for name in header if "@" not in name) or "no names"
    raise SettingsError(
        "input", f"The CSV has no column {column!r}; its first line has {named}.", "Name one with --column."
    )


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_JSON = json.JSONDecoder(parse_int=lambda digits: None, parse_constant=_refuse)
"""Numbers are no addresses, whatever their length. NaN and Infinity are Python's own idea."""


def _address_in(line: str) -> str | None:
    if not line.strip(" \t\r"):
        return None
    value = _JSON.decode(line)
    if isinstance(value, dict):
        value = value.get("email")
    return value if isinstance(value, str) else None


def _line_batches(stream: BinaryIO) -> Iterator[list[str]]:
    """Lines without their ends, decoded, the last one with or without an end; a leading BOM is dropped."""
    unended: list[bytes] = []
    is_first = True
    while block := stream.read(_BLOCK):
        if is_first:
            block = block.removeprefix(b"\xef\xbb\xbf")
            is_first = False
        ended, newline, rest = block.rpartition(b"\n")
        if newline:
            yield from _cut(b"".join((*unended, ended)))
            unended = []
        if rest:
            unended.append(rest)
    if unended:
        yield from _cut(b"".join(unended))


def _cut(lines: bytes) -> Iterator[list[str]]:
    every = lines.replace(b"\r\n", b"\n").removesuffix(b"\r").decode("utf-8", "replace").split("\n")
    for start in range(0, len(every), _ROWS):
        yield every[start : start + _ROWS]
