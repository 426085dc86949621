"""The route table: which method and path, in which API version, goes to which handler."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from emulator import (
    account_routes,
    batch_routes,
    batch_write_routes,
    contact_routes,
    list_routes,
    membership_routes,
    property_routes,
    search_routes,
)
from emulator.calls import Answer, Call

VERSIONS = ("v3", "2026-03", "2026-09")

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint in one version. ``name`` is method and template, ``POST /crm/v3/lists`` say."""

    name: str
    version: str
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


_MEMBER_PAGE = "limit after before"
_RECORD = "properties propertiesWithHistory idProperty archived"

_LINES = (
    _Line("GET", "account", "/details", account_routes.details),
    _Line("GET", "account", "/api-usage/daily/private-apps", account_routes.daily_usage),
    *(
        line
        for kind in ("/contacts", "/0-1")
        for line in (
            _Line("GET", "properties", kind, property_routes.read_all, "archived"),
            _Line("POST", "properties", kind, property_routes.create),
            _Line("POST", "properties", f"{kind}/batch/read", property_routes.batch_read),
            _Line("POST", "properties", f"{kind}/batch/create", property_routes.batch_create),
            _Line("GET", "properties", f"{kind}/{{propertyName}}", property_routes.read_one, "archived"),
        )
    ),
    _Line("POST", "contacts", "", contact_routes.create_one),
    _Line("POST", "contacts", "/batch/read", batch_routes.read, "archived", rows=True),
    _Line("POST", "contacts", "/batch/update", batch_write_routes.update, rows=True),
    _Line("POST", "contacts", "/batch/create", batch_write_routes.create, rows=True),
    _Line("POST", "contacts", "/batch/upsert", batch_write_routes.upsert, rows=True),
    _Line("POST", "contacts", "/batch/archive", batch_routes.archive, rows=True),
    _Line("POST", "contacts", "/merge", contact_routes.merge),
    _Line("POST", "contacts", "/search", search_routes.run, rows=True),
    _Line("GET", "contacts", "/{contactId}", contact_routes.read_one, _RECORD),
    _Line("PATCH", "contacts", "/{contactId}", contact_routes.update_one, "idProperty"),
    _Line("DELETE", "contacts", "/{contactId}", contact_routes.archive),
    _Line("POST", "lists", "", list_routes.create),
    _Line("GET", "lists", "", list_routes.read_several, "listIds includeFilters"),
    _Line("POST", "lists", "/search", list_routes.search, rows=True),
    _Line("GET", "lists", "/object-type-id/0-1/name/{listName}", list_routes.read_by_name, "includeFilters"),
    _Line("GET", "lists", "/{listId}", list_routes.read_by_id, "includeFilters"),
    _Line("DELETE", "lists", "/{listId}", list_routes.delete),
    _Line("PUT", "lists", "/{listId}/restore", list_routes.restore),
    _Line("PUT", "lists", "/{listId}/update-list-name", list_routes.rename, "listName includeFilters"),
    _Line("GET", "lists", "/{listId}/memberships", membership_routes.members, _MEMBER_PAGE, rows=True),
    _Line("DELETE", "lists", "/{listId}/memberships", membership_routes.remove_all),
    _Line(
        *("GET", "lists", "/{listId}/memberships/join-order"),
        membership_routes.members_as_they_joined,
        _MEMBER_PAGE,
        rows=True,
    ),
    _Line("PUT", "lists", "/{listId}/memberships/add", membership_routes.add, rows=True),
    _Line("PUT", "lists", "/{listId}/memberships/remove", membership_routes.remove, rows=True),
    _Line(
        "PUT", "lists", "/{listId}/memberships/add-and-remove", membership_routes.add_and_remove, rows=True
    ),
    _Line("PUT", "lists", "/{listId}/memberships/add-from/{sourceListId}", membership_routes.add_from),
    _Line(
        *("GET", "lists", "/records/0-1/{recordId}/memberships"),
        membership_routes.memberships_of_record,
        rows=True,
    ),
    _Line(
        *("POST", "lists", "/records/memberships/batch/read"),
        membership_routes.memberships_of_records,
        rows=True,
    ),
)


def _prefix(api: str, version: str) -> str:
    """Where an API lives: v3 names the version before the API, dated versions after it."""
    if api == "account":
        return f"/account-info/{version}"
    if api == "contacts":
        return "/crm/v3/objects/contacts" if version == "v3" else f"/crm/objects/{version}/contacts"
    return f"/crm/v3/{api}" if version == "v3" else f"/crm/{api}/{version}"


def _table() -> Iterator[tuple[tuple[str, int], re.Pattern[str], Route]]:
    """Every route in every version, with its method and number of slashes."""
    for version in VERSIONS:
        for line in _LINES:
            template = _prefix(line.api, version) + line.rest
            pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))
            name = f"{line.method} {template}"
            route = Route(name, version, line.handler, frozenset(line.query.split()), line.rows)
            yield (line.method, template.count("/")), pattern, route


_TABLE: dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]] = {}
for _key, _pattern, _route in _table():
    _TABLE.setdefault(_key, []).append((_pattern, _route))

ROUTES = {route.name: route for routes in _TABLE.values() for _, route in routes}
"""Every route by its name."""


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route for a method and a still percent-encoded path, with the decoded parts of the path.

    A slash at the end does not matter: HubSpot's own client creates lists at ``/crm/v3/lists/``.
    """
    path = path.removesuffix("/")
    for pattern, route in _TABLE.get((method, path.count("/")), ()):
        if match := pattern.fullmatch(path):
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    return None
