"""Scripted troubles: what goes wrong, on which route, from when on, and how often.

A trouble is never on by itself; a test posts a script of them. The script is data: this module decides which
fault hits a request, ``server.py`` carries it out.
"""

from dataclasses import dataclass
from typing import Any

from emulator.routes import ROUTES

EVERY_ROUTE = "*"
ALL_ROWS = -1

_MEMBERS = frozenset(
    [
        "route",
        "status",
        "latency",
        "reset",
        "hang",
        "empty_results",
        "drop_rows",
        "html",
        "retry_after",
        "times",
        "after",
    ]
)
_TROUBLES = ("status", "reset", "hang", "empty_results", "drop_rows", "html", "latency")
_LONGEST_SECONDS = 3600


class ScriptError(ValueError):
    """A script that cannot be carried out; says why in one sentence."""


@dataclass(slots=True)
class Fault:
    """One scripted trouble.

    ``latency`` (seconds) waits first and then does the rest, also when the client has gone meanwhile.
    ``reset`` breaks the connection ``before`` or ``after`` the request is carried out. ``hang`` keeps silent
    that many seconds, then breaks the connection; nothing is carried out. ``status`` refuses with it, as an
    HTML page with ``html``. ``vanishing_rows`` makes the first rows of the request be overlooked, -1 all of
    them. ``times`` is how often it happens (None for ever), ``after`` how many requests pass first.
    """

    route: str
    status: int | None = None
    latency: float = 0.0
    reset: str | None = None
    hang: float | None = None
    vanishing_rows: int = 0
    html: bool = False
    retry_after: float | None = None
    times: int | None = 1
    after: int = 0

    @property
    def kind(self) -> str:
        """The trouble by its name in a script."""
        if self.vanishing_rows:
            return "empty_results" if self.vanishing_rows == ALL_ROWS else "drop_rows"
        named = (("status", self.status), ("reset", self.reset), ("hang", self.hang))
        return next((name for name, value in named if value is not None), "latency")

    def matches(self, route: str) -> bool:
        """Whether the fault is meant for that route."""
        if self.route == EVERY_ROUTE:
            return not self.vanishing_rows or (route in ROUTES and ROUTES[route].has_rows)
        return self.route == route


class Script:
    """The faults in force, in the order given."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def replace(self, faults: list[Fault]) -> None:
        """Forget the old script and follow this one."""
        self._faults = faults

    def take(self, route: str) -> Fault | None:
        """The fault that hits a request of that route now: the first whose time has come. Counts it."""
        hit: Fault | None = None
        for fault in self._faults:
            if not fault.matches(route):
                continue
            if fault.after > 0:
                fault.after -= 1
            elif hit is None and fault.times != 0:
                hit = fault
                if fault.times is not None:
                    fault.times -= 1
        return hit


def read_script(value: object) -> list[Fault]:
    """The faults of a JSON array. Raises :class:`ScriptError`."""
    if not isinstance(value, list):
        raise ScriptError("the script must be a JSON array of faults")
    return [_read_fault(item, f"fault {place}") for place, item in enumerate(value)]


def _read_fault(item: object, where: str) -> Fault:
    if not isinstance(item, dict):
        raise ScriptError(f"{where} must be an object")
    if unknown := sorted(set(item) - _MEMBERS):
        raise ScriptError(f"{where} has unknown members: {', '.join(map(str, unknown))}")
    _check_combination(item, where)
    vanishing = ALL_ROWS if item.get("empty_results") else _whole(item, "drop_rows", where, least=1) or 0
    return Fault(
        route=_route(item, where, vanishing),
        status=_status(item, where),
        latency=_seconds(item, "latency", where) or 0.0,
        reset=_reset(item, where),
        hang=_seconds(item, "hang", where),
        vanishing_rows=vanishing,
        html=bool(item.get("html")),
        retry_after=_seconds(item, "retry_after", where),
        times=_whole(item, "times", where, least=1) if "times" in item else 1,
        after=_whole(item, "after", where, least=0) or 0,
    )


def _check_combination(item: dict[str, Any], where: str) -> None:
    for name in ("html", "empty_results"):
        if item.get(name, True) is not True:
            raise ScriptError(f"{where}: {name} must be true or absent")
    given = [name for name in _TROUBLES if name in item]
    if not given:
        raise ScriptError(f"{where} names no trouble: give one of {', '.join(_TROUBLES)}")
    kinds = {"status" if name == "html" else name for name in given} - {"latency"}
    if len(kinds) > 1:
        raise ScriptError(f"{where} names troubles that exclude each other: {', '.join(sorted(kinds))}")
    if "retry_after" in item and "status" not in kinds:
        raise ScriptError(f"{where}: retry_after needs a status")


def _route(item: dict[str, Any], where: str, vanishing: int) -> str:
    route = item.get("route")
    if route == EVERY_ROUTE:
        return EVERY_ROUTE
    if not isinstance(route, str) or route not in ROUTES:
        raise ScriptError(f"{where}: route must be '*' or a method and path template this server has")
    if vanishing and not ROUTES[route].has_rows:
        raise ScriptError(f"{where}: {route} has no rows to lose")
    return route


def _status(item: dict[str, Any], where: str) -> int | None:
    if "status" not in item:
        return 502 if item.get("html") else None
    status = _whole(item, "status", where, least=400)
    if status is None or status > 599:
        raise ScriptError(f"{where}: status must be from 400 to 599")
    return status


def _reset(item: dict[str, Any], where: str) -> str | None:
    reset = item.get("reset")
    if "reset" in item and reset not in ("before", "after"):
        raise ScriptError(f"{where}: reset must be 'before' or 'after'")
    return reset


def _whole(item: dict[str, Any], name: str, where: str, *, least: int) -> int | None:
    value = item.get(name)
    if value is None and (name not in item or name == "times"):
        return None
    if type(value) is not int or value < least:
        raise ScriptError(f"{where}: {name} must be a whole number of at least {least}")
    return value


def _seconds(item: dict[str, Any], name: str, where: str) -> float | None:
    if name not in item:
        return None
    value = item[name]
    if type(value) not in (int, float) or not 0 <= value <= _LONGEST_SECONDS:
        raise ScriptError(f"{where}: {name} must be a number of seconds from 0 to {_LONGEST_SECONDS}")
    return float(value)
