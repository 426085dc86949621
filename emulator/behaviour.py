"""How this HubSpot behaves where nobody outside HubSpot knows for sure: one named switch for each such question.

A client that has to work with the real HubSpot has to work with every value. A switch is a field of
:class:`Behaviour`; the first of its values is the default. Handlers read the switches in ``call.behaviour``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

WHOLE_NUMBER = "N"
"""Stands among the values of a switch that takes any whole number from 1, as text."""


class BehaviourError(ValueError):
    """A switch or a value that is not there; says which and what there is in one sentence."""


def _switch(*values: str, meaning: str) -> Any:
    """A field that takes one of ``values``, the first by default; ``meaning`` is one line for people."""
    return field(default=values[0], metadata={"values": values, "meaning": meaning})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The value of every switch."""

    rate_limit_headers: str = _switch(
        "present",
        "absent",
        meaning="whether answers carry the X-HubSpot-RateLimit headers",
    )
    retry_after: str = _switch(
        "absent",
        "present",
        meaning="whether a 429 says in Retry-After how many seconds to wait",
    )
    missing_list_name: str = _switch(
        "404",
        "400",
        meaning="status when a list is asked for by a name that no list has",
    )
    malformed_email_lookup: str = _switch(
        "refuse",
        "not_found",
        meaning="batch read with a malformed address: 400 for all, or that address is merely not found",
    )
    bad_property_batch: str = _switch(
        "refuse",
        "mixed",
        meaning="batch update with a trace id on every row and a bad value: 400, or 207 with that row's error",
    )
    email_as_id_property_in_batch_update: str = _switch(
        "refuse",
        "accept",
        meaning="idProperty=email in batch update: 400, or the address names the contact",
    )
    unnamed_additions: str = _switch(
        "keep",
        "omit",
        meaning="empty arrays in the answer to a membership change: kept, or left out",
    )
    additions_key: str = _switch(
        "recordsIdsAdded",
        "recordIdsAdded",
        meaning="how the answer to a membership change spells the ids added",
    )
    merged_id: str = _switch(
        "vanish",
        "missing",
        meaning="an id lost in a merge, in a batch or a membership change: named nowhere, or as not found",
    )
    dynamic_list_status: str = _switch(
        "400",
        "403",
        meaning="status when memberships of a DYNAMIC list are to be changed",
    )
    unknown_property_in_read: str = _switch(
        "ignore",
        "refuse",
        meaning="a read that asks for a property the portal lacks: answered without it, or 400",
    )
    membership_limit: str = _switch(
        "100000",
        WHOLE_NUMBER,
        meaning="how many record ids a membership change may name",
    )
    membership_limit_status: str = _switch(
        "400",
        "413",
        meaning="status when a membership change names more",
    )
    list_size: str = _switch(
        "exact",
        "lagging",
        meaning="a list's size: as it is, or in the first answer after changes as it was before them",
    )

    def with_values(self, values: Mapping[str, object]) -> "Behaviour":
        """These switches with some of them set anew. Raises :class:`BehaviourError`, and nothing is set."""
        for name, value in values.items():
            if name not in SWITCHES:
                raise BehaviourError(f"there is no behaviour {name!r:.60}: choose from {', '.join(SWITCHES)}")
            if not SWITCHES[name].takes(value):
                choices = " or ".join(SWITCHES[name].values)
                raise BehaviourError(f"behaviour {name} must be {choices}, not {value!r:.60}")
        return replace(self, **values)  # type: ignore[arg-type]  # every value was just found to be a str


@dataclass(frozen=True, slots=True)
class Switch:
    """What a switch may be, default first, and what it means."""

    values: tuple[str, ...]
    meaning: str

    def takes(self, value: object) -> bool:
        """Whether it may be set to ``value``."""
        if WHOLE_NUMBER in self.values and isinstance(value, str) and value != WHOLE_NUMBER:
            return value.isascii() and value.isdigit() and len(value) < 10 and int(value) >= 1
        return value in self.values and value != WHOLE_NUMBER


SWITCHES = {
    each.name: Switch(each.metadata["values"], each.metadata["meaning"]) for each in fields(Behaviour)
}
"""Every switch by its name, in the order declared."""


class Switchboard:
    """The switches of a running server: ``now`` is how it behaves, to be replaced at any time."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.now = behaviour
        self._at_the_start = behaviour

    def reset(self) -> None:
        """Behave as at the start again."""
        self.now = self._at_the_start

    def set(self, values: Mapping[str, object]) -> None:
        """Set some switches anew. Raises :class:`BehaviourError`, and nothing is set."""
        self.now = self.now.with_values(values)


def read_behaviour(settings: list[str]) -> Behaviour:
    """The switches set by ``NAME=VALUE`` texts; the later wins. Raises :class:`BehaviourError`."""
    for text in settings:
        if "=" not in text:
            raise BehaviourError(f"a behaviour is set by NAME=VALUE, not by {text!r:.60}")
    pairs = (text.partition("=") for text in settings)
    return Behaviour().with_values({name: value for name, _, value in pairs})
