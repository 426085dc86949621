"""Routes of HubSpot that tests script troubles on, and how often they were called."""

from __future__ import annotations

from tests.emulator_process import EmulatorProcess

ACCOUNT = "GET /account-info/v3/details"
READ = "POST /crm/v3/objects/contacts/batch/read"
UPDATE = "POST /crm/v3/objects/contacts/batch/update"
CREATE = "POST /crm/v3/lists"
USAGE = "GET /account-info/v3/api-usage/daily/private-apps"
PROPERTIES = "GET /crm/v3/properties/contacts"
BY_NAME = "GET /crm/v3/lists/object-type-id/0-1/name/{listName}"
LIST = "GET /crm/v3/lists/{listId}"
MEMBERS = "GET /crm/v3/lists/{listId}/memberships"
CHANGE = "PUT /crm/v3/lists/{listId}/memberships/add-and-remove"
MEMBERSHIPS = "POST /crm/v3/lists/records/memberships/batch/read"
WRITES = (UPDATE, CREATE, CHANGE)
"""Routes that change something in HubSpot."""


def count(hubspot: EmulatorProcess, *routes: str) -> int:
    """Requests of these routes that have arrived."""
    return sum(1 for each in hubspot.requests() if each["route"] in routes)
