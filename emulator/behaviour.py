"""How this HubSpot behaves where nobody outside HubSpot knows for sure: one named switch for each such question.

A client that has to work with the real HubSpot has to work with every value. A switch is a field of
:class:`Behaviour`; the first of its values is the default. Handlers read the switches in ``call.behaviour``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


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

    def with_values(self, values: Mapping[str, object]) -> "Behaviour":
        """These switches with some of them set anew. Raises :class:`BehaviourError`, and nothing is set."""
        for name, value in values.items():
            if name not in SWITCHES:
                raise BehaviourError(f"there is no behaviour {name!r:.60}: choose from {', '.join(SWITCHES)}")
            if value not in SWITCHES[name].values:
                choices = " or ".join(SWITCHES[name].values)
                raise BehaviourError(f"behaviour {name} must be {choices}, not {value!r:.60}")
        return replace(self, **values)  # type: ignore[arg-type]  # every value was just found to be a str


@dataclass(frozen=True, slots=True)
class Switch:
    """What a switch may be, default first, and what it means."""

    values: tuple[str, ...]
    meaning: str


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
