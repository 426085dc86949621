"""The route table: which method and path, in which API version, goes to which handler."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from emulator import account_routes, batch_routes, contact_routes, list_routes
from emulator.calls import Answer, Call

VERSIONS = ("v3", "2026-03", "2026-09")

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint in one version. ``name`` is method and template, ``POST /crm/v3/lists`` say."""

    name: str
    handler: Handler
    query: frozenset[str]
    """The query parameters HubSpot documents; others are refused."""
    has_rows: bool
    """Whether the scripted faults that make rows vanish mean anything here."""

    @property
    def is_search(self) -> bool:
        """Whether the limit on searches of records holds here instead of the ten-second one."""
        return self.name.endswith("/contacts/search")


@dataclass(frozen=True, slots=True)
class _Line:
    method: str
    api: str
    rest: str
    handler: Handler
    query: str = ""
    rows: bool = False


_LINES = (
    _Line("GET", "account", "/details", account_routes.details),
    _Line("GET", "account", "/api-usage/daily/private-apps", account_routes.daily_usage),
    _Line("GET", "properties", "/contacts", account_routes.properties, "archived"),
    _Line("GET", "properties", "/0-1", account_routes.properties, "archived"),
    _Line("POST", "contacts", "/batch/read", batch_routes.read, rows=True),
    _Line("POST", "contacts", "/batch/update", batch_routes.update, rows=True),
    _Line("POST", "contacts", "/batch/create", batch_routes.create, rows=True),
    _Line("POST", "contacts", "/merge", contact_routes.merge),
    _Line("GET", "contacts", "/{contactId}", contact_routes.read_one, "properties idProperty"),
    _Line("DELETE", "contacts", "/{contactId}", contact_routes.archive),
    _Line("POST", "lists", "", list_routes.create),
    _Line("GET", "lists", "/object-type-id/0-1/name/{listName}", list_routes.read_by_name),
    _Line("POST", "lists", "/records/memberships/batch/read", list_routes.memberships_of_records, rows=True),
    _Line("GET", "lists", "/{listId}", list_routes.read_by_id),
    _Line("DELETE", "lists", "/{listId}", list_routes.delete),
    _Line("PUT", "lists", "/{listId}/update-list-name", list_routes.rename, "listName"),
    _Line("GET", "lists", "/{listId}/memberships", list_routes.members, "limit after", rows=True),
    _Line("PUT", "lists", "/{listId}/memberships/add", list_routes.add, rows=True),
    _Line("PUT", "lists", "/{listId}/memberships/remove", list_routes.remove, rows=True),
    _Line("PUT", "lists", "/{listId}/memberships/add-and-remove", list_routes.add_and_remove, rows=True),
)


def _prefix(api: str, version: str) -> str:
    """Where an API lives: v3 names the version before the API, dated versions after it."""
    if api == "account":
        return f"/account-info/{version}"
    if api == "contacts":
        return "/crm/v3/objects/contacts" if version == "v3" else f"/crm/objects/{version}/contacts"
    return f"/crm/v3/{api}" if version == "v3" else f"/crm/{api}/{version}"


def _table() -> Iterator[tuple[str, re.Pattern[str], Route]]:
    for version in VERSIONS:
        for line in _LINES:
            template = _prefix(line.api, version) + line.rest
            pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))
            name = f"{line.method} {template}"
            yield line.method, pattern, Route(name, line.handler, frozenset(line.query.split()), line.rows)


_TABLE = tuple(_table())
ROUTES = {route.name: route for _, _, route in _TABLE}
"""Every route by its name."""


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route for a method and a still percent-encoded path, with the decoded parts of the path."""
    for wanted, pattern, route in _TABLE:
        if wanted == method and (match := pattern.fullmatch(path)):
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    return None
