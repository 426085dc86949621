"""Scripted troubles: what goes wrong, on which route, from when on, how often, and how likely.

A trouble is never on by itself; a test posts a script of them (``fault_script.py`` reads it). The script is
data: this module decides which fault hits a request, ``service.py`` and ``server.py`` carry it out.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.actions import Action
from emulator.refused_rows import RefusedRow
from emulator.routes import ROUTES

EVERY_ROUTE = "*"
ALL_ROWS = -1


@dataclass(slots=True)
class Fault:
    """When (``route``, ``after``, ``times``, ``probability``) and one trouble, named by ``kind``.

    ``after`` is how many requests of the route pass first, ``times`` how often it happens then (None for
    ever), ``probability`` how likely it is to happen each time, by ``dice`` of its own seed. ``latency`` draws
    the seconds to wait before anything else, also when the client has gone meanwhile; every kind may have one.
    """

    route: str
    kind: str
    after: int = 0
    times: int | None = 1
    probability: float = 1.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  # chance, no secret
    latency: Callable[[random.Random], float] | None = None
    status: int = 0
    """Refuse with this status, as an HTML page with ``html``; nothing is carried out."""
    html: bool = False
    retry_after: float | None = None
    reset: str = ""
    """Break the connection ``before`` or ``after`` the request is carried out."""
    hang: float = 0.0
    """Keep silent that many seconds, then break the connection; nothing is carried out."""
    cut: bool = False
    """Carry the request out and break the connection in the middle of the answer."""
    vanishing_rows: int = 0
    """Overlook the first rows of the request, -1 for all of them."""
    refused_rows: tuple[RefusedRow, ...] = ()
    """Refuse these rows of a batch and carry out the others."""
    actions: tuple[Action, ...] = ()
    """Do these first, then carry the request out."""

    def matches(self, route: str) -> bool:
        """Whether the fault is meant for that route."""
        if self.route == EVERY_ROUTE:
            return fits(self.kind, route)
        return self.route == route

    def seconds(self) -> float:
        """How long to wait before anything else."""
        return self.latency(self.dice) if self.latency else 0.0


def fits(kind: str, route: str) -> bool:
    """Whether a trouble means anything on a route: only batches have rows to refuse, say."""
    if kind == "refuse_rows":
        return "/contacts/batch/" in route
    if kind in ("drop_rows", "empty_results"):
        return route in ROUTES and ROUTES[route].endpoint.rows
    return True


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
            elif hit is None and fault.times != 0 and fault.dice.random() < fault.probability:
                hit = fault
                if fault.times is not None:
                    fault.times -= 1
        return hit
