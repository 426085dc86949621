"""An administrator's validation rules: properties a contact must have, always or under a condition.

HubSpot enforces them on every way to write a contact from version 2026-09 on; older versions pass them by.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.errors import Problem
from emulator.properties import Definitions


class RuleError(ValueError):
    """A rule that cannot be set; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``required`` must have a value in every contact whose properties equal all of ``when``."""

    required: str
    when: tuple[tuple[str, str], ...] = ()

    def problem(self, values: Mapping[str, str]) -> Problem | None:
        """Why a contact with these values may not be written, or None. HubSpot's own code is not known."""
        if values.get(self.required) or any(values.get(name) != value for name, value in self.when):
            return None
        message = f'Property "{self.required}" is required and has no value'
        return Problem(self.required, "REQUIRED_PROPERTY_MISSING", message)


def read_rules(value: object, known: Definitions) -> tuple[Rule, ...]:
    """Rules from JSON: ``[{"require": name, "when": {name: value}}]``. Raises :class:`RuleError`."""
    if not isinstance(value, list):
        raise RuleError("the body must be a JSON array of rules")
    return tuple(_read(item, f"rule {place}", known) for place, item in enumerate(value))


def _read(item: object, where: str, known: Definitions) -> Rule:
    if not isinstance(item, dict) or "require" not in item or set(item) - {"require", "when"}:
        raise RuleError(f"{where} must be an object with 'require' and perhaps 'when'")
    required, when = item["require"], item.get("when", {})
    if not isinstance(when, dict) or not all(isinstance(each, str) for each in [required, *when.values()]):
        raise RuleError(f"{where}: 'require' must be a property, 'when' an object of properties and values")
    if unknown := [name for name in [required, *when] if name not in known]:
        raise RuleError(f"{where}: there is no property {unknown[0][:80]!r}")
    return Rule(required, tuple(when.items()))
