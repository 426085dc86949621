"""Checks on the shape of what a client sends. Whatever does not fit is a 400 in HubSpot's words.

Strict on purpose: a member HubSpot does not document is refused, and a number is not a string, so that a
client's slip shows in a test and not in production.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from emulator.errors import bad_json

Check = Callable[[object, str], None]
"""Raises :class:`~emulator.errors.RefusedError` unless the value fits; the text says where it stands."""


def parse(raw: bytes, content_type: str) -> object:
    """The JSON of a request body. Raises :class:`~emulator.errors.RefusedError` (400)."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise bad_json("the body must be sent with Content-Type: application/json")
    try:
        return json.loads(raw.decode("utf-8"))
    except json.JSONDecodeError as fault:
        raise bad_json(fault.msg, fault.lineno, fault.colno) from None
    except (ValueError, RecursionError):
        raise bad_json("the body is not JSON in UTF-8") from None


def text(value: object, where: str) -> None:
    """A string."""
    if not isinstance(value, str):
        raise bad_json(f"{where} must be a string")


def filled(value: object, where: str) -> None:
    """A string that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise bad_json(f"{where} must be a string that is not blank")


def whole(least: int, most: int) -> Check:
    """A check for a whole number within bounds."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise bad_json(f"{where} must be a whole number from {least} to {most}")

    return check


def flag(value: object, where: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise bad_json(f"{where} must be true or false")


def one_of(*allowed: str) -> Check:
    """A check for one of some strings."""

    def check(value: object, where: str) -> None:
        if value not in allowed:
            raise bad_json(f"{where} must be one of {', '.join(allowed)}")

    return check


def anything(value: object, where: str) -> None:
    """A member HubSpot knows and this server does not use."""


def items(of: Check) -> Check:
    """A check for an array whose every item passes ``of``."""

    def check(value: object, where: str) -> None:
        if not isinstance(value, list):
            raise bad_json(f"{where} must be an array")
        for place, item in enumerate(value):
            of(item, f"{where}[{place}]")

    return check


def values(value: object, where: str) -> None:
    """An object whose every value is a string: HubSpot's property values."""
    if not isinstance(value, dict):
        raise bad_json(f"{where} must be an object")
    for name, item in value.items():
        text(item, f"{where}.{name}")


def members(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """A check for an object with all ``required`` members, perhaps ``optional`` ones, and no others."""
    known = {**required, **(optional or {})}

    def check(value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise bad_json(f"{where} must be an object")
        if absent := [name for name in required if name not in value]:
            raise bad_json(f"{where} lacks {', '.join(absent)}")
        for name, item in value.items():
            if name not in known:
                raise bad_json(f"{where} has an unknown member {name!r}")
            known[name](item, f"{where}.{name}" if where != "the body" else name)

    return check


def checked(value: object, check: Check) -> Any:
    """``value``, once it has passed ``check``."""
    check(value, "the body")
    return value
