"""A bare client of the emulator for its own tests: one call, no retries, the bearer token set."""

from collections.abc import Sequence
from typing import Any

import requests

from tests.emulator_process import EmulatorProcess

CONTACTS = "/crm/v3/objects/contacts"
LISTS = "/crm/v3/lists"
PROPERTIES = "/crm/v3/properties/contacts"
NO_LIMITS = ("--burst", "1000000000")
MANY_SEARCHES = ("--time-factor", "1000")
"""Searches have a limit of their own, which no option lifts: here five pass in every millisecond."""


class Client:
    """Speaks to one emulator. Every method gives the raw answer."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.emulator = emulator
        self.session = requests.Session()
        self.session.headers["Authorization"] = "Bearer some-token"

    def call(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        """One request; ``body`` goes out as JSON unless ``data`` is among the options."""
        if "data" not in options and body is not None:
            options["json"] = body
        return self.session.request(method, self.emulator.url + path, timeout=20, **options)

    def read(self, *addresses: str, properties: Sequence[str] = ("email",), **more: Any) -> requests.Response:
        """Batch read by address."""
        inputs = [{"id": each} for each in addresses]
        body = {"idProperty": "email", "properties": list(properties), "inputs": inputs, **more}
        return self.call("POST", f"{CONTACTS}/batch/read", body)

    def read_ids(self, *ids: str, properties: Sequence[str] = ("email",)) -> requests.Response:
        """Batch read by record id."""
        body = {"properties": list(properties), "inputs": [{"id": each} for each in ids]}
        return self.call("POST", f"{CONTACTS}/batch/read", body)

    def update(self, *rows: tuple[str, dict[str, str]]) -> requests.Response:
        """Batch update by record id."""
        inputs = [{"id": record_id, "properties": values} for record_id, values in rows]
        return self.call("POST", f"{CONTACTS}/batch/update", {"inputs": inputs})

    def create(self, *rows: dict[str, str], traced: bool = False) -> requests.Response:
        """Batch create; ``traced`` gives row n the trace id ``row-n``."""
        inputs: list[dict[str, Any]] = [{"properties": values} for values in rows]
        if traced:
            inputs = [{**each, "objectWriteTraceId": f"row-{n}"} for n, each in enumerate(inputs)]
        return self.call("POST", f"{CONTACTS}/batch/create", {"inputs": inputs})

    def upsert(self, *rows: tuple[str, dict[str, str]], traced: bool = False) -> requests.Response:
        """Batch upsert by address; ``traced`` as in :meth:`create`."""
        inputs: list[dict[str, Any]] = [
            {"id": address, "idProperty": "email", "properties": values} for address, values in rows
        ]
        if traced:
            inputs = [{**each, "objectWriteTraceId": f"row-{n}"} for n, each in enumerate(inputs)]
        return self.call("POST", f"{CONTACTS}/batch/upsert", {"inputs": inputs})

    def value(self, record_id: str, name: str) -> str | None:
        """One property of one contact, as a batch read tells it."""
        (record,) = self.read_ids(record_id, properties=[name]).json()["results"]
        value: str | None = record["properties"][name]
        return value

    def define(self, name: str, kind: str = "string", field_type: str = "text", *options: str) -> None:
        """Create a property."""
        body: dict[str, Any] = {
            "name": name,
            "label": name,
            "type": kind,
            "fieldType": field_type,
            "groupName": "contactinformation",
        }
        if options:
            body["options"] = [{"label": each, "value": each} for each in options]
        answer = self.call("POST", PROPERTIES, body)
        assert answer.status_code == 201, answer.text

    def merge(self, primary: str, losing: str) -> requests.Response:
        """Merge two contacts."""
        body = {"primaryObjectId": primary, "objectIdToMerge": losing}
        return self.call("POST", f"{CONTACTS}/merge", body)

    def create_list(self, name: str, processing_type: str = "MANUAL") -> requests.Response:
        """Create a list of contacts."""
        body = {"name": name, "objectTypeId": "0-1", "processingType": processing_type}
        return self.call("POST", LISTS, body)

    def new_list(self, name: str, processing_type: str = "MANUAL") -> str:
        """The id of a list just created."""
        list_id: str = self.create_list(name, processing_type).json()["list"]["listId"]
        return list_id

    def change(self, list_id: str, verb: str, body: object) -> requests.Response:
        """``add``, ``remove`` or ``add-and-remove`` members."""
        return self.call("PUT", f"{LISTS}/{list_id}/memberships/{verb}", body)


def assert_refused(answer: requests.Response, status: int, category: str | None = None) -> dict[str, Any]:
    """The answer is an error in HubSpot's shape; its body."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["status"] == "error"
    assert body["message"]
    assert body["correlationId"]
    assert body.get("category") == category
    return body
