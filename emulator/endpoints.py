"""Every endpoint: where it lies, who answers it, with which statuses, and how sure it is that HubSpot does so."""

from collections.abc import Callable
from dataclasses import dataclass

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

DOCUMENTED = "documented"
"""HubSpot's own pages or API descriptions say so."""
SEEN = "seen"
"""Recorded answers or the code of other integrations say so, where HubSpot's documents are silent."""

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint, in every version."""

    method: str
    api: str
    """``account``, ``properties``, ``contacts`` or ``lists``: see :func:`prefix`."""
    rest: str
    """What follows the prefix of the API."""
    handler: Handler
    answers: str
    """The statuses of its own; :data:`COMMON` ones come on top."""
    known: str
    """:data:`DOCUMENTED` or :data:`SEEN`."""
    query: str = ""
    """The query parameters HubSpot documents; others are refused."""
    switches: str = ""
    """The behaviours that change an answer of its own."""
    open: str = ""
    """What is neither documented nor seen and has no switch: the emulator's own guess."""
    rows: bool = False
    """Whether the scripted faults that make rows vanish mean anything here."""


COMMON = {
    400: "a query parameter it does not know, a body that is no JSON",
    401: "no token, or one that is wrong, expired or revoked",
    403: "a token without the scope; endpoints of the account need none",
    429: "a limit is reached",
}
"""What every endpoint may answer besides, and when."""

_MEMBER_PAGE = "limit after before"
_RECORD = "properties propertiesWithHistory idProperty archived"
_CHANGE = (
    "unnamed_additions additions_key merged_id dynamic_list_status membership_limit membership_limit_status"
)

ACCOUNT = (
    Endpoint("GET", "account", "/details", account_routes.details, "200", DOCUMENTED),
    Endpoint(
        *("GET", "account", "/api-usage/daily/private-apps", account_routes.daily_usage, "200", DOCUMENTED)
    ),
)


def _of_properties(kind: str) -> tuple[Endpoint, ...]:
    """The endpoints under one of the two names of the contact type."""
    here = f"/{kind}"
    return (
        Endpoint(
            *("GET", "properties", here, property_routes.read_all, "200 400", DOCUMENTED),
            query="archived",
        ),
        Endpoint(
            *("POST", "properties", here, property_routes.create, "201 400 409", SEEN),
            open="400 for a name that breaks the rules",
        ),
        Endpoint(
            *("POST", "properties", f"{here}/batch/read", property_routes.batch_read, "200 207 400"),
            DOCUMENTED,
            open="the errors of a 207",
        ),
        Endpoint(
            *("POST", "properties", f"{here}/batch/create", property_routes.batch_create, "201 207 400"),
            DOCUMENTED,
            open="the errors of a 207",
        ),
        Endpoint(
            *("GET", "properties", f"{here}/{{propertyName}}", property_routes.read_one, "200 400 404"),
            DOCUMENTED,
            query="archived",
        ),
    )


CONTACTS = (
    Endpoint("POST", "contacts", "", contact_routes.create_one, "201 400 409", SEEN),
    Endpoint(
        *("POST", "contacts", "/batch/read", batch_routes.read, "200 207 400", SEEN),
        query="archived",
        switches="malformed_email_lookup merged_id unknown_property_in_read",
        rows=True,
    ),
    Endpoint(
        *("POST", "contacts", "/batch/update", batch_write_routes.update, "200 207 400 409", SEEN),
        switches="bad_property_batch email_as_id_property_in_batch_update merged_id",
        open="409 without trace ids",
        rows=True,
    ),
    Endpoint(
        *("POST", "contacts", "/batch/create", batch_write_routes.create, "201 207 400 409", SEEN),
        open="409 without trace ids",
        rows=True,
    ),
    Endpoint(
        *("POST", "contacts", "/batch/upsert", batch_write_routes.upsert, "200 207 400 409", SEEN),
        open="409 without trace ids",
        rows=True,
    ),
    Endpoint("POST", "contacts", "/batch/archive", batch_routes.archive, "204 400", DOCUMENTED, rows=True),
    Endpoint(
        *("POST", "contacts", "/merge", contact_routes.merge, "200 400 404", DOCUMENTED),
        open="400 and 404",
    ),
    Endpoint(
        *("POST", "contacts", "/search", search_routes.run, "200 400", DOCUMENTED),
        switches="unknown_property_in_read",
        rows=True,
    ),
    Endpoint(
        *("GET", "contacts", "/{contactId}", contact_routes.read_one, "200 400 404", DOCUMENTED, _RECORD),
        switches="unknown_property_in_read",
    ),
    Endpoint(
        *("PATCH", "contacts", "/{contactId}", contact_routes.update_one, "200 400 404 409", SEEN),
        query="idProperty",
    ),
    Endpoint(
        *("DELETE", "contacts", "/{contactId}", contact_routes.archive, "204 404", DOCUMENTED), open="404"
    ),
)

LISTS = (
    Endpoint("POST", "lists", "", list_routes.create, "200 400", SEEN),
    Endpoint(
        *("GET", "lists", "", list_routes.read_several, "200", DOCUMENTED, "listIds includeFilters"),
        switches="list_size",
    ),
    Endpoint(
        *("POST", "lists", "/search", list_routes.search, "200 400", DOCUMENTED),
        switches="list_size",
        rows=True,
    ),
    Endpoint(
        *("GET", "lists", "/object-type-id/0-1/name/{listName}", list_routes.read_by_name, "200 400 404"),
        *(DOCUMENTED, "includeFilters"),
        switches="missing_list_name list_size",
    ),
    Endpoint(
        *("GET", "lists", "/{listId}", list_routes.read_by_id, "200 404", DOCUMENTED, "includeFilters"),
        switches="list_size",
    ),
    Endpoint("DELETE", "lists", "/{listId}", list_routes.delete, "204 404", DOCUMENTED),
    Endpoint(
        *("PUT", "lists", "/{listId}/restore", list_routes.restore, "204 400 404", DOCUMENTED),
        open="400 for a name that is taken by now",
    ),
    Endpoint(
        *("PUT", "lists", "/{listId}/update-list-name", list_routes.rename, "200 400 404", DOCUMENTED),
        query="listName includeFilters",
        switches="list_size",
    ),
    Endpoint(
        *("GET", "lists", "/{listId}/memberships", membership_routes.members, "200 400 404", DOCUMENTED),
        query=_MEMBER_PAGE,
        rows=True,
    ),
    Endpoint(
        *("DELETE", "lists", "/{listId}/memberships", membership_routes.remove_all, "204 400 403 404"),
        DOCUMENTED,
        switches="dynamic_list_status",
        open="400 for a large list",
    ),
    Endpoint(
        *("GET", "lists", "/{listId}/memberships/join-order", membership_routes.members_as_they_joined),
        *("200 400 404", DOCUMENTED, _MEMBER_PAGE),
        rows=True,
    ),
    *(
        Endpoint(
            *("PUT", "lists", f"/{{listId}}/memberships/{verb}", handler, "200 400 403 404 413", DOCUMENTED),
            switches=_CHANGE,
            open="400 for what is no record id",
            rows=True,
        )
        for verb, handler in (
            ("add", membership_routes.add),
            ("remove", membership_routes.remove),
            ("add-and-remove", membership_routes.add_and_remove),
        )
    ),
    Endpoint(
        *("PUT", "lists", "/{listId}/memberships/add-from/{sourceListId}", membership_routes.add_from),
        *("204 400 403 404", DOCUMENTED),
        switches="dynamic_list_status",
        open="400 for a large source",
    ),
    Endpoint(
        *("GET", "lists", "/records/0-1/{recordId}/memberships", membership_routes.memberships_of_record),
        *("200", DOCUMENTED),
        open="an unknown record is on no list",
        rows=True,
    ),
    Endpoint(
        *("POST", "lists", "/records/memberships/batch/read", membership_routes.memberships_of_records),
        *("200 400", DOCUMENTED),
        open="100 records at most; an unknown one is on no list",
        rows=True,
    ),
)

ENDPOINTS = (*ACCOUNT, *_of_properties("contacts"), *_of_properties("0-1"), *CONTACTS, *LISTS)


def prefix(api: str, version: str) -> str:
    """Where an API lives: v3 names the version before the API, dated versions after it."""
    if api == "account":
        return f"/account-info/{version}"
    if api == "contacts":
        return "/crm/v3/objects/contacts" if version == "v3" else f"/crm/objects/{version}/contacts"
    return f"/crm/v3/{api}" if version == "v3" else f"/crm/{api}/{version}"
