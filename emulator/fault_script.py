"""Reading a script of faults: a JSON array of objects, each saying when, and one trouble.

When: ``route`` (``*`` for every one), ``after``, ``times``, ``probability``, ``seed``. Trouble: one of
:data:`TROUBLES`; ``latency`` may stand beside any other.
"""

import random
import re
from collections.abc import Callable
from typing import Any

from emulator.actions import ActionError, read_actions
from emulator.faults import ALL_ROWS, EVERY_ROUTE, Fault, fits
from emulator.refused_rows import RefusedRow
from emulator.routes import ROUTES

TROUBLES = (
    *("status", "html", "reset", "hang", "cut", "empty_results", "drop_rows", "refuse_rows", "do", "latency"),
)
_WHEN = ("route", "after", "times", "probability", "seed")
_LONGEST_SECONDS = 3600
_LONGEST_RETRY_AFTER = 86_400
"""What HubSpot's 477 may ask for."""
_STATUS_OF_A_PAGE = 502


class ScriptError(ValueError):
    """A script that cannot be carried out; says why in one sentence."""


def read_script(value: object) -> list[Fault]:
    """The faults of a JSON array. Raises :class:`ScriptError`."""
    if not isinstance(value, list):
        raise ScriptError("the script must be a JSON array of faults")
    faults = []
    for place, item in enumerate(value):
        try:
            faults.append(_read_fault(item))
        except (ScriptError, ActionError) as fault:
            raise ScriptError(f"fault {place}: {fault}") from None
    return faults


def _read_fault(item: object) -> Fault:
    if not isinstance(item, dict):
        raise ScriptError("must be an object")
    if unknown := sorted(set(item) - {*_WHEN, *TROUBLES, "retry_after"}):
        raise ScriptError(f"has unknown members: {', '.join(unknown)}")
    kind = _kind(item)
    if kind == "status":
        item = {"status": _STATUS_OF_A_PAGE, **item}
    return Fault(
        route=_route(item.get("route"), kind),
        kind=kind,
        after=_whole(item.get("after", 0), "after", least=0),
        times=None if item.get("times", 1) is None else _whole(item.get("times", 1), "times", least=1),
        probability=_probability(item.get("probability", 1)),
        dice=random.Random(_whole(item.get("seed", 0), "seed", least=0)),  # noqa: S311  # chance, no secret
        **{_FIELDS.get(name, name): read(item[name]) for name, read in _READERS.items() if name in item},
    )


def _kind(item: dict[str, Any]) -> str:
    """The one trouble of a fault: a page of HTML is a status, and latency alone is one too."""
    given = [name for name in TROUBLES if name in item]
    if not given:
        raise ScriptError(f"names no trouble: give one of {', '.join(TROUBLES)}")
    kinds = {"status" if name == "html" else name for name in given if name != "latency"}
    if len(kinds) > 1:
        raise ScriptError(f"names troubles that exclude each other: {', '.join(sorted(kinds))}")
    kind = kinds.pop() if kinds else "latency"
    if "retry_after" in item and kind != "status":
        raise ScriptError("retry_after needs a status")
    if "seed" in item and "probability" not in item and not isinstance(item.get("latency"), dict):
        raise ScriptError("seed needs a probability or a latency that varies")
    return kind


def _route(route: object, kind: str) -> str:
    if route == EVERY_ROUTE:
        return EVERY_ROUTE
    if not isinstance(route, str) or route not in ROUTES:
        raise ScriptError("route must be '*' or a method and path template this server has")
    if not fits(kind, route):
        raise ScriptError(f"{kind} means nothing on {route}")
    return route


def _status(value: object) -> int:
    if type(value) is not int or not 400 <= value <= 599:
        raise ScriptError("status must be a whole number from 400 to 599")
    return value


def _reset(value: object) -> str:
    if value not in ("before", "after"):
        raise ScriptError("reset must be 'before' or 'after'")
    return str(value)


def _true(name: str) -> Callable[[object], bool]:
    def read(value: object) -> bool:
        if value is not True:
            raise ScriptError(f"{name} must be true or absent")
        return True

    return read


def _all_rows(value: object) -> int:
    return ALL_ROWS if _true("empty_results")(value) else 0


def _whole(value: object, name: str, *, least: int) -> int:
    if type(value) is not int or not least <= value <= 10**12:
        raise ScriptError(f"{name} must be a whole number of at least {least}")
    return value


def _probability(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ScriptError("probability must be a number above 0 and at most 1")
    return float(value)


def _seconds(name: str, longest: int = _LONGEST_SECONDS) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= longest:
            raise ScriptError(f"{name} must be a number of seconds from 0 to {longest}")
        return float(value)

    return read


def _latency(value: object) -> Callable[[random.Random], float]:
    """Always the same seconds, ``low`` to ``high`` evenly, or lognormal with a ``median`` and a ``sigma``."""
    read = _seconds("latency")
    match value:
        case {"low": low, "high": high, **rest} if not rest:
            lowest, highest = read(low), read(high)
            if lowest > highest:
                raise ScriptError("latency must not have a low above its high")
            return lambda dice: dice.uniform(lowest, highest)
        case {"median": median, "sigma": sigma, **rest} if not rest:
            middle, spread = read(median), _seconds("sigma of latency")(sigma)
            if spread > 5:
                raise ScriptError("sigma of latency must be at most 5")
            return lambda dice: min(middle * dice.lognormvariate(0, spread), _LONGEST_SECONDS)
        case dict():
            raise ScriptError("latency must be seconds, or an object with low and high, or median and sigma")
    always = read(value)
    return lambda _: always


def _refused_rows(value: object) -> tuple[RefusedRow, ...]:
    if not isinstance(value, list) or not value:
        raise ScriptError("refuse_rows must be an array of rows, each with 'row' or 'id', and 'category'")
    return tuple(map(_refused_row, value))


def _refused_row(item: object) -> RefusedRow:
    if not isinstance(item, dict) or set(item) - {"message"} not in ({"row", "category"}, {"id", "category"}):
        raise ScriptError("a row to refuse must have 'row' or 'id', 'category', and perhaps 'message'")
    texts = [item[name] for name in ("id", "category", "message") if name in item]
    if not all(isinstance(text, str) and text for text in texts):
        raise ScriptError("id, category and message of a row to refuse must be texts")
    if not re.fullmatch("[A-Z_]+", item["category"]):
        raise ScriptError(f"category {item['category']!r:.60} must be capital letters and underscores")
    place = _whole(item["row"], "row", least=0) if "row" in item else None
    told = {"message": item["message"]} if "message" in item else {}
    return RefusedRow(place, item.get("id"), item["category"], **told)


_READERS: dict[str, Callable[[object], Any]] = {
    "status": _status,
    "html": _true("html"),
    "retry_after": _seconds("retry_after", _LONGEST_RETRY_AFTER),
    "reset": _reset,
    "hang": _seconds("hang"),
    "cut": _true("cut"),
    "empty_results": _all_rows,
    "drop_rows": lambda value: _whole(value, "drop_rows", least=1),
    "refuse_rows": _refused_rows,
    "do": read_actions,
    "latency": _latency,
}
_FIELDS = {
    "empty_results": "vanishing_rows",
    "drop_rows": "vanishing_rows",
    "refuse_rows": "refused_rows",
    "do": "actions",
}
