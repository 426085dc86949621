"""Admin calls that set the scene: begin again, set the clock, tokens and switches.

Every function takes a JSON body and raises :class:`AdminError` for one it cannot follow; nothing is changed then.
"""

from dataclasses import asdict
from typing import Any

from emulator.tokens import Token
from emulator.world import World

LATEST_SECONDS = 100 * 365 * 86400
"""How far the clock can be stepped in all: dates end in the year 9999."""


class AdminError(ValueError):
    """An admin call that cannot be carried out; says why in one sentence."""


def reset(world: World, body: object) -> None:
    """Begin again, with the portal's contents (``{"portal": true}``) or without."""
    if body not in ({}, {"portal": False}, {"portal": True}):
        raise AdminError("the body may only be an object with 'portal': true or false")
    world.reset(portal=body == {"portal": True})


def read_clock(world: World) -> dict[str, Any]:
    """What the clock says, and how it runs."""
    clock = world.clock
    moment = clock.now()
    return {
        "seconds": moment.seconds,
        "at": str(moment),
        "factor": clock.factor,
        "frozen": clock.frozen,
    }


def set_clock(world: World, body: object) -> dict[str, Any]:
    """Freeze or unfreeze (``frozen``), then ``step`` forward: both are optional. What the clock says then."""
    if not isinstance(body, dict) or not body or set(body) - {"step", "frozen"}:
        raise AdminError("the body must be an object with 'step', 'frozen' or both")
    frozen = body.get("frozen", world.clock.frozen)
    if type(frozen) is not bool:
        raise AdminError("frozen must be true or false")
    step = _seconds(body.get("step", 0), "step", LATEST_SECONDS - world.clock.now().seconds)
    world.clock.freeze(frozen)
    world.clock.step(step)
    return read_clock(world)


def edit_tokens(world: World, body: object) -> object:
    """``{"revoke": TOKEN}``, or ``{"token": TOKEN}`` to take it, perhaps with ``scopes`` and ``lifetime``."""
    if not isinstance(body, dict) or not (
        set(body) == {"revoke"} or {"token"} <= set(body) <= {"token", "scopes", "lifetime"}
    ):
        raise AdminError(
            "the body must be an object with 'revoke', or with 'token' and perhaps 'scopes' and 'lifetime'"
        )
    name = "revoke" if "revoke" in body else "token"
    text = body[name]
    if not isinstance(text, str) or not text.strip():
        raise AdminError(f"{name} must be the text of a token")
    if name == "revoke":
        world.tokens.revoke(text)
    else:
        world.tokens.add(text, _token(world, body))
    return body


def behave(world: World, body: object) -> dict[str, str]:
    """Set some switches anew; all of them as they are then."""
    if not isinstance(body, dict):
        raise AdminError("the body must be a JSON object of behaviour names and values")
    world.behaviour.set(body)
    return asdict(world.behaviour.now)


def _token(world: World, body: dict[str, Any]) -> Token:
    scopes, lifetime = body.get("scopes"), body.get("lifetime")
    if scopes is not None:
        if not isinstance(scopes, list) or not all(isinstance(each, str) for each in scopes):
            raise AdminError("scopes must be an array of scope names")
        scopes = frozenset(scopes)
    if lifetime is None:
        return Token(scopes)
    return Token(scopes, world.clock.now().seconds + _seconds(lifetime, "lifetime", LATEST_SECONDS))


def _seconds(value: object, name: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise AdminError(f"{name} must be a number of seconds from 0 to {most:.0f}")
    return value
