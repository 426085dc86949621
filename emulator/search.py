"""Which contacts a search finds: filters by operator, a free text, an order."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator import errors
from emulator.contacts import Contact
from emulator.properties import Definition, Definitions
from emulator.values import Comparable, comparable

SEARCHED = ("firstname", "lastname", "email", "hs_additional_emails", "phone", "company", "hs_object_id")
"""Where the words of ``query`` are looked for."""

_WORD = re.compile(r"\w+")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda value, wanted: bool(value == wanted),
    "NEQ": lambda value, wanted: bool(value != wanted),
    "LT": lambda value, wanted: bool(value < wanted),
    "LTE": lambda value, wanted: bool(value <= wanted),
    "GT": lambda value, wanted: bool(value > wanted),
    "GTE": lambda value, wanted: bool(value >= wanted),
}
OPERATORS = (
    *_COMPARISONS,
    *("BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"),
    *("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"),
)

Test = Callable[[Contact], bool]


def matching(groups: Sequence[Mapping[str, Any]], query: str, known: Definitions) -> Test:
    """Whether a contact passes every filter of any group, and has every word of ``query``.

    Raises :class:`~emulator.errors.RefusedError` for a filter on a property the portal lacks, and for one
    without the values its operator needs.
    """
    tests = [[_test(filter_, known) for filter_ in group["filters"]] for group in groups]
    words = [word.lower() for word in query.split()]

    def test(contact: Contact) -> bool:
        if tests and not any(all(each(contact) for each in group) for group in tests):
            return False
        if not words:
            return True
        tokens = _tokens(" ".join(contact.value(name) or "" for name in SEARCHED))
        return all(any(token.startswith(word) for token in tokens) for word in words)

    return test


def ordered(contacts: list[Contact], name: str, *, downwards: bool, known: Definitions) -> list[Contact]:
    """The contacts by a property, those without a value last. Raises as :func:`matching` does."""
    definition = _definition(name, known)
    keys = {contact.id: _comparable(definition, contact.value(name)) for contact in contacts}
    present = [each for each in contacts if keys[each.id] is not None]
    absent = [each for each in contacts if keys[each.id] is None]

    def key(contact: Contact) -> Any:
        return keys[contact.id]

    return sorted(present, key=key, reverse=downwards) + absent


def _test(filter_: Mapping[str, Any], known: Definitions) -> Test:
    name, operator = filter_["propertyName"], filter_["operator"]
    definition = _definition(name, known)
    match operator:
        case "HAS_PROPERTY":
            return lambda contact: contact.value(name) is not None
        case "NOT_HAS_PROPERTY":
            return lambda contact: contact.value(name) is None
        case "IN" | "NOT_IN":
            wanted = {_wanted(definition, value) for value in _needed(filter_, "values")}
            return _on_value(definition, lambda value: (value in wanted) == (operator == "IN"))
        case "BETWEEN":
            low: Any = _wanted(definition, _needed(filter_, "value"))
            high: Any = _wanted(definition, _needed(filter_, "highValue"))
            return _on_value(definition, lambda value: bool(low <= value <= high))
        case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
            patterns = [_pattern(word) for word in _needed(filter_, "value").lower().split()]
            return lambda contact: _holds(contact.value(name), patterns) == (operator == "CONTAINS_TOKEN")
    compared = _wanted(definition, _needed(filter_, "value"))
    compare = _COMPARISONS[operator]
    return _on_value(definition, lambda value: compare(value, compared))


def _on_value(definition: Definition, test: Callable[[Any], bool]) -> Test:
    """A test that no contact without a value passes."""

    def tested(contact: Contact) -> bool:
        value = _comparable(definition, contact.value(definition.name))
        return value is not None and test(value)

    return tested


def _definition(name: str, known: Definitions) -> Definition:
    found = known.get(name)
    if found is None:
        raise errors.invalid_properties([errors.unknown_property(name)])
    return found


def _comparable(definition: Definition, value: str | None) -> Comparable | None:
    return None if value is None else comparable(definition.type, value)


def _wanted(definition: Definition, value: str) -> Comparable:
    found = comparable(definition.type, value)
    if found is None:
        raise errors.invalid(f"{value[:80]!r} is no value for a filter on {definition.name}")
    return found


def _needed(filter_: Mapping[str, Any], member: str) -> Any:
    if not filter_.get(member):
        raise errors.invalid(f"operator {filter_['operator']} needs {member}")
    return filter_[member]


def _tokens(text: str) -> list[str]:
    """The words of a text, in lower case: what is between spaces, and the parts of that."""
    lowered = text.lower()
    return [*lowered.split(), *_WORD.findall(lowered)]


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in word.split("*")), re.DOTALL)


def _holds(value: str | None, patterns: Sequence[re.Pattern[str]]) -> bool:
    tokens = _tokens(value or "")
    return all(any(pattern.fullmatch(token) for token in tokens) for pattern in patterns)
