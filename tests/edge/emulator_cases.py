"""For every endpoint and every status it declares, a request that gets it; for every switch, one that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ANN, BOB, MERGED, NOBODY = "40001", "40002", "40003", "99990001"
OVERTAKEN, STATIC, DYNAMIC, GONE, NO_LIST = "811", "812", "813", "814", "99"
"""The portal of :func:`tests.edge.test_emulator_reference.portal`."""
DEFINITION = {
    "name": "shoe_size",
    "label": "Shoe size",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
}
PARTS = {
    "contactId": ANN,
    "listId": STATIC,
    "sourceListId": STATIC,
    "recordId": ANN,
    "listName": "Static",
    "propertyName": "email",
}


@dataclass(frozen=True)
class Case:
    """A request of ``endpoint`` (method, API, rest) with its ``parts`` filled in, and the status it gets."""

    endpoint: str
    status: int
    body: Any = None
    query: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)


def cases() -> Iterator[Case]:
    """Every case."""
    yield Case("GET account /details", 200)
    yield Case("GET account /api-usage/daily/private-apps", 200)
    for kind in ("/contacts", "/0-1"):
        yield from _properties(kind)
    yield from _contacts()
    yield from _batches()
    yield from _lists()
    yield from _members()


def _properties(kind: str) -> Iterator[Case]:
    here = f"properties {kind}"
    taken, bad = DEFINITION | {"name": "email"}, DEFINITION | {"name": "Not a name"}
    yield Case(f"GET {here}", 200)
    yield Case(f"GET {here}", 400, query="archived=perhaps")
    yield Case(f"POST {here}", 201, DEFINITION)
    yield Case(f"POST {here}", 400, bad)
    yield Case(f"POST {here}", 409, taken)
    yield Case(f"POST {here}/batch/read", 200, {"inputs": [{"name": "email"}]})
    yield Case(f"POST {here}/batch/read", 207, {"inputs": [{"name": "no_such"}]})
    yield Case(f"POST {here}/batch/read", 400, {"inputs": []})
    yield Case(f"POST {here}/batch/create", 201, {"inputs": [DEFINITION]})
    yield Case(f"POST {here}/batch/create", 207, {"inputs": [DEFINITION, taken, bad]})
    yield Case(f"POST {here}/batch/create", 400, {"inputs": []})
    yield Case(f"GET {here}/{{propertyName}}", 200)
    yield Case(f"GET {here}/{{propertyName}}", 400, query="archived=perhaps")
    yield Case(f"GET {here}/{{propertyName}}", 404, parts={"propertyName": "no_such"})


def _contacts() -> Iterator[Case]:
    taken = {"properties": {"email": "bob@example.com"}}
    yield Case("POST contacts ", 201, {"properties": {"email": "new@example.com"}})
    yield Case("POST contacts ", 400, {"properties": {"no_such": "x"}})
    yield Case("POST contacts ", 409, taken)
    yield Case("POST contacts /merge", 200, {"primaryObjectId": ANN, "objectIdToMerge": BOB})
    yield Case("POST contacts /merge", 400, {"primaryObjectId": ANN, "objectIdToMerge": ANN})
    yield Case("POST contacts /merge", 404, {"primaryObjectId": ANN, "objectIdToMerge": NOBODY})
    yield Case("POST contacts /search", 200, {"properties": ["email", "no_such"]})
    yield Case("POST contacts /search", 400, {"limit": 201})
    yield Case("GET contacts /{contactId}", 200, query="properties=email,no_such")
    yield Case("GET contacts /{contactId}", 400, query="idProperty=city")
    yield Case("GET contacts /{contactId}", 404, parts={"contactId": MERGED})
    yield Case("PATCH contacts /{contactId}", 200, {"properties": {"city": "Lyon"}})
    yield Case("PATCH contacts /{contactId}", 400, {"properties": {"no_such": "x"}})
    yield Case("PATCH contacts /{contactId}", 404, {"properties": {}}, parts={"contactId": NOBODY})
    yield Case("PATCH contacts /{contactId}", 409, taken)
    yield Case("DELETE contacts /{contactId}", 204)
    yield Case("DELETE contacts /{contactId}", 404, parts={"contactId": NOBODY})


def _batches() -> Iterator[Case]:
    read, update = "POST contacts /batch/read", "POST contacts /batch/update"
    by_address = {"idProperty": "email", "properties": ["email"]}
    yield Case(read, 200, {"inputs": [{"id": ANN}, {"id": MERGED}], "properties": ["no_such"]})
    yield Case(read, 207, {"inputs": [{"id": "nobody@example.com"}], **by_address})
    yield Case(read, 400, {"inputs": [{"id": "ann@example.con"}], **by_address})
    no_such, bob = {"no_such": "x"}, {"email": "bob@example.com"}
    yield Case(update, 200, {"inputs": [{"id": ANN, "properties": {}}, {"id": MERGED, "properties": {}}]})
    yield Case(update, 207, {"inputs": [{"id": NOBODY, "properties": {}}]})
    yield Case(update, 400, {"inputs": [{"id": ANN, "properties": no_such, "objectWriteTraceId": "1"}]})
    yield Case(update, 400, {"inputs": [{"id": "ann@example.com", "idProperty": "email", "properties": {}}]})
    yield Case(update, 409, {"inputs": [{"id": ANN, "properties": bob}]})
    create = "POST contacts /batch/create"
    yield Case(create, 201, {"inputs": [{"properties": {"email": "new@example.com"}}]})
    yield Case(create, 207, {"inputs": [{"properties": bob, "objectWriteTraceId": "1"}]})
    yield Case(create, 400, {"inputs": [{"properties": no_such}]})
    yield Case(create, 409, {"inputs": [{"properties": bob}]})
    upsert, new = "POST contacts /batch/upsert", {"id": "new@example.com", "idProperty": "email"}
    yield Case(upsert, 200, {"inputs": [{**new, "properties": {}}]})
    yield Case(upsert, 207, {"inputs": [{**new, "properties": no_such, "objectWriteTraceId": "1"}]})
    yield Case(upsert, 400, {"inputs": [{"id": MERGED, "properties": {}}]})
    yield Case(upsert, 409, {"inputs": [{**new, "properties": bob}]})
    yield Case("POST contacts /batch/archive", 204, {"inputs": [{"id": ANN}, {"id": MERGED}]})
    yield Case("POST contacts /batch/archive", 400, {"inputs": []})


def _lists() -> Iterator[Case]:
    new = {"name": "New", "objectTypeId": "0-1", "processingType": "MANUAL"}
    yield Case("POST lists ", 200, new)
    yield Case("POST lists ", 400, new | {"name": "static"})
    yield Case("GET lists ", 200, query=f"listIds={STATIC}")
    yield Case("POST lists /search", 200, {"offset": 0, "additionalProperties": ["hs_list_size"]})
    yield Case("POST lists /search", 400, {})
    by_name = "GET lists /object-type-id/0-1/name/{listName}"
    yield Case(by_name, 200)
    yield Case(by_name, 404, parts={"listName": "None"})
    yield Case(by_name, 400, parts={"listName": "None"}, switches={"missing_list_name": "400"})
    yield Case("GET lists /{listId}", 200)
    yield Case("GET lists /{listId}", 404, parts={"listId": NO_LIST})
    yield Case("DELETE lists /{listId}", 204)
    yield Case("DELETE lists /{listId}", 404, parts={"listId": GONE})
    yield Case("PUT lists /{listId}/restore", 204, parts={"listId": GONE})
    yield Case("PUT lists /{listId}/restore", 404, parts={"listId": NO_LIST})
    yield Case("PUT lists /{listId}/restore", 400, parts={"listId": OVERTAKEN})
    rename = "PUT lists /{listId}/update-list-name"
    yield Case(rename, 200, query="listName=Renamed")
    yield Case(rename, 400, query="listName=dynamic")
    yield Case(rename, 404, query="listName=Renamed", parts={"listId": NO_LIST})


def _members() -> Iterator[Case]:
    for end in ("", "/join-order"):
        yield Case(f"GET lists /{{listId}}/memberships{end}", 200)
        yield Case(f"GET lists /{{listId}}/memberships{end}", 400, query="limit=251")
        yield Case(f"GET lists /{{listId}}/memberships{end}", 404, parts={"listId": NO_LIST})
    for verb in ("add", "remove", "add-and-remove"):
        yield from _changes(verb)
    for endpoint in (
        "DELETE lists /{listId}/memberships",
        "PUT lists /{listId}/memberships/add-from/{sourceListId}",
    ):
        yield Case(endpoint, 204)
        yield Case(endpoint, 400, parts={"listId": DYNAMIC})
        yield Case(endpoint, 403, parts={"listId": DYNAMIC}, switches={"dynamic_list_status": "403"})
        yield Case(endpoint, 404, parts={"listId": NO_LIST})
    yield Case("GET lists /records/0-1/{recordId}/memberships", 200)
    batch = "POST lists /records/memberships/batch/read"
    yield Case(batch, 200, {"inputs": [{"objectTypeId": "0-1", "recordId": NOBODY}]})
    yield Case(batch, 400, {"inputs": []})


def _changes(verb: str) -> Iterator[Case]:
    endpoint = f"PUT lists /{{listId}}/memberships/{verb}"

    def body(*ids: str) -> Any:
        return {"recordIdsToAdd": ids, "recordIdsToRemove": []} if verb == "add-and-remove" else ids

    one = {"membership_limit": "1"}
    yield Case(endpoint, 200, body(BOB, MERGED))
    yield Case(endpoint, 400, body("ann@example.com"))
    yield Case(endpoint, 400, body(ANN, BOB), switches=one)
    yield Case(endpoint, 413, body(ANN, BOB), switches={**one, "membership_limit_status": "413"})
    yield Case(endpoint, 400, body(ANN), parts={"listId": DYNAMIC})
    yield Case(endpoint, 403, body(ANN), parts={"listId": DYNAMIC}, switches={"dynamic_list_status": "403"})
    yield Case(endpoint, 404, body(ANN), parts={"listId": NO_LIST})
