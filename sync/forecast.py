"""What a run would cost: its requests, and how long they take at the pace known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil

from sync.results import Forecast, ListPlan

_CONTACTS_A_REQUEST = 100
_MEMBERS_A_PAGE = 250
_LOOKUPS_PART = 2
"""Lookups may take half of a budget: however many are due, removals and adds keep the other half. More would seldom be
used, as a request changes several times as many members as one looks up."""


def share_of_lookups(requests_left: int | None) -> int | None:
    """How many of the requests left of a budget one pass of lookups may take; None: as many as it needs."""
    return None if requests_left is None else max(1, requests_left // _LOOKUPS_PART)


def forecast(
    plans: Sequence[ListPlan],
    *,
    lookups_due: int,
    mirrors: Collection[str],
    membership_batch: int,
    reads_values: bool,
    per_10_seconds: float,
    requests_left: int | None,
) -> Forecast:
    """Count the requests of a run over these plans: no refusals, no troubles, no list changed by others.

    `mirrors` are the lists that every run reads in full; `reads_values` says whether an update first asks what HubSpot
    has (mode `set_if_empty`); `per_10_seconds` is the pace; `requests_left` is what the day's budget still allows, of
    which lookups take their share.
    """
    read = sum(
        1 + (_ceil(each.members, _MEMBERS_A_PAGE) if each.list_name in mirrors else 0) for each in plans
    )
    changes = sum(
        _ceil(each.add, membership_batch)
        + _ceil(each.remove, membership_batch)
        + _ceil(each.update, _CONTACTS_A_REQUEST) * (2 if reads_values else 1)
        + (each.list_id is None and each.add > 0)
        for each in plans
    )
    # One asks which portal it is, and before any update one asks for the definitions of the properties.
    asked = 1 + any(each.update for each in plans)
    lookups = _ceil(lookups_due, _CONTACTS_A_REQUEST)
    # By then it has asked which portal it is.
    share = share_of_lookups(None if requests_left is None else requests_left - 1)
    if share is not None:
        lookups = min(lookups, share)
    return Forecast(lookups, asked + read, changes, per_10_seconds)


def _ceil(rows: int, size: int) -> int:
    return ceil(rows / size)
