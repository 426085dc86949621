"""One person in the warehouse: what is known of it, and how it is erased. Every statement is a macro of the package."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from sync.emails import judge
from sync.errors import WarehouseError
from sync.explain import Facts, Row
from sync.records import Tables

MODELS = (
    "hubspot_audience_candidates",
    "hubspot_audience_lists",
    "hubspot_audience_rows",
    "hubspot_audience_status",
    "hubspot_changes",
    "hubspot_held_contacts",
    "hubspot_holds",
    "hubspot_members",
    "hubspot_settled_changes",
    "hubspot_sync_runs",
)
"""Models that must be built before a person can be looked at."""
MOST_ROWS = 50
"""Rows of a section at most: thousands of customers may share one placeholder address."""
_MOST_CHANGES = 10
_IDENTITY = ("int_customer_records", "int_match_keys", "int_record_groups", "int_identities")
_ALIASES = "customer_aliases"
_SUPPRESSION = ("int_suppressed_customers", "int_suppressed_emails")

SECTIONS = {
    "customers": "customer_id",
    "records": "customer_id record_id email coarse_problem created_at divided",
    "match_keys": "customer_id key_type key_value record_id no_link_reason",
    "aliases": "alias_id customer_id alias_since",
    "suppressed": "customer_id suppressed_by",
    "segments": "segment customer_id",
    "candidates": "list_name customer_id email campaign sub_audience treatment coarse_problem key_rank",
    "statuses": "list_name customer_id list_id contact_id status code row_state kept_by is_declared",
    "holds": "list_name customer_id campaign reason email contact_id",
    "verdicts": "email verdict code detail suggestion judged_at is_current",
    "lookups": "wire_email outcome contact_id primary_email opted_out bounced looked_up_at",
    "members": "list_id list_name contact_id is_member added_by_us customer_id added_in_run",
    "pending": "list_name action contact_id customer_id",
    "changes": "run_no list_name action contact_id outcome code correlation_id occurred_at",
}
"""What is told of a person, and the columns of each part; macro `hubspot_explain_<section>` selects them."""


class PersonTables(Tables, Protocol):
    """What a person needs of a warehouse besides what the ledger needs."""

    def execute_checked(self, macro: str, check: str, **arguments: object) -> list[tuple[Any, ...]]:
        """Run the statements of `macro` in one transaction, which stands when `check` has no rows at its end."""

    def rows_bound(
        self, macro: str, values: Sequence[str | None], **arguments: object
    ) -> list[tuple[Any, ...]]:
        """Run the statement that a macro renders with bound values, written `$1`, `$2`, and return its rows."""

    def built_models(self, models: Sequence[str]) -> set[str]:
        """Those of some models that are enabled and built."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A list on which a contact is, or may be, because this ledger put it there."""

    portal_id: str
    list_id: str
    list_name: str | None
    contact_id: str


class Person:
    """Whoever an address or an id leads to, for as long as the `with` block lasts.

    What was asked for is bound and never written; what the tables know of it stands in a scratch table.
    """

    def __init__(self, tables: PersonTables, asked: str) -> None:
        self._tables = tables
        self._asked = asked
        self._id = uuid.uuid4().hex
        self._is_left = True

    def __enter__(self) -> Person:
        self._tables.execute("hubspot_subjects_ddl")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_left:
            try:
                self._tables.execute("hubspot_drop_subject", subject_id=self._id)
            except WarehouseError:
                # Where the warehouse fails all along, its first error is the one to show.
                if error is None:
                    raise

    # -- explain -----------------------------------------------------------------------------------------

    def facts(self) -> Facts:
        """What the warehouse knows, for an address, a customer id or the id of a customer record."""
        built = self._tables.built_models((*_IDENTITY, _ALIASES, *_SUPPRESSION))
        parts = {"has_records": built.issuperset(_IDENTITY), "has_aliases": _ALIASES in built}
        self._append(["kind", "fact"], self._known(**parts))
        self._tables.execute("hubspot_find_customer", subject_id=self._id, **parts)
        missing = set() if parts["has_records"] else {"records", "match_keys", "suppressed"}
        if not parts["has_aliases"]:
            missing.add("aliases")
        if not built.issuperset(_SUPPRESSION):
            missing.add("suppressed")
        segments = self._segments()
        if not segments:
            missing.add("segments")
        sections = {
            name: self._section(name, **({"segments": segments} if name == "segments" else {}))
            for name in SECTIONS
            if name not in missing
        }
        contacts = {row["contact_id"] for row in (*sections["lookups"], *sections["changes"])} - {None}
        sql = self._tables.call(
            "hubspot_explain_sql",
            customer_ids=[row["customer_id"] for row in sections["customers"]],
            contact_ids=sorted(contacts),
        )
        lists = tuple(name for name, *_ in self._tables.rows("hubspot_declared_lists"))
        return Facts(self._asked, sections, lists, tuple(map(str, sql)))

    def _segments(self) -> list[str]:
        return sorted(self._tables.built_models(self._tables.call("hubspot_segments")))

    def _section(self, name: str, **arguments: object) -> list[Row]:
        most = _MOST_CHANGES if name == "changes" else MOST_ROWS
        rows = self._tables.rows(f"hubspot_explain_{name}", subject_id=self._id, most=most, **arguments)
        return [dict(zip(SECTIONS[name].split(), row, strict=True)) for row in rows]

    # -- forget ------------------------------------------------------------------------------------------

    def find(self) -> None:
        """Find the addresses and contacts that the address leads to, as far as they are the same person's."""
        known = self._known(has_records=False, has_aliases=False)
        self._append(["kind", "fact"], [each for each in known if each[0] == "email"])
        self._tables.execute("hubspot_find_person", subject_id=self._id)

    def contacts(self) -> list[tuple[str, str]]:
        """Portal and id of each contact."""
        rows = self._tables.rows("hubspot_forget_contacts", subject_id=self._id)
        return [(portal_id, contact_id) for portal_id, contact_id in rows]

    def emails(self) -> list[str]:
        """The addresses, each in every form it is known in."""
        return [email for (email,) in self._tables.rows("hubspot_forget_emails", subject_id=self._id)]

    def memberships(self) -> list[Membership]:
        """Lists of any portal on which this ledger put the person."""
        return [Membership(*row) for row in self._tables.rows("hubspot_forget_members", subject_id=self._id)]

    def wanted_on(self) -> list[str]:
        """Names of the lists whose audience has one of the addresses."""
        return [name for (name,) in self._tables.rows("hubspot_forget_wanted", subject_id=self._id)]

    def row_counts(self) -> dict[str, int]:
        """Rows that speak of the person, by state table."""
        rows = self._tables.rows("hubspot_forget_counts", subject_id=self._id)
        return {table: int(count) for table, count in rows}

    def record_removals(self, memberships: Sequence[Membership], run_no: int, step: int) -> None:
        """Append the removals as intents, numbered from 1; nothing may be sent before."""
        columns = (
            "run_no",
            "change_no",
            "portal_id",
            "list_id",
            "list_name",
            "action",
            "contact_id",
            "step",
        )
        rows = [
            (run_no, number, each.portal_id, each.list_id, each.list_name, "remove", each.contact_id, step)
            for number, each in enumerate(memberships, start=1)
        ]
        self._tables.append(self._relation("change_intents"), columns, rows)

    def record_absence(self, membership: Membership, step: int) -> None:
        """Append that the whole list was read and the contact was not on it."""
        columns = ("portal_id", "list_id", "contact_id", "present", "step")
        row = (membership.portal_id, membership.list_id, membership.contact_id, 0, step)
        self._tables.append(self._relation("member_observations"), columns, [row])

    def erase(self, step: int) -> None:
        """Erase the person from every state row, in one transaction, and let the old rows leave the files.

        Contacts get random pseudonyms, since what was changed is still counted.
        """
        self._append(
            ["kind", "portal_id", "fact", "pseudonym"],
            [("pseudonym", *contact, f"forgotten-{secrets.token_hex(8)}") for contact in self.contacts()],
        )
        scratch = [name for (name,) in self._tables.rows("hubspot_scratch_tables")]
        wrong = self._tables.execute_checked(
            "hubspot_forget_statements",
            "hubspot_forgotten_members",
            subject_id=self._id,
            step=step,
            scratch_tables=scratch,
        )
        if wrong:
            raise WarehouseError(
                "forgotten_member",
                f"Nothing is erased: the pseudonym {wrong[0][0]} would count as a member of a list.",
                "This is a bug: please report it.",
            )
        self._is_left = False
        self._tables.execute("hubspot_overwrite_statements")

    def _known(self, **parts: bool) -> list[tuple[str, ...]]:
        values = [self._asked, judge(self._asked).wire_email]
        return self._tables.rows_bound("hubspot_known_facts", values, **parts)

    def _append(self, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
        named = [(self._id, *row) for row in rows]
        self._tables.append(self._relation("scratch_subjects"), ["subject_id", *columns], named)

    def _relation(self, name: str) -> str:
        return str(self._tables.call("hubspot_state_relation", name=name))
