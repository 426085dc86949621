"""The route table: which method and path, in which API version, is which endpoint."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from emulator.endpoints import ENDPOINTS, VERSIONS, Endpoint, prefix


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint in one version. ``name`` is method and template, ``POST /crm/v3/lists`` say."""

    name: str
    version: str
    endpoint: Endpoint
    query: frozenset[str]
    """The query parameters HubSpot documents; others are refused."""

    @property
    def is_search(self) -> bool:
        """Whether the limit on searches of records holds here instead of the ten-second one."""
        return self.name.endswith("/contacts/search")


def _table() -> Iterator[tuple[tuple[str, int], re.Pattern[str], Route]]:
    """Every route in every version, with its method and number of slashes."""
    for version in VERSIONS:
        for endpoint in ENDPOINTS:
            template = prefix(endpoint.api, version) + endpoint.rest
            pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))
            name = f"{endpoint.method} {template}"
            route = Route(name, version, endpoint, frozenset(endpoint.query.split()))
            yield (endpoint.method, template.count("/")), pattern, route


_WITH_A_SLASH = {f"{prefix('lists', version)}/" for version in VERSIONS}
"""HubSpot's own client creates and reads lists at ``/crm/v3/lists/``; no other path of it ends so."""

_TABLE: dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]] = {}
for _key, _pattern, _route in _table():
    _TABLE.setdefault(_key, []).append((_pattern, _route))

ROUTES = {route.name: route for routes in _TABLE.values() for _, route in routes}
"""Every route by its name."""


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route for a method and a still percent-encoded path, with the decoded parts of the path."""
    if path in _WITH_A_SLASH:
        path = path.removesuffix("/")
    for pattern, route in _TABLE.get((method, path.count("/")), ()):
        if match := pattern.fullmatch(path):
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    return None
