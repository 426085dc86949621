"""What a run is told, works on and answers, as frozen values. They hold data and no behaviour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the strict rules say of one address under one ruleset."""

    email: str | None
    """The text as given, before any clean-up."""
    verdict: Literal["accepted", "rejected"]
    wire_email: str | None
    """ASCII, lower case, domain as A-labels: the only form that is sent. None when rejected."""
    code: str | None
    """One of the reason codes of `sync.emails.REASONS`. None when accepted."""
    detail: str | None
    """One sentence for a person. May quote the address, so it is personal data. None when accepted."""
    suggestion: str | None
    """What the person may have meant. Shown, never applied."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A HubSpot contact as a batch read shows it."""

    contact_id: str
    primary_email: str
    """Lower case."""
    additional_emails: tuple[str, ...]
    """Lower case, in HubSpot's order."""
    opted_out: bool
    bounced: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """HubSpot's answer to the question which contact an address leads to."""

    wire_email: str
    outcome: Literal["found", "absent", "refused"]
    contact: Contact | None
    """Set exactly when the outcome is `found`."""


@dataclass(frozen=True, slots=True)
class DeclaredList:
    """A row of the model `hubspot_audience_lists`."""

    list_name: str
    ownership: Literal["managed", "mirror"]
    max_members: int | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """An entry of var `hubspot_attributes`: a column of the audience's model that becomes a HubSpot property."""

    column: str
    """`properties` where the model brings them as JSON."""
    name: str
    """HubSpot's internal name of the property."""
    type: Literal["text", "number", "date", "datetime", "boolean", "multi_select"] | None
    """None where nobody says: the model's own JSON."""
    mode: Literal["set", "set_if_empty", "clear_when_null"]


@dataclass(frozen=True, slots=True)
class PropertyDefinition:
    """A contact property as HubSpot defines it."""

    name: str
    type: str
    field_type: str
    options: frozenset[str] | None
    """Values of an enumeration; None where HubSpot keeps them elsewhere."""
    read_only: bool
    calculated: bool
    archived: bool


@dataclass(frozen=True, slots=True)
class RecordedList:
    """The HubSpot list that the ledger holds to stand behind a list name."""

    list_name: str
    list_id: str
    adopted: bool
    """False while members that this ledger did not add await a person's word."""
    claimed_at_step: int


@dataclass(frozen=True, slots=True)
class HubSpotList:
    """A list as HubSpot describes it."""

    list_id: str
    name: str
    processing_type: str
    size: int | None
    """Members by HubSpot's count; None where HubSpot does not tell."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the plan."""

    change_no: int
    list_name: str
    action: Literal["remove", "update", "add"]
    contact_id: str
    payload: str | None
    """For updates: the properties as one JSON object."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one action and one list that travel in one request."""

    action: Literal["remove", "update", "add"]
    list_name: str
    changes: tuple[Change, ...]


ChangeOutcome = Literal["applied", "already_so", "missing", "rejected", "failed"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """HubSpot's answer to one change. What was surely not applied has none."""

    change_no: int
    outcome: ChangeOutcome
    code: str | None = None
    message: str | None = None
    """HubSpot's sentence, with addresses masked."""
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the X-HubSpot-RateLimit headers of an answer tell."""

    requests: int
    """Most requests in one interval (Max)."""
    remaining: int | None
    """How many of them are left, this request counted; None where HubSpot does not tell."""
    seconds: float
    """Length of the rolling interval."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, or the lack of one."""

    status: int
    """HTTP status; 0 when no answer came (timeout, refused or cut connection)."""
    body: dict[str, object]
    """The JSON object of the answer; empty when there was none."""
    retry_after: float | None = None
    """Seconds of the Retry-After header."""
    limit: RateLimit | None = None
    """The limit that the answer tells; None where it has no such headers (those of search have none)."""
    timed_out: bool = False
    """Whether waiting for the answer took too long: a smaller request may do better."""
    is_garbled: bool = False
    """Whether a 2xx came without a JSON object: what was asked may be done, but nothing says so."""

    @property
    def correlation_id(self) -> str | None:
        """HubSpot's name for this answer, to quote to its support."""
        value = self.body.get("correlationId")
        return value if isinstance(value, str) else None


class Tables(Protocol):
    """What the state tables need of a warehouse: macros of the package by name, and bulk appends."""

    def call(self, macro: str, **arguments: object) -> Any:
        """Return what a macro returns."""

    def rows(self, macro: str, **arguments: object) -> list[tuple[Any, ...]]:
        """Run the statement that a macro renders and return its rows."""

    def execute(self, macro: str, **arguments: object) -> None:
        """Run the statement or statements that a macro renders."""

    def execute_checked(self, macro: str, check: str, **arguments: object) -> list[tuple[Any, ...]]:
        """Run statements in one transaction that stands only when the query of `check` has no rows."""

    def append(self, relation: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Append rows to a table in bulk."""

    def relation_name(self, model: str) -> str:
        """Full name of a model's relation."""

    def stream_model(
        self, model: str, columns: Sequence[str], *, size: int = ...
    ) -> AbstractContextManager[Iterator[list[tuple[Any, ...]]]]:
        """Give columns of a model in chunks of `size` rows."""
