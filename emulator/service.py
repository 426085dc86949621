"""What happens to a request between the socket and a handler: route, token, limits, handler, log.

Plain calls and values, no HTTP library: ``server.py`` turns sockets into these and back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from emulator import errors, routes
from emulator.admin import Admin
from emulator.behaviour import Behaviour, Switchboard
from emulator.calls import Answer, Call, refused
from emulator.crm import Portal
from emulator.errors import RefusedError
from emulator.faults import Fault, Script
from emulator.journal import Entry, Journal
from emulator.limits import Limits


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, whole. ``path`` is still percent-encoded; ``now`` is a steady clock in seconds."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    raw: bytes
    at: str
    now: float


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
    """One emulated HubSpot: its portal, and how it answers."""

    def __init__(self, portal: Portal, limits: Limits, *, token: str | None, behaviour: Behaviour) -> None:
        self.portal = portal
        self.limits = limits
        self._token = token
        self._behaviour = Switchboard(behaviour)
        self._journal = Journal()
        self._script = Script()
        self.admin = Admin(portal, self._journal, self._script, self._behaviour)

    def arrive(self, request: Request) -> Arrival:
        """Enter a request in the log and see which route it names and which fault hits it."""
        found = routes.find(request.method, request.path)
        route = found[0].name if found else f"{request.method} {request.path}"
        entry = self._journal.open(
            at=request.at,
            method=request.method,
            path=f"{request.path}?{request.query}" if request.query else request.path,
            route=route,
            size=len(request.raw),
        )
        return Arrival(request, entry, found, self._script.take(route))

    def answer(self, arrival: Arrival, base_url: str) -> Answer:
        """Carry a request out, or refuse it as HubSpot would."""
        try:
            return self._handle(arrival, base_url)
        except RefusedError as refusal:
            return refused(refusal)

    def trouble(self, status: int) -> Answer:
        """The answer of a scripted status."""
        return refused(errors.trouble(status, self.portal.portal_id))

    def _handle(self, arrival: Arrival, base_url: str) -> Answer:
        request = arrival.request
        if arrival.found is None:
            raise errors.no_such_path()
        route, params = arrival.found
        self._check_token(request.headers.get("Authorization", ""))
        refusal = self.limits.refusal(request.now)
        behaviour = self._behaviour.now
        if behaviour.rate_limit_headers == "present":
            arrival.headers = self.limits.headers()
        if refusal:
            if behaviour.retry_after == "present":
                arrival.headers["Retry-After"] = self.limits.retry_after(request.now)
            raise refusal
        call = Call(
            portal=self.portal,
            at=request.at,
            params=params,
            query=_query(request.query, route.query),
            raw=request.raw,
            content_type=request.headers.get("Content-Type", ""),
            link=f"{base_url}{request.path}",
            calls_today=self.limits.used_today,
            daily_limit=self.limits.daily,
            behaviour=behaviour,
            vanishing_rows=arrival.fault.vanishing_rows if arrival.fault else 0,
            changed=arrival.entry.changed,
        )
        return route.handler(call)

    def _check_token(self, header: str) -> None:
        scheme, _, token = header.partition(" ")
        known = self._token is None or token == self._token
        if scheme.lower() != "bearer" or not token.strip() or not known:
            raise errors.unauthenticated()


def _query(text: str, allowed: frozenset[str]) -> dict[str, str]:
    """A query string's parameters. Raises :class:`~emulator.errors.RefusedError` for one HubSpot lacks."""
    given = dict(parse_qsl(text, keep_blank_values=True))
    if unknown := sorted(set(given) - allowed):
        raise errors.invalid(f"Unknown query parameter: {unknown[0][:80]}")
    return given
