"""What happens to a request between the socket and a handler: route, token, limits, handler, log.

Plain calls and values, no HTTP library: ``server.py`` turns sockets into these and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from emulator import errors, routes
from emulator.admin import Admin
from emulator.calls import Answer, Call, refused
from emulator.clock import Moment
from emulator.errors import RefusedError
from emulator.faults import Fault
from emulator.journal import Entry
from emulator.refused_rows import add_refusals, nothing_done, take_out
from emulator.scopes import scopes_needed
from emulator.tokens import bearer
from emulator.world import World

_SCOPES = {name: scopes_needed(name) for name in routes.ROUTES}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, whole. ``path`` is still percent-encoded; ``moment`` is when it had arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    raw: bytes
    moment: Moment


@dataclass(slots=True)
class Arrival:
    """A request that was entered in the log, with the route it names and the fault that hits it, if any."""

    request: Request
    entry: Entry
    found: tuple[routes.Route, dict[str, str]] | None
    fault: Fault | None
    headers: dict[str, str] = field(default_factory=dict)
    """Rate-limit headers for the answer, once the request was counted."""


class Service:
    """How one emulated HubSpot answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.admin = Admin(world)

    def arrive(self, request: Request) -> Arrival:
        """Enter a request in the log and see which route it names and which fault hits it."""
        found = routes.find(request.method, request.path)
        route = found[0].name if found else f"{request.method} {request.path}"
        entry = self.world.journal.open(
            moment=request.moment,
            is_search=found is not None and found[0].is_search,
            method=request.method,
            path=f"{request.path}?{request.query}" if request.query else request.path,
            route=route,
            size=len(request.raw),
        )
        fault = self.world.script.take(route)
        entry.fault = fault.kind if fault else None
        return Arrival(request, entry, found, fault)

    def answer(self, arrival: Arrival, base_url: str) -> Answer:
        """Carry a request out, or refuse it as HubSpot would."""
        try:
            return self._handle(arrival, base_url)
        except RefusedError as refusal:
            return refused(refusal)

    def trouble(self, status: int) -> Answer:
        """The answer of a scripted status."""
        return refused(errors.trouble(status, self.world.portal.portal_id))

    def _handle(self, arrival: Arrival, base_url: str) -> Answer:
        if arrival.found is None:
            raise errors.no_such_path()
        route, params = arrival.found
        request, fault, at = arrival.request, arrival.fault, str(arrival.request.moment)
        header = request.headers.get("Authorization", "")
        for action in fault.actions if fault else ():
            action.perform(self.world.portal, self.world.tokens, bearer(header), at)
        self.world.tokens.check(header, request.moment, _SCOPES[route.name])
        self._count(arrival, route)
        raw, refusals, none_left = take_out(request.raw, fault.refused_rows if fault else ())
        if none_left:
            return add_refusals(Answer(200, nothing_done(at)), refusals, at)
        call = Call(
            portal=self.world.portal,
            version=route.version,
            at=at,
            params=params,
            query=_query(request.query, route.query),
            query_text=request.query,
            raw=raw,
            content_type=request.headers.get("Content-Type", ""),
            link=f"{base_url}{request.path}",
            limits=self.world.limits,
            behaviour=self.world.behaviour.now,
            vanishing_rows=fault.vanishing_rows if fault else 0,
            changed=arrival.entry.changed,
        )
        return add_refusals(route.endpoint.handler(call), refusals, at)

    def _count(self, arrival: Arrival, route: routes.Route) -> None:
        limits, behaviour = self.world.limits, self.world.behaviour.now
        refusal = limits.refusal(arrival.request.moment, search=route.is_search)
        if behaviour.rate_limit_headers == "present" and not route.is_search:
            arrival.headers = limits.headers()
        if refusal:
            if behaviour.retry_after == "present":
                arrival.headers["Retry-After"] = limits.retry_after(search=route.is_search)
            raise refusal


def _query(text: str, allowed: frozenset[str]) -> dict[str, str]:
    """A query string's parameters. Raises :class:`~emulator.errors.RefusedError` for one HubSpot lacks."""
    given = dict(parse_qsl(text, keep_blank_values=True))
    if unknown := sorted(set(given) - allowed):
        raise errors.invalid(f"Unknown query parameter: {unknown[0][:80]}")
    return given
