"""What HubSpot refuses whole: whether its rows are at fault or what they have in common, and which lists are closed."""

from __future__ import annotations

from collections.abc import Sequence

from sync.answers import refused_ids, unknown_properties
from sync.errors import UnfinishedError
from sync.properties import payload_of
from sync.records import Batch, Change, Receipt, Reply

_FEW = 10
"""So many updates may well be bad one by one, with no other beside them."""
_MANY = 3
"""So many rows refused by one answer are likelier to be refused for what they have in common."""


class Refusals:
    """The refusals of one run. Workers share it; that two of them write at a time does no harm."""

    def __init__(self) -> None:
        self._closed: dict[tuple[bool, str], UnfinishedError] = {}
        self._passed: set[tuple[str, str]] = set()
        self._aside: list[tuple[Batch, UnfinishedError]] = []

    @property
    def closed(self) -> dict[str, UnfinishedError]:
        """Why changes of a list were left unsent, by list name."""
        return {list_name: error for (_, list_name), error in self._closed.items()}

    def is_closed(self, batch: Batch) -> bool:
        """Whether no more of such changes are to be sent for the list."""
        return (batch.action == "update", batch.list_name) in self._closed

    def close(self, batch: Batch, error: UnfinishedError) -> None:
        """Send no more such changes for the list; the other lists go on."""
        self._closed.setdefault((batch.action == "update", batch.list_name), error)

    def note_passed(self, batch: Batch) -> None:
        """HubSpot took a row of the batch."""
        self._passed.add(_kind(batch))

    def has_passed(self, batch: Batch) -> bool:
        """Whether HubSpot took any change of this action and list."""
        return _kind(batch) in self._passed

    def is_believed(self, batch: Batch) -> bool:
        """Whether each row of a batch may be at fault by itself."""
        return self.has_passed(batch) or (batch.action == "update" and len(batch.changes) <= _FEW)

    def set_aside(self, batch: Batch, error: UnfinishedError) -> None:
        """Leave a batch of which HubSpot refuses every row; at the second one of its kind, all the rest."""
        is_second = any(_kind(each) == _kind(batch) for each, _ in self._aside)
        self._aside.append((batch, error))
        if is_second and not self.is_believed(batch):
            self.close(batch, error)

    def take_aside(self) -> list[tuple[Batch, UnfinishedError]]:
        """The batches that were set aside, which are forgotten here, each with the error that its refusal is."""
        aside, self._aside = self._aside, []
        return aside


def _kind(batch: Batch) -> tuple[str, str]:
    return batch.action, batch.list_name


def lacks_a_property(part: Sequence[Change], reply: Reply) -> bool:
    """Whether HubSpot refuses a property, not a value, that every one of many changes has."""
    unknown = unknown_properties(reply)
    return len(part) >= _MANY and all(
        not unknown.isdisjoint(payload_of(change.payload) or ()) for change in part
    )


def refuses_many(part: Sequence[Change], reply: Reply) -> bool:
    """Whether a partial answer refuses every one of many changes."""
    refused = refused_ids(reply) if reply.status == 207 else {}
    return len(part) >= _MANY and all(change.contact_id in refused for change in part)


def list_gone(list_name: str) -> UnfinishedError:
    """The error for a list that HubSpot does not have any more."""
    return UnfinishedError(
        "list_gone",
        f"The list {list_name!r} was deleted in HubSpot while the run was under way.",
        "Run again: the next run makes it anew.",
    )


def all_refused(batch: Batch, receipt: Receipt) -> UnfinishedError:
    """The error for changes of which HubSpot refuses every one; `receipt` is what one of them would get."""
    # Refused one by one, they would stay refused for weeks; what is wrong is likelier to concern them all.
    reason = receipt.message or receipt.code
    return UnfinishedError(
        "all_refused",
        f"HubSpot refuses every {batch.action} of a batch for the list {batch.list_name!r}: {reason}",
        "Mend what it names (the list's type, a property's name or value), then run again.",
    )
