"""The state tables by their meaning: verdicts, lookups, lists, the plan, intents, receipts.

What it writes is only ever appended. Every statement is a macro of the dbt package; this module knows
their names and what their columns mean, and nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sync.batches import chunks
from sync.records import Change, DeclaredList, Lookup, Receipt, RecordedList, Tables

MODELS = (
    "hubspot_audience_candidates",
    "hubspot_audience",
    "hubspot_audience_lists",
    "hubspot_holds",
    "hubspot_held_contacts",
    "hubspot_changes",
)
"""Models that must be built before anything can be planned."""
_READ_SIZE = 20_000
_APPEND_SIZE = 5_000
"""Members of a list that is read: a page has 250, and a statement for each would cost more than the page."""


class Ledger:
    """The state of the sync, as far as it is not about runs themselves."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    # -- what should be ------------------------------------------------------------------------------

    def declared_lists(self) -> list[DeclaredList]:
        """The lists of `hubspot_audience_lists`."""
        return [
            DeclaredList(name, ownership, None if most is None else int(most))
            for name, ownership, most in self._tables.rows("hubspot_declared_lists")
        ]

    def newest_portal(self) -> str | None:
        """Portal of the newest run, or None before the first."""
        rows = self._tables.rows("hubspot_newest_portal")
        return rows[0][0] if rows else None

    # -- verdicts and lookups ------------------------------------------------------------------------

    @contextmanager
    def unjudged_emails(self) -> Iterator[Iterator[list[str]]]:
        """Addresses of the audience without a verdict under this run's ruleset, in chunks."""
        with self._tables.stream_model("hubspot_unjudged_emails", ["email"], size=_READ_SIZE) as chunks:
            yield ([row[0] for row in chunk] for chunk in chunks)

    def record_verdicts(self, verdicts: Sequence[tuple[str | None, ...]], ruleset: str, step: int) -> None:
        """Append verdicts: email, verdict, wire email, code, detail, suggestion."""
        columns = [
            "email",
            "verdict",
            "wire_email",
            "code",
            "detail",
            "suggestion",
            "ruleset",
            "judged_at",
            "step",
        ]
        now = _now()
        self._append("email_verdicts", columns, [(*row, ruleset, now, step) for row in verdicts])

    def prepare_lookups(self, list_names: Sequence[str], replacing_run_no: int | None = None) -> int:
        """Number the addresses whose lookup is due, the most needed first, and return how many there are.

        `replacing_run_no` keeps it to addresses whose contact was missing in that run.
        """
        self._tables.execute(
            "hubspot_scratch_lookups", list_names=list(list_names), replacing_run_no=replacing_run_no
        )
        return self._highest_no("lookups", "row_no")

    def due_lookups(self, first_no: int, last_no: int) -> list[str]:
        """Wire addresses whose lookup is due, by their number."""
        return [
            row[0] for row in self._tables.rows("hubspot_lookups_between", first_no=first_no, last_no=last_no)
        ]

    def record_lookups(self, lookups: Sequence[Lookup], portal_id: str, step: int) -> None:
        """Append lookups."""
        columns = [
            "portal_id",
            "wire_email",
            "outcome",
            "contact_id",
            "primary_email",
            "opted_out",
            "bounced",
            "looked_up_at",
            "step",
        ]
        now = _now()
        rows = []
        for lookup in lookups:
            c = lookup.contact
            known = (c.contact_id, c.primary_email, int(c.opted_out), int(c.bounced)) if c else (None,) * 4
            rows.append((portal_id, lookup.wire_email, lookup.outcome, *known, now, step))
        self._append("contact_lookups", columns, rows)

    # -- lists and their members -----------------------------------------------------------------------

    def recorded_lists(self, portal_id: str) -> dict[str, RecordedList]:
        """The newest HubSpot list behind each list name."""
        rows = self._tables.rows("hubspot_recorded_lists", portal_id=portal_id)
        return {
            name: RecordedList(name, list_id, bool(adopted), int(step))
            for name, list_id, adopted, step in rows
            if list_id is not None
        }

    def record_list(
        self, portal_id: str, list_name: str, list_id: str | None, *, adopted: bool, step: int
    ) -> None:
        """Record which list stands behind a name (None: it is gone), and whether its strangers are accepted."""
        columns = ["portal_id", "list_name", "list_id", "adopted", "recorded_at", "step"]
        self._append("lists", columns, [(portal_id, list_name, list_id, int(adopted), _now(), step)])

    def record_empty_list(self, portal_id: str, list_id: str, step: int) -> None:
        """Record of a list that was just made that its members are known: there are none."""
        self._tables.execute(
            "hubspot_list_was_read", portal_id=portal_id, list_id=list_id, step=step, members=0
        )

    def lately_read_lists(self, portal_id: str) -> set[str]:
        """Ids of the lists that were read in full within var `hubspot_reading_days`, which must not be null."""
        return {list_id for (list_id,) in self._tables.rows("hubspot_lately_read_lists", portal_id=portal_id)}

    def prepare_members(self) -> None:
        """Fold the members once for this run."""
        self._tables.execute("hubspot_scratch_members")

    def prepare_audience_rows(self) -> None:
        """Resolve the audience rows once for this run."""
        self._tables.execute("hubspot_scratch_audience_rows")

    def member_counts(self, portal_id: str) -> dict[str, tuple[int, int]]:
        """Per list id: believed members, and those that this ledger did not add."""
        rows = self._tables.rows("hubspot_member_counts", portal_id=portal_id)
        return {list_id: (int(members), int(strangers)) for list_id, members, strangers in rows}

    def record_reading(self, portal_id: str, list_id: str, pages: Iterator[list[str]], step: int) -> None:
        """Take the member ids of one whole list; append where they differ from the belief, then the reading."""
        self._tables.execute("hubspot_scratch_reading")
        for ids in chunks(chain.from_iterable(pages), _APPEND_SIZE):
            self._append("scratch_reading", ["contact_id"], [(contact_id,) for contact_id in ids])
        self._tables.execute("hubspot_record_reading", portal_id=portal_id, list_id=list_id, step=step)

    # -- changes ---------------------------------------------------------------------------------------

    def prepare_changes(
        self,
        list_names: Sequence[str],
        limit: int | None,
        after_no: int = 0,
        replacing_run_no: int | None = None,
    ) -> int:
        """Write the plan down, numbered from `after_no` + 1 in sending order; return its highest number.

        `replacing_run_no` keeps it to adds and updates of addresses whose contact was missing in that run.
        """
        self._tables.execute(
            "hubspot_scratch_changes",
            list_names=list(list_names),
            limit=limit,
            after_no=after_no,
            replacing_run_no=replacing_run_no,
        )
        return max(after_no, self._highest_no("changes", "change_no"))

    def leave_out(self, list_names: Sequence[str]) -> None:
        """Take all changes of some lists out of the plan."""
        self._tables.execute("hubspot_leave_out", list_names=list(list_names))

    def record_intents(self, run_no: int, step: int) -> None:
        """Append the plan as intents; nothing may be sent before."""
        self._tables.execute("hubspot_record_intents", run_no=run_no, step=step)

    def changes(self, first_no: int, last_no: int) -> Iterator[Change]:
        """The plan's changes by number; read in ranges, so that no cursor is open while requests are."""
        for start in range(first_no, last_no + 1, _READ_SIZE):
            end = min(start + _READ_SIZE - 1, last_no)
            for row in self._tables.rows("hubspot_changes_between", first_no=start, last_no=end):
                yield Change(*row)

    def updates(self) -> Iterator[Change]:
        """The plan's property updates, which have numbers in a row."""
        ((first_no, last_no),) = self._tables.rows("hubspot_update_range")
        if first_no is not None:
            yield from self.changes(int(first_no), int(last_no))

    def record_receipts(self, receipts: Sequence[Receipt], run_no: int, step: int) -> None:
        """Append receipts."""
        columns = [
            "run_no",
            "change_no",
            "outcome",
            "code",
            "message",
            "correlation_id",
            "received_at",
            "step",
        ]
        now = _now()
        rows = [
            (run_no, r.change_no, r.outcome, r.code, r.message, r.correlation_id, now, step) for r in receipts
        ]
        self._append("change_receipts", columns, rows)

    def _highest_no(self, scratch: str, column: str) -> int:
        ((highest, _),) = self._tables.rows("hubspot_highest_no", scratch=scratch, column=column)
        return int(highest)

    def _append(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            self._tables.append(str(self._tables.call("hubspot_state_relation", name=table)), columns, rows)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
