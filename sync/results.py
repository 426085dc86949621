"""What plans and runs come to, in figures, as frozen values. They hold data and no behaviour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a plan is suspicious."""

    guard: str
    """The word for `--allow`, or for the flag in the sentence."""
    list_name: str | None
    sentence: str
    """Figure, limit and what to do."""
    allowable: bool = True
    """Whether `--allow` lets it pass for one run."""


@dataclass(frozen=True, slots=True)
class ListPlan:
    """What a run would change on one list."""

    list_name: str
    list_id: str | None
    """None while HubSpot has no such list."""
    members: int
    """Believed members before the run."""
    wanted: int
    """Audience rows, those without a sendable address included."""
    add: int = 0
    remove: int = 0
    update: int = 0
    was_complete: bool = False
    """Whether a run once left the list complete; until then it is on its first load."""
    rejected: int = 0
    """Audience rows that our own rules reject, coarse and strict."""
    newly_rejected: int = 0
    """Removals of people who are still wanted, but whose address our rules reject by now."""


@dataclass(frozen=True, slots=True)
class AudienceBuild:
    """What the ledger knows of the dbt invocations that built the audience."""

    seconds_old: float | None
    """Since the audience was last built; None when no invocation is recorded."""
    failed: int | None
    """Nodes above the audience that failed or were skipped in the newest invocation that touched it."""


STATUSES = (
    "on_list",
    "same_contact",
    "not_in_hubspot",
    "rejected_by_us",
    "rejected_by_hubspot",
    "held_out",
    "excluded_by_consent",
    "failed",
    "not_sent",
)
"""What can have become of an audience row; each row has exactly one."""


@dataclass(frozen=True, slots=True)
class ListReport:
    """What became of the audience rows of one list, and what the run did."""

    plan: ListPlan
    statuses: dict[str, int]
    """Rows by status of STATUSES; they add up to `plan.wanted`."""
    outcomes: dict[str, dict[str, int]]
    """Changes of this run by action, then by outcome."""


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """The rows of one list that are rejected for one reason, with an example."""

    list_name: str
    code: str
    rows: int
    masked_email: str
    suggestion: str | None
    """Masked as well."""


@dataclass(frozen=True, slots=True)
class RejectedUpdates:
    """The property updates of one list that are rejected, as things stand, for one reason."""

    list_name: str
    code: str
    column: str | None
    name: str | None
    """The property; None, like the column, where HubSpot refused and not the check before it."""
    rows: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The requests that a run would make after a plan."""

    lookups: int
    lists: int
    """To find and read lists."""
    changes: int
    requests_per_10_seconds: float
    """The pace, as far as it is known."""

    @property
    def requests(self) -> int:
        """All of them."""
        return self.lookups + self.lists + self.changes

    @property
    def minutes(self) -> float:
        """How long they take at this pace."""
        return self.requests * 10 / self.requests_per_10_seconds / 60


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a plan or a run."""

    run_no: int
    status: str
    """`planned`, `done`, `unfinished`, `stopped` (by a guard) or `interrupted`."""
    portal_id: str
    ruleset: str
    lists: tuple[ListReport, ...]
    objections: tuple[Objection, ...]
    rejected: tuple[RejectedRows, ...]
    rejected_sql: str
    """The statement that shows rejected rows in full, in the warehouse."""
    requests: int
    """Requests made to HubSpot."""
    contact_requests: int
    """Of these, requests that read or write contacts."""
    seconds: float
    rejected_updates: tuple[RejectedUpdates, ...] = ()
    rejected_updates_sql: str = ""
    """The statement that shows them in full."""
    forecast: Forecast | None = None
    """What a run would cost; only a plan has one."""
