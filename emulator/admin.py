"""The admin calls under ``/_emulator/``: what tests and demos ask and arrange. HubSpot has nothing like them.

They need no token, are not in the request log, and answer ``{"error": sentence}`` with 400 or 404 when wrong.
"""

import json
from collections.abc import Mapping
from typing import Any

from emulator import arranging, by_hand
from emulator.arranging import AdminError
from emulator.behaviour import BehaviourError
from emulator.calls import Answer
from emulator.errors import RefusedError
from emulator.fault_script import ScriptError, read_script
from emulator.rules import RuleError, read_rules
from emulator.world import World


class Admin:
    """Answers the admin calls of one server."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, method: str, path: str, query: Mapping[str, str], raw: bytes, at: str) -> Answer:
        """The answer to an admin call; ``path`` begins with ``/_emulator/``."""
        parts = path.split("/")[2:]
        try:
            if method == "GET":
                return Answer(200, self._tell(parts, query))
            if method == "POST":
                return Answer(200, self._arrange(parts, raw, at))
            raise _no_such_call(method, parts)
        except (AdminError, BehaviourError, RuleError, ScriptError) as fault:
            return Answer(400, {"error": str(fault)})
        except RefusedError as refusal:
            return Answer(refusal.status, {"error": str(refusal)})

    def _tell(self, parts: list[str], query: Mapping[str, str]) -> object:
        match parts:
            case ["state"]:
                return self._state()
            case ["requests"]:
                return self._world.journal.since(_number(query.get("after", "0")))
            case ["requests", "per-second"]:
                return self._world.journal.per_second()
            case ["clock"]:
                return arranging.read_clock(self._world)
            case ["behaviour"]:
                return arranging.behave(self._world, {})
            case ["lists", list_id, "members"]:
                return by_hand.members(self._world.portal, list_id)
        raise _no_such_call("GET", parts)

    def _arrange(self, parts: list[str], raw: bytes, at: str) -> object:
        world = self._world
        match parts:
            case ["contacts"]:
                return by_hand.edit_contacts(world.portal, _json(raw), at)
            case ["lists", list_id, "members"]:
                return by_hand.edit_members(world.portal, list_id, _json(raw), at)
            case ["faults"]:
                faults = read_script(_json(raw))
                world.script.replace(faults)
                return {"faults": len(faults)}
            case ["rules"]:
                world.portal.rules = read_rules(_json(raw), world.portal.definitions)
                return {"rules": len(world.portal.rules)}
            case ["reset"]:
                arranging.reset(world, _json(raw or b"{}"))
                return self._state()
            case ["clock"]:
                return arranging.set_clock(world, _json(raw))
            case ["tokens"]:
                return arranging.edit_tokens(world, _json(raw))
            case ["behaviour"]:
                return arranging.behave(world, _json(raw))
        raise _no_such_call("POST", parts)

    def _state(self) -> dict[str, Any]:
        contacts = self._world.portal.contacts
        lists = [
            {"listId": str(each.id), "name": each.name, "size": len(each.members)}
            for each in self._world.portal.lists.all()
        ]
        return {
            "contacts": len(contacts),
            "contacts_created": contacts.created,
            "lists": lists,
            "requests": self._world.journal.totals(),
        }


def _no_such_call(method: str, parts: list[str]) -> RefusedError:
    return RefusedError(404, {"message": f"there is no admin call {method} /_emulator/{'/'.join(parts)}"})


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise AdminError("the body is not JSON in UTF-8") from None


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 18):
        raise AdminError("after must be a whole number")
    return int(value)
