"""The admin calls under ``/_emulator/``: what tests and demos ask and arrange. HubSpot has nothing like them.

They need no token, are not in the request log, and answer ``{"error": sentence}`` with 400 or 404 when wrong.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from emulator.behaviour import BehaviourError
from emulator.by_hand import AdminError, edit_contacts, edit_members, members
from emulator.calls import Answer
from emulator.errors import RefusedError
from emulator.faults import ScriptError, read_script
from emulator.world import World

LATEST_SECONDS = 100 * 365 * 86400
"""How far the clock can be stepped in all: dates end in the year 9999."""


class Admin:
    """Answers the admin calls of one server."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, method: str, path: str, query: Mapping[str, str], raw: bytes, at: str) -> Answer:
        """The answer to an admin call; ``path`` begins with ``/_emulator/``."""
        try:
            return Answer(200, self._carry_out(f"{method} {path}", query, raw, at))
        except (AdminError, BehaviourError, ScriptError) as fault:
            return Answer(400, {"error": str(fault)})
        except RefusedError as refusal:
            return Answer(refusal.status, {"error": str(refusal)})

    def _carry_out(self, call: str, query: Mapping[str, str], raw: bytes, at: str) -> object:
        match call.split("/"):
            case ["GET ", "_emulator", "state"]:
                return self._state()
            case ["GET ", "_emulator", "requests"]:
                return self._world.journal.since(_number(query.get("after", "0")))
            case ["GET ", "_emulator", "requests", "per-second"]:
                return self._world.journal.per_second()
            case ["POST ", "_emulator", "reset"]:
                return self._reset(_json(raw or b"{}"))
            case ["GET ", "_emulator", "clock"]:
                return self._time()
            case ["POST ", "_emulator", "clock"]:
                return self._set_clock(_json(raw))
            case ["POST ", "_emulator", "contacts"]:
                return edit_contacts(self._world.portal, _json(raw), at)
            case ["POST ", "_emulator", "faults"]:
                faults = read_script(_json(raw))
                self._world.script.replace(faults)
                return {"faults": len(faults)}
            case ["GET ", "_emulator", "behaviour"]:
                return asdict(self._world.behaviour.now)
            case ["POST ", "_emulator", "behaviour"]:
                return self._behave(_json(raw))
            case ["GET ", "_emulator", "lists", list_id, "members"]:
                return members(self._world.portal, list_id)
            case ["POST ", "_emulator", "lists", list_id, "members"]:
                return edit_members(self._world.portal, list_id, _json(raw), at)
        raise RefusedError(404, {"message": f"there is no admin call {call}"})

    def _behave(self, body: object) -> dict[str, str]:
        if not isinstance(body, dict):
            raise AdminError("the body must be a JSON object of behaviour names and values")
        self._world.behaviour.set(body)
        return asdict(self._world.behaviour.now)

    def _reset(self, body: object) -> dict[str, Any]:
        if body not in ({}, {"portal": False}, {"portal": True}):
            raise AdminError("the body may only be an object with 'portal': true or false")
        self._world.reset(portal=body == {"portal": True})
        return self._state()

    def _time(self) -> dict[str, Any]:
        clock = self._world.clock
        moment = clock.now()
        return {
            "seconds": moment.seconds,
            "at": str(moment),
            "factor": clock.factor,
            "frozen": clock.frozen,
        }

    def _set_clock(self, body: object) -> dict[str, Any]:
        """Freeze or unfreeze, then step forward: both are optional."""
        if not isinstance(body, dict) or not body or set(body) - {"step", "frozen"}:
            raise AdminError("the body must be an object with 'step', 'frozen' or both")
        step, frozen = body.get("step", 0), body.get("frozen", self._world.clock.frozen)
        most = LATEST_SECONDS - self._world.clock.now().seconds
        if type(step) not in (int, float) or not 0 <= step <= most:
            raise AdminError(f"step must be a number of seconds from 0 to {most:.0f}")
        if type(frozen) is not bool:
            raise AdminError("frozen must be true or false")
        self._world.clock.freeze(frozen)
        self._world.clock.step(step)
        return self._time()

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


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise AdminError("the body is not JSON in UTF-8") from None


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 18):
        raise AdminError("after must be a whole number")
    return int(value)
