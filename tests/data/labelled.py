"""The labelled addresses, read."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import NamedTuple


class Labelled(NamedTuple):
    """An address and what must be said of it; None where the verdict has no such field."""

    address: str
    verdict: str
    code: str | None
    wire_email: str | None
    source: str

    @property
    def is_unicode(self) -> bool:
        """False if it has a lone surrogate, which neither UTF-8 nor Arrow nor a warehouse can hold."""
        return self.address.encode(errors="ignore").decode() == self.address


def labelled_addresses() -> list[Labelled]:
    """All of them, in the order of the file."""
    with (Path(__file__).parent / "labelled_addresses.csv").open(newline="", encoding="ascii") as file:
        return [
            Labelled(
                json.loads(row["address"]),
                row["verdict"],
                row["code"] or None,
                row["wire_email"] or None,
                row["source"],
            )
            for row in csv.DictReader(file)
        ]
