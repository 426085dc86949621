"""One warehouse, one HubSpot of dictionaries, and what an observer who sees both remembers."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.edge.hubspot_world import World
from tests.edge.state_rows import STATE, Row, email, wanted
from tests.edge.state_session import Session
from tests.host import VIP

Member = tuple[str, str]
"""List id and contact id."""


class PlannedChange(NamedTuple):
    """A row of the plan."""

    change_no: int
    list_name: str
    action: str
    contact_id: str
    payload: str | None
    customer_id: str | None
    list_id: str | None


class WantedRow(NamedTuple):
    """A row of the audience, and what a run knows of it."""

    customer_id: str
    address: str
    payload: str | None
    waits: bool
    """It needs a verdict or a lookup, and is not held out."""
    contact_id: str | None
    """Where the address led to when it was last looked up."""
    is_held: bool
    """The list is not to reach the address, or a contact that is known to have a held one."""


@dataclass
class Simulation:
    """What happened so far."""

    session: Session
    world: World
    rng: random.Random
    rejected: dict[str, set[str]]
    """Addresses that each ruleset rejects."""
    audience: dict[tuple[str, str], tuple[str, str | None]] = field(default_factory=dict)
    """Customer and payload by list name and address."""
    holds: set[tuple[str | None, str]] = field(default_factory=set)
    """List name, None for every list, and address."""
    verdicts: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """The address to look up, or None, by address and ruleset."""
    lookups: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    """Step and contact id by address."""
    named: dict[str, int] = field(default_factory=dict)
    """Step of the newest lookup that found it, by contact id."""
    bounced: dict[str, bool] = field(default_factory=dict)
    """Whether mail bounces, as of the newest lookup, by contact id."""
    missing: dict[str, int] = field(default_factory=dict)
    """Step of the newest change that HubSpot answered with `missing`, by contact id."""
    may_be_ours: set[Member] = field(default_factory=set)
    """Members that a request of ours put there, or may have."""
    runs: int = 0

    def days_pass(self, days: int) -> None:
        """Make everything older."""
        for table, column in (("run_events", "occurred_at"), ("contact_lookups", "looked_up_at")):
            self.session.rows(f"update {STATE}.{table} set {column} = {column} - interval '{days} days'")

    def want(self, list_name: str, name: str, customer: str | None, payload: str | None) -> None:
        """Change who is wanted by an address; no customer means nobody."""
        if customer is None:
            self.audience.pop((list_name, email(name)), None)
        else:
            self.audience[list_name, email(name)] = (customer, payload)
        self.session.rows("delete from team.raw_wanted")
        self.session.insert(
            wanted(address, list_name, address=address, customer=who, properties=what)
            for (list_name, address), (who, what) in self.audience.items()
        )

    def hold(self, list_name: str | None, name: str, *, is_held: bool) -> None:
        """Change what a list must not reach."""
        key = (list_name, email(name))
        self.holds = self.holds | {key} if is_held else self.holds - {key}
        self.session.rows("delete from team.raw_holds")
        self.session.insert(
            Row("team.raw_holds", {"list_name": name, "email": address}) for name, address in self.holds
        )

    def held_addresses(self, list_name: str) -> set[str]:
        """What a list must not reach."""
        return {address for name, address in self.holds if name in (None, list_name)}

    def held_contacts(self, list_name: str) -> set[str]:
        """Contacts that a list must not reach, as far as lookups tell."""
        known = (self.lookups.get(address, (0, None)) for address in self.held_addresses(list_name))
        return {each for step, each in known if each is not None and self.named[each] <= step + 1}

    def rows_of(self, list_name: str, ruleset: str, fresh_from: int) -> list[WantedRow]:
        """The audience of a list, as a run must see it."""
        return [
            WantedRow(
                customer, address, payload, *self._knowledge_on(list_name, address, ruleset, fresh_from)
            )
            for (name, address), (customer, payload) in self.audience.items()
            if name == list_name
        ]

    def _knowledge_on(
        self, list_name: str, address: str, ruleset: str, fresh_from: int
    ) -> tuple[bool, str | None, bool]:
        waits, contact_id = self._knowledge(address, ruleset, fresh_from)
        is_accepted = self.verdicts.get((address, ruleset)) is not None
        is_held = address in self.held_addresses(list_name) or (
            is_accepted and contact_id in self.held_contacts(list_name)
        )
        return waits and not is_held, contact_id, is_held

    def _knowledge(self, address: str, ruleset: str, fresh_from: int) -> tuple[bool, str | None]:
        is_judged = (address, ruleset) in self.verdicts
        known = [wire for (each, _), wire in self.verdicts.items() if each == address]
        wire = self.verdicts[address, ruleset] if is_judged else known[0] if known else None
        if wire is None or wire not in self.lookups:
            return not is_judged or wire is not None, None
        step, contact_id = self.lookups[wire]
        is_void = contact_id is not None and self.missing.get(contact_id, 0) > step
        return not is_judged or step < fresh_from or is_void, None if is_void else contact_id

    def check_plan(
        self, plan: Sequence[PlannedChange], ruleset: str, fresh_from: int, unanswered: Collection[Member]
    ) -> None:
        """What every plan keeps to, whatever happened before.

        Nobody is removed whom a row leads to, or who belongs to a customer that waits. A managed list loses only
        members that we added or may have. Nobody is added or updated without a fresh lookup,
        or if mail to him bounces.
        """
        for change in plan:
            rows = self.rows_of(change.list_name, ruleset, fresh_from)
            is_out = self.bounced.get(change.contact_id, False)
            leading = [
                row for row in rows if row.contact_id == change.contact_id and (row.waits or not is_out)
            ]
            if change.action != "remove":
                assert any(not row.waits for row in leading), change
                continue
            waiting = {row.customer_id for row in rows if row.waits}
            assert not leading, change
            assert change.customer_id not in waiting, change
            if change.list_name == VIP:
                assert (change.list_id, change.contact_id) in {*self.may_be_ours, *unanswered}, change
            elif change.customer_id is None:
                assert not waiting, change
