"""The admin calls under ``/_emulator/``: what tests and demos ask and arrange. HubSpot has nothing like them.

They need no token, are not in the request log, and answer ``{"error": sentence}`` with 400 or 404 when wrong.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from emulator.behaviour import BehaviourError, Switchboard
from emulator.calls import Answer
from emulator.contacts import AddressTakenError, record_id
from emulator.crm import ContactError, Portal
from emulator.errors import RefusedError
from emulator.faults import Script, ScriptError, read_script
from emulator.journal import Journal
from emulator.lists import change_members


class AdminError(ValueError):
    """An admin call that cannot be carried out; says why in one sentence."""


class Admin:
    """Answers the admin calls of one server."""

    def __init__(self, portal: Portal, journal: Journal, script: Script, behaviour: Switchboard) -> None:
        self._portal = portal
        self._journal = journal
        self._script = script
        self._behaviour = behaviour

    def answer(self, method: str, path: str, query: Mapping[str, str], raw: bytes, at: str) -> Answer:
        """The answer to an admin call; ``path`` begins with ``/_emulator/``."""
        try:
            return Answer(200, self._carry_out(f"{method} {path}", query, raw, at))
        except (AdminError, BehaviourError, ContactError, AddressTakenError, ScriptError) as fault:
            return Answer(400, {"error": str(fault)})
        except RefusedError as refusal:
            return Answer(refusal.status, {"error": str(refusal)})

    def _carry_out(self, call: str, query: Mapping[str, str], raw: bytes, at: str) -> object:
        match call.split("/"):
            case ["GET ", "_emulator", "state"]:
                return self._state()
            case ["GET ", "_emulator", "requests"]:
                return self._journal.since(_number(query.get("after", "0")))
            case ["POST ", "_emulator", "contacts"]:
                return self._contacts(_json(raw), at)
            case ["POST ", "_emulator", "faults"]:
                faults = read_script(_json(raw))
                self._script.replace(faults)
                return {"faults": len(faults)}
            case ["GET ", "_emulator", "behaviour"]:
                return asdict(self._behaviour.now)
            case ["POST ", "_emulator", "behaviour"]:
                return self._behave(_json(raw))
            case ["GET ", "_emulator", "lists", list_id, "members"]:
                return self._members(list_id)
            case ["POST ", "_emulator", "lists", list_id, "members"]:
                return self._edit_members(list_id, _json(raw), at)
        raise RefusedError(404, {"message": f"there is no admin call {call}"})

    def _behave(self, body: object) -> dict[str, str]:
        if not isinstance(body, dict):
            raise AdminError("the body must be a JSON object of behaviour names and values")
        self._behaviour.set(body)
        return asdict(self._behaviour.now)

    def _state(self) -> dict[str, Any]:
        contacts = self._portal.contacts
        lists = [
            {"listId": str(each.id), "name": each.name, "size": len(each.members)}
            for each in self._portal.lists.all()
        ]
        return {
            "contacts": len(contacts),
            "contacts_created": contacts.created,
            "lists": lists,
            "requests": self._journal.totals(),
        }

    def _contacts(self, body: object, at: str) -> dict[str, Any]:
        """Add, edit (``id`` of a contact that is there) or delete by hand, in order until one is wrong."""
        ids = self._deleted(body) if isinstance(body, dict) else self._put(body, at)
        return {"contacts": len(self._portal.contacts), "ids": ids}

    def _put(self, body: object, at: str) -> list[str]:
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise AdminError("the body must be a JSON array of contacts, or an object with 'delete'")
        ids: list[str] = []
        for place, item in enumerate(body):
            values = {name: "" if value is None else value for name, value in item.items()}
            if not all(isinstance(value, str) for value in values.values()):
                raise AdminError(f"contact {place}: every value must be a string or null")
            if "email" not in values and self._portal.contacts.by_id(values.get("id", "")) is None:
                raise AdminError(f"contact {place} has neither an email nor the id of a contact")
            try:
                ids.append(str(self._portal.put_by_hand(values, at).id))
            except (ContactError, AddressTakenError) as fault:
                raise AdminError(f"contact {place}: {fault}") from None
        return ids

    def _deleted(self, body: dict[str, Any]) -> list[str]:
        if set(body) != {"delete"}:
            raise AdminError("the object must have one member, 'delete'")
        ids = _ids(body["delete"], "delete")
        for each in ids:
            contact = self._portal.contacts.by_id(each)
            if contact is None:
                raise AdminError(f"there is no contact {each}")
            self._portal.archive(contact)
        return ids

    def _members(self, list_id: str) -> dict[str, list[str]]:
        ids = [str(each) for each in self._portal.lists.get(list_id).ordered()]
        contacts = [self._portal.contacts.by_id(each) for each in ids]
        emails = [contact.properties.get("email", "") for contact in contacts if contact]
        return {"recordIds": ids, "emails": emails}

    def _edit_members(self, list_id: str, body: object, at: str) -> dict[str, list[str]]:
        if not isinstance(body, dict) or set(body) - {"add", "remove"}:
            raise AdminError("the body must be an object with 'add', 'remove' or both")
        return change_members(
            self._portal.lists.get(list_id),
            self._portal.contacts,
            add=_ids(body.get("add", []), "add"),
            remove=_ids(body.get("remove", []), "remove"),
            at=at,
        )


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise AdminError("the body is not JSON in UTF-8") from None


def _ids(value: object, name: str) -> list[str]:
    if not isinstance(value, list) or not all(
        isinstance(item, str) and record_id(item) is not None for item in value
    ):
        raise AdminError(f"{name} must be an array of record ids as strings")
    return value


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 18):
        raise AdminError("after must be a whole number")
    return int(value)
