"""Lists as HubSpot shows them, laid beside the believed members in the warehouse; no state is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sync.drift import SAMPLE_SIZE, Difference
from sync.errors import UnfinishedError
from sync.records import Tables

_FLUSH_ROWS = 5_000

Differences = dict[str, dict[str, Difference]]
"""Differences by list id and kind."""


class Readings:
    """The scratch table of a verification, and what comparing it with the belief shows."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._members: dict[str, int] = {}

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the scratch table, and drop it in the end."""
        self._tables.execute("hubspot_scratch_verify")
        try:
            yield
        finally:
            self._tables.execute("hubspot_drop_scratch_verify")

    def write(self, list_id: str, pages: Iterator[list[str]]) -> int:
        """Take the member ids of one whole list and return how many they are."""
        relation = str(self._tables.call("hubspot_state_relation", name="scratch_verify"))
        buffer: list[tuple[str, str]] = []
        members = 0
        for page in pages:
            buffer += ((list_id, contact_id) for contact_id in page)
            members += len(page)
            if len(buffer) >= _FLUSH_ROWS:
                self._tables.append(relation, ["list_id", "contact_id"], buffer)
                buffer = []
        if buffer:
            self._tables.append(relation, ["list_id", "contact_id"], buffer)
        if members:
            self._members[list_id] = members
        return members

    def compare(self, portal_id: str, list_ids: Sequence[str]) -> Differences:
        """How the lists differ from the belief. Raises `UnfinishedError` when another process interfered."""
        found = _by_list(
            self._tables.rows(
                "hubspot_drift", portal_id=portal_id, list_ids=list(list_ids), sample_size=SAMPLE_SIZE
            )
        )
        counts = {list_id: int(members) for list_id, members in self._tables.rows("hubspot_read_counts")}
        if counts != self._members:
            raise UnfinishedError(
                "verify_disturbed",
                "Another `verify` used the same scratch table meanwhile, so the comparison says nothing.",
                "Run one at a time.",
            )
        return found

    def observed(self, run_no: int) -> Differences:
        """What a run's own readings found and recorded."""
        return _by_list(self._tables.rows("hubspot_observed_drift", run_no=run_no, sample_size=SAMPLE_SIZE))


def _by_list(rows: Sequence[tuple[Any, ...]]) -> Differences:
    ids: dict[tuple[str, str], list[str]] = {}
    counts: dict[tuple[str, str], int] = {}
    for list_id, kind, contacts, contact_id in rows:
        ids.setdefault((list_id, kind), []).append(contact_id)
        counts[list_id, kind] = int(contacts)
    found: Differences = {}
    for (list_id, kind), some in ids.items():
        found.setdefault(list_id, {})[kind] = Difference(counts[list_id, kind], tuple(some))
    return found
