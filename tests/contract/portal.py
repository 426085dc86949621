"""A portal that the contract is held against, emulated or real: asked over HTTP, and left as it was."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import requests

BASE_URL = "https://api.hubapi.com"
FOR_TESTS = ("SANDBOX", "DEVELOPER_TEST")
CONTACTS, LISTS = "/crm/v3/objects/contacts", "/crm/v3/lists"
NOBODY = "999999999999"
"""A record id that no portal has reached."""


class NotForTestsError(Exception):
    """The portal is one that people work with; says so in one sentence."""


class Portal:
    """Everything made through it carries ``prefix``, and is removed when the ``with`` block ends, however it ends.

    ``patience``: for how many seconds a write may take until reads show it.
    """

    def __init__(self, url: str, token: str, patience: float = 0) -> None:
        self.prefix = f"contract-{uuid.uuid4().hex[:12]}"
        self._url = url
        self._patience = patience
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._addresses: list[str] = []
        self._record_ids: list[str] = []
        self._names: list[str] = []

    def __enter__(self) -> Self:
        """Raises :class:`NotForTestsError` before anything is written."""
        answer = self.call("GET", "/account-info/v3/details")
        kind = answer.json().get("accountType") if answer.ok else f"unknown (status {answer.status_code})"
        if kind not in FOR_TESTS:
            self._session.close()
            raise NotForTestsError(
                f"The type of the account is {kind}: these tests write, so they take {' or '.join(FOR_TESTS)} only."
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clean_up()
        self._session.close()

    def call(self, method: str, path: str, body: object = None, **query: Any) -> requests.Response:
        """One request; the raw answer."""
        return self._session.request(method, self._url + path, json=body, params=query or None, timeout=60)

    def shows(self, ask: Callable[[], requests.Response], holds: Callable[[Any], bool]) -> Any:
        """The body of the first answer for which ``holds``. Raises :class:`AssertionError` when none comes in time."""
        end = time.monotonic() + self._patience
        while True:
            answer = ask()
            if answer.ok and holds(answer.json()):
                return answer.json()
            assert time.monotonic() < end, answer.text
            time.sleep(1)

    def address(self, name: str) -> str:
        """An address of this run, which is noted for the end."""
        self._addresses.append(f"{self.prefix}-{name}@example.com")
        return self._addresses[-1]

    def contact(self, name: str, **values: str) -> str:
        """The record id of a new contact with :meth:`address` of ``name``."""
        body = {"inputs": [{"properties": {"email": self.address(name), **values}}]}
        answer = self.call("POST", f"{CONTACTS}/batch/create", body)
        assert answer.status_code == 201, answer.text
        self._record_ids.append(answer.json()["results"][0]["id"])
        return self._record_ids[-1]

    def name(self, name: str) -> str:
        """A list name of this run, which is noted for the end."""
        self._names.append(f"{self.prefix} {name}")
        return self._names[-1]

    def list(self, name: str, processing_type: str = "MANUAL", **more: Any) -> str:
        """The id of a new list with :meth:`name` of ``name``."""
        answer = self.create_list(self.name(name), processing_type, **more)
        assert answer.status_code == 200, answer.text
        list_id: str = answer.json()["list"]["listId"]
        return list_id

    def create_list(self, full_name: str, processing_type: str = "MANUAL", **more: Any) -> requests.Response:
        """Ask for a list; the raw answer."""
        body = {"name": full_name, "objectTypeId": "0-1", "processingType": processing_type, **more}
        return self.call("POST", LISTS, body)

    def by_name(self, full_name: str) -> requests.Response:
        """Ask for a list by its name."""
        return self.call("GET", f"{LISTS}/object-type-id/0-1/name/{quote(full_name, safe='')}")

    def read(self, keys: Sequence[str], *names: str, by_address: bool = True) -> requests.Response:
        """Batch read by address or by record id."""
        body: dict[str, Any] = {"properties": ["email", *names], "propertiesWithHistory": []}
        body["inputs"] = [{"id": key} for key in keys]
        return self.call(
            "POST", f"{CONTACTS}/batch/read", body | ({"idProperty": "email"} if by_address else {})
        )

    def update(self, *rows: tuple[str, Mapping[str, str]]) -> requests.Response:
        """Batch update by record id."""
        inputs = [{"id": record_id, "properties": values} for record_id, values in rows]
        return self.call("POST", f"{CONTACTS}/batch/update", {"inputs": inputs})

    def change(self, list_id: str, verb: str, body: object) -> requests.Response:
        """``add``, ``remove`` or ``add-and-remove`` members."""
        return self.call("PUT", f"{LISTS}/{list_id}/memberships/{verb}", body)

    def clean_up(self) -> None:
        """Remove what carries the prefix, found by what was noted before it was asked for. Raises at the end."""
        answers = []
        for name in dict.fromkeys(self._names):
            if (found := self.by_name(name)).ok:
                answers.append(self.call("DELETE", f"{LISTS}/{found.json()['list']['listId']}"))
        if self._addresses:
            read = self.read(list(dict.fromkeys(self._addresses)))
            shown = [each["id"] for each in read.json().get("results", [])]
            ids = [{"id": each} for each in dict.fromkeys([*self._record_ids, *shown])]
            answers.append(read)
            if ids:
                answers.append(self.call("POST", f"{CONTACTS}/batch/archive", {"inputs": ids}))
        for answer in answers:
            answer.raise_for_status()
