"""``python -m emulator``: a strict HubSpot on a loopback port."""

import argparse
import asyncio
import os
import sys

from emulator.arguments import parser, say
from emulator.behaviour import BehaviourError, Switchboard, read_behaviour
from emulator.clock import Clock
from emulator.crm import Portal
from emulator.limits import Limits
from emulator.load import ContactsFileError, load_contacts
from emulator.server import HOST, Server
from emulator.service import Service
from emulator.tokens import Tokens
from emulator.world import World


def main() -> int:
    """Serve until told to stop. Returns the exit code: 0, or 2 for a setting, port or file it cannot use."""
    arguments = parser().parse_args()
    try:
        world = _world(arguments)
    except (ContactsFileError, BehaviourError) as fault:
        return say(str(fault))
    try:
        server = Server(Service(world))
        asyncio.run(server.run(arguments.port, lambda url: print(url, flush=True)))  # noqa: T201
    except OSError as fault:
        why = os.strerror(fault.errno) if fault.errno else str(fault)
        return say(f"cannot listen on {HOST} port {arguments.port} ({why}): choose another with --port")
    return 0


def _world(arguments: argparse.Namespace) -> World:
    behaviour = read_behaviour(arguments.behaviour)
    clock = Clock(arguments.time_factor)
    portal = Portal(arguments.portal_id, arguments.time_zone, arguments.account_type)
    if arguments.contacts:
        load_contacts(portal, arguments.contacts, str(clock.now()))
    limits = Limits(
        burst=arguments.burst, daily=arguments.daily, portal_id=portal.portal_id, zone=portal.time_zone
    )
    tokens = Tokens(arguments.token, arguments.scopes, arguments.token_lifetime)
    return World(portal, clock, limits, Switchboard(behaviour), tokens)


if __name__ == "__main__":
    sys.exit(main())
