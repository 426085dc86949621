"""Which texts HubSpot takes as values of a property's type, and how two values of a type compare."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal
from unicodedata import category

MIDNIGHT = 86_400_000
"""Milliseconds in a day: a ``date`` is a whole number of them since 1970."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_MILLISECONDS = re.compile(r"-?[0-9]{1,14}")
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_INVISIBLE = frozenset(("Cc", "Cf", "Zl", "Zp"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Comparable = str | Decimal | int


def milliseconds(value: str) -> int | None:
    """The moment an ISO 8601 text or a count of milliseconds since 1970 (UTC) stands for; None if neither."""
    if _MILLISECONDS.fullmatch(value):
        return int(value)
    if _ISO.fullmatch(value) is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    moment = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return int((moment - _EPOCH).total_seconds() * 1000)


def comparable(kind: str, value: str) -> Comparable | None:
    """What a value of a property type is compared by: a number, milliseconds, or the text in lower case.

    None for a text that is no value of the type.
    """
    if kind == "number":
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    if kind in ("date", "datetime"):
        return milliseconds(value)
    return value.lower()


def fault(kind: str, value: str, *, options: Collection[str], several: bool) -> tuple[str, str] | None:
    """HubSpot's code and sentence for a text that is no value of a property type, or None.

    ``several``: a multiple checkbox, whose value is options joined by ``;``. Nothing is trimmed: white space
    at either end, and characters nobody sees, are refused wherever the type is not ``string``.
    """
    match kind:
        case "bool" if value not in ("true", "false"):
            return "INVALID_BOOLEAN", f"{value} was not a valid boolean."
        case "number" if _NUMBER.fullmatch(value) is None:
            return "INVALID_NUMBER", f"{value} was not a valid number."
        case "enumeration":
            given = value.split(";") if several else [value]
            if strange := [each for each in given if each not in options]:
                return "INVALID_OPTION", f"{strange[0]} was not one of the allowed options: {list(options)}"
        case "date" | "datetime":
            moment = milliseconds(value)
            if moment is None:
                return "INVALID_LONG", f"{value} was not a valid long."
            if kind == "date" and moment % MIDNIGHT:
                return "INVALID_DATE", f"{value} is not midnight UTC."
        case "phone_number" if value != value.strip() or any(category(each) in _INVISIBLE for each in value):
            return "INVALID_PHONE_NUMBER", f"{value} was not a valid phone number."
    return None
