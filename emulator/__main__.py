"""``python -m emulator``: a strict HubSpot on a loopback port."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulator.behaviour import SWITCHES, BehaviourError, Switchboard, read_behaviour
from emulator.clock import Clock
from emulator.crm import Portal
from emulator.limits import BURST, DAILY, Limits
from emulator.load import ContactsFileError, load_contacts
from emulator.server import HOST, Server
from emulator.service import Service
from emulator.world import World

_DESCRIPTION = """A strict HubSpot for tests and demos: contacts, lists and memberships over real HTTP.
The first line on stdout is its base URL; GET /_emulator/state tells what it holds and what was asked of it.
It listens on 127.0.0.1 only, keeps everything in memory, and ends on Ctrl-C or SIGTERM."""
_CONTACTS_HELP = """contacts to start with: an email column, perhaps id and hs_additional_emails
(semicolon separated); every other column is a contact property"""


_BURST_HELP = """requests in any 10 seconds (%(default)s): HubSpot gives 100 on Free and Starter, 110 to a public
app, 190 on Professional and Enterprise, 250 with the add-on"""


def main() -> int:
    """Serve until told to stop. Returns the exit code: 0, or 2 for a port or file that cannot be used."""
    arguments = _parser().parse_args()
    clock = Clock(arguments.time_factor)
    portal = Portal(arguments.portal_id, arguments.time_zone)
    if arguments.contacts:
        try:
            load_contacts(portal, arguments.contacts, str(clock.now()))
        except ContactsFileError as fault:
            return _say(str(fault))
    limits = Limits(
        burst=arguments.burst,
        daily=arguments.daily,
        portal_id=portal.portal_id,
        zone=portal.time_zone,
    )
    try:
        behaviour = read_behaviour(arguments.behaviour)
    except BehaviourError as fault:
        return _say(str(fault))
    service = Service(World(portal, clock, limits, Switchboard(behaviour), token=arguments.token))
    try:
        asyncio.run(Server(service).run(arguments.port, lambda url: print(url, flush=True)))  # noqa: T201
    except OSError as fault:
        why = os.strerror(fault.errno) if fault.errno else str(fault)
        return _say(f"cannot listen on {HOST} port {arguments.port} ({why}): choose another with --port")
    return 0


def _say(sentence: str) -> int:
    sys.stderr.write(f"emulator: {sentence}\n")
    return 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with an argument in one sentence, without repeating the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(_say(f"{message}; see --help"))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m emulator",
        description=_DESCRIPTION,
        epilog=_switches(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--port",
        type=_whole(0, 65535),
        default=8787,
        help="where to listen; 0 picks a free port (%(default)s)",
    )
    add("--contacts", type=Path, metavar="FILE.csv", help=_CONTACTS_HELP)
    add("--token", help="the one bearer token to accept; without it any is, but none is not")
    add(
        "--portal-id",
        metavar="N",
        type=_whole(1, 10**12),
        default=12345678,
        help="number of the account (%(default)s)",
    )
    add(
        "--burst",
        metavar="N",
        type=_whole(1, 10**9),
        default=BURST,
        help=_BURST_HELP,
    )
    add(
        "--daily",
        metavar="N",
        type=_whole(1, 10**9),
        default=DAILY,
        help="requests a day (%(default)s)",
    )
    add(
        "--time-zone",
        metavar="ZONE",
        type=_zone,
        default="UTC",
        help="the account's time zone, Europe/Paris say: its day begins at midnight there (%(default)s)",
    )
    add(
        "--time-factor",
        metavar="N",
        type=_factor,
        default=1.0,
        help="emulated seconds per real second, so that limits and days pass faster (%(default)g)",
    )
    add(
        "--behaviour",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="how to behave where HubSpot's own way is not known; may be given several times (see below)",
    )
    return parser


def _switches() -> str:
    lines = ["behaviours, the default first:"]
    for name, switch in SWITCHES.items():
        lines += [f"  {name}={'|'.join(switch.values)}", f"      {switch.meaning}"]
    return "\n".join(lines)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"{name!r} is not a time zone of the IANA database") from None


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0.001 <= factor <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.001 to 100000")
    return factor


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


if __name__ == "__main__":
    sys.exit(main())
