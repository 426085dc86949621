"""The emulator as a process of its own, started and ended by a test.

``with EmulatorProcess(contacts=[{"email": "ann@example.com"}]) as hubspot:`` gives ``hubspot.url`` and what
the admin calls tell. Nothing is shared with the process but HTTP on loopback.
"""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

_FOLDER = Path(__file__).parents[1]
"""Where the package lies: the process runs the same code, whatever the working directory."""


class EmulatorProcess:
    """A running emulator. ``arguments`` go to its command line as they are, ``--burst 5`` say."""

    def __init__(
        self,
        *,
        contacts: Path | Sequence[Mapping[str, str]] = (),
        token: str | None = None,
        portal_id: int | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        """``contacts``: a CSV file, or contacts as property values, loaded before the server listens."""
        self._contacts = contacts
        self._options = [*arguments]
        if token is not None:
            self._options += ["--token", token]
        if portal_id is not None:
            self._options += ["--portal-id", str(portal_id)]
        self._process: subprocess.Popen[str] | None = None
        self._admin = requests.Session()
        self.url = ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        said = self.stop()
        if error is None and said:
            raise AssertionError(f"the emulator has a bug, it wrote to stderr: {said}")

    @property
    def pid(self) -> int:
        """The process id."""
        if self._process is None:
            raise RuntimeError("the emulator is not running")
        return self._process.pid

    def start(self) -> Self:
        """Start the process, wait until it listens. Raises :class:`RuntimeError` with its stderr if not."""
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "emulator", "--port", "0", *self._options]
            if self._contacts:
                command += ["--contacts", str(self._contacts_file(Path(folder)))]
            self._process = process = subprocess.Popen(  # noqa: S603  # our own interpreter and package
                command,
                cwd=_FOLDER,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            self.url = process.stdout.readline().strip() if process.stdout else ""
        if not self.url:
            _, said = process.communicate()
            raise RuntimeError(f"the emulator did not start: {said}")
        return self

    def stop(self) -> str:
        """End the process; whatever it wrote to stderr, which is nothing unless it has a bug."""
        self._admin.close()
        if self._process is None:
            return ""
        self._process.terminate()
        _, said = self._process.communicate(timeout=20)
        self._process = None
        return said

    def state(self) -> dict[str, Any]:
        """Contacts, contacts_created, lists, requests."""
        answer: dict[str, Any] = self._ask("GET", "state")
        return answer

    def requests(self, after: int = 0) -> list[dict[str, Any]]:
        """The log of requests with a number above ``after``."""
        answer: list[dict[str, Any]] = self._ask("GET", f"requests?after={after}")
        return answer

    def faults(self, script: Sequence[Mapping[str, Any]]) -> None:
        """Replace the scripted troubles; an empty script clears them."""
        self._ask("POST", "faults", list(script))

    def per_second(self) -> list[dict[str, int]]:
        """How many requests arrived in each second of the emulator's clock that saw any."""
        answer: list[dict[str, int]] = self._ask("GET", "requests/per-second")
        return answer

    def reset(self, *, portal: bool = False) -> dict[str, Any]:
        """Clear log, counters, faults, limits, switches; with ``portal`` its contents too. The new state."""
        answer: dict[str, Any] = self._ask("POST", "reset", {"portal": portal})
        return answer

    def clock(self, **change: float | bool) -> dict[str, Any]:
        """Seconds, at, factor, frozen; ``step=SECONDS`` and ``frozen=True`` set it first."""
        method, body = ("POST", change) if change else ("GET", None)
        answer: dict[str, Any] = self._ask(method, "clock", body)
        return answer

    def tokens(self, **change: Any) -> None:
        """``revoke=TOKEN``, or ``token=TOKEN`` to take it, perhaps with ``scopes`` and ``lifetime``."""
        self._ask("POST", "tokens", change)

    def behave(self, **switches: str) -> dict[str, str]:
        """Set some switches of behaviour anew; all of them as they are now."""
        answer: dict[str, str] = self._ask("POST", "behaviour", switches)
        return answer

    def rules(self, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace the administrator's validation rules: ``{"require": name, "when": {name: value}}``."""
        self._ask("POST", "rules", list(rules))

    def contacts(self, values: Sequence[Mapping[str, str | None]]) -> list[str]:
        """Add contacts by hand, or edit those whose ``id`` is given; their record ids."""
        answer: list[str] = self._ask("POST", "contacts", list(values))["ids"]
        return answer

    def delete_contacts(self, ids: Sequence[str]) -> None:
        """Delete contacts by hand."""
        self._ask("POST", "contacts", {"delete": list(ids)})

    def members(self, list_id: str) -> list[str]:
        """The primary addresses of a list's members, ascending by record id."""
        answer: list[str] = self._ask("GET", f"lists/{list_id}/members")["emails"]
        return answer

    def member_ids(self, list_id: str) -> list[str]:
        """The record ids of a list's members, ascending."""
        answer: list[str] = self._ask("GET", f"lists/{list_id}/members")["recordIds"]
        return answer

    def edit_members(
        self, list_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> dict[str, list[str]]:
        """Add and remove members by hand, as a person in HubSpot does; HubSpot's answer."""
        answer: dict[str, list[str]] = self._ask(
            "POST", f"lists/{list_id}/members", {"add": list(add), "remove": list(remove)}
        )
        return answer

    def list_id(self, name: str) -> str:
        """The id of the list with exactly that name. Raises :class:`KeyError`."""
        ids: dict[str, str] = {each["name"]: each["listId"] for each in self.state()["lists"]}
        return ids[name]

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self._admin.request(method, f"{self.url}/_emulator/{path}", json=body, timeout=30)
        if answer.status_code != 200:
            raise ValueError(f"{answer.status_code}: {answer.text}")
        return answer.json()

    def _contacts_file(self, folder: Path) -> Path:
        if isinstance(self._contacts, Path):
            return self._contacts
        path = folder / "contacts.csv"
        columns = list(dict.fromkeys(["email", *(name for each in self._contacts for name in each)]))
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self._contacts)
        return path
