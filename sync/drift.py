"""How HubSpot's lists differ from what the ledger believes: values, text and JSON. Nothing is read here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.results import Objection

SAMPLE_SIZE = 10
"""Record ids shown of each kind of difference and list."""
LABELS = {
    "not_believed": "on the list, put there by a person or another tool",
    "not_on_list": "believed to be on the list, but not there",
    "in_doubt": "left in doubt by a run; the next one settles them",
}
"""Every kind of difference. Doubt is no drift: the ledger believes neither."""
_DRIFTS = ("not_believed", "not_on_list")


@dataclass(frozen=True, slots=True)
class Difference:
    """Contacts of one list that differ in one way."""

    contacts: int
    record_ids: tuple[str, ...]
    """At most SAMPLE_SIZE of them."""


@dataclass(frozen=True, slots=True)
class ListDrift:
    """One list beside the ledger."""

    list_name: str
    list_id: str | None
    """None while HubSpot has no such list and the ledger knows of none."""
    members: int | None
    """Members read in HubSpot; None where there is no list to read."""
    differences: Mapping[str, Difference]
    """By the keys of LABELS; a kind that does not occur is left out."""

    @property
    def is_gone(self) -> bool:
        """Whether the ledger knows a list that HubSpot no longer has."""
        return self.members is None and self.list_id is not None

    @property
    def drifts(self) -> bool:
        """Whether list and ledger disagree."""
        return self.is_gone or any(kind in self.differences for kind in _DRIFTS)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found."""

    portal_id: str
    lists: tuple[ListDrift, ...]
    objections: tuple[Objection, ...]
    """To lists that could not be compared."""
    disturbed_by: str | None
    """Why a difference may be only of the moment: a run under way."""

    @property
    def drifting(self) -> tuple[str, ...]:
        """Names of the lists that disagree with the ledger."""
        return tuple(each.list_name for each in self.lists if each.drifts)


def as_text(found: Verification) -> str:
    """The verification for a terminal."""
    lines = [f"Portal {found.portal_id}"]
    for each in found.lists:
        lines += _list_lines(each)
    lines += [f"Objection: {each.sentence}" for each in found.objections]
    if found.disturbed_by:
        lines.append(f"Note: {found.disturbed_by}")
    return "\n".join(lines)


def _list_lines(each: ListDrift) -> Iterator[str]:
    if each.list_id is None:
        yield f"List {each.list_name!r}: not in HubSpot yet"
        return
    state = "deleted in HubSpot" if each.members is None else f"{each.members:,} members"
    agrees = "" if each.drifts else ", as the ledger believes"
    yield f"List {each.list_name!r} (HubSpot list {each.list_id}): {state}{agrees}"
    yield from difference_lines(each.differences)


def difference_lines(differences: Mapping[str, Difference]) -> Iterator[str]:
    """One line for each kind of difference, with its record ids."""
    for kind, label in LABELS.items():
        if kind in differences:
            some = differences[kind]
            more = ", …" if some.contacts > len(some.record_ids) else ""
            yield f"  {some.contacts:>9,}  {label}: {', '.join(some.record_ids)}{more}"


def as_json(found: Verification) -> str:
    """The verification as one JSON object."""
    whole = {
        "portal_id": found.portal_id,
        "agrees": not found.drifting and not found.objections,
        "disturbed_by": found.disturbed_by,
        "lists": {
            each.list_name: {
                "list_id": each.list_id,
                "members": each.members,
                "agrees": not each.drifts,
                **difference_figures(each.differences),
            }
            for each in found.lists
        },
        "objections": [
            {"guard": each.guard, "list_name": each.list_name, "sentence": each.sentence}
            for each in found.objections
        ],
    }
    return json.dumps(whole, indent=2, sort_keys=True)


def difference_figures(differences: Mapping[str, Difference]) -> dict[str, dict[str, object]]:
    """Every kind of difference with its count and record ids, also those that do not occur."""
    nothing = Difference(0, ())
    return {
        kind: {
            "contacts": differences.get(kind, nothing).contacts,
            "record_ids": list(differences.get(kind, nothing).record_ids),
        }
        for kind in LABELS
    }
