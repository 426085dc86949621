"""The command line of ``python -m emulator``: every option, its check and its help."""

import argparse
import re
import sys
from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulator.behaviour import SWITCHES
from emulator.crm import ACCOUNT_TYPES
from emulator.limits import BURST, DAILY

_DESCRIPTION = """A strict HubSpot for tests and demos: contacts, lists and memberships over real HTTP.
The first line on stdout is its base URL; GET /_emulator/state tells what it holds and what was asked of it.
It listens on 127.0.0.1 only, keeps everything in memory, and ends on Ctrl-C or SIGTERM."""
_CONTACTS_HELP = """contacts to start with: an email column, perhaps id and hs_additional_emails
(semicolon separated); every other column is a contact property"""
_BURST_HELP = """requests in any 10 seconds (%(default)s): HubSpot gives 100 on Free and Starter, 110 to a public
app, 190 on Professional and Enterprise, 250 with the add-on; searches have 5 a second of their own"""
_BEHAVIOUR_HELP = (
    """how to behave where HubSpot's own way is not known; may be given several times; see below"""
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong with an argument in one sentence, without repeating the usage."""

    def error(self, message: str) -> NoReturn:
        """End the program with exit code 2."""
        self.exit(say(f"{message}; see --help"))


def say(sentence: str) -> int:
    """Tell what is wrong on stderr; the exit code that goes with it."""
    sys.stderr.write(f"emulator: {sentence}\n")
    return 2


def parser() -> Parser:
    """The parser of every option."""
    made = Parser(
        prog="python -m emulator",
        description=_DESCRIPTION,
        epilog=_switches(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    port = "where to listen; 0 picks a free port (%(default)s)"
    made.add_argument("--port", metavar="N", type=_whole(0, 65535), default=8787, help=port)
    _add_account(made)
    _add_token(made)
    _add_limits(made)
    made.add_argument("--behaviour", metavar="NAME=VALUE", action="append", default=[], help=_BEHAVIOUR_HELP)
    return made


def _add_account(made: Parser) -> None:
    add = made.add_argument_group("the account").add_argument
    number = "number of the account (%(default)s)"
    kind = "what kind of account it says it is (%(default)s)"
    zone = "its time zone, Europe/Paris say: its day begins at midnight there (%(default)s)"
    add("--contacts", type=Path, metavar="FILE.csv", help=_CONTACTS_HELP)
    add("--portal-id", metavar="N", type=_whole(1, 10**12), default=12345678, help=number)
    add("--account-type", choices=ACCOUNT_TYPES, default=ACCOUNT_TYPES[0], help=kind)
    add("--time-zone", metavar="ZONE", type=_zone, default="UTC", help=zone)


def _add_token(made: Parser) -> None:
    add = made.add_argument_group("the token").add_argument
    scopes = "scopes of the token, or of every token without --token; without it a token has all"
    lifetime = "emulated seconds until that token, or every token, expires; without it none does"
    add("--token", help="the one bearer token to accept; without it any is, but none is not")
    add("--scopes", metavar="A,B", type=_scopes, help=scopes)
    add("--token-lifetime", metavar="SECONDS", type=_whole(0, 10**9), help=lifetime)


def _add_limits(made: Parser) -> None:
    add = made.add_argument_group("limits and time").add_argument
    factor = "emulated seconds per real second, so that limits and days pass faster (%(default)g)"
    add("--burst", metavar="N", type=_whole(1, 10**9), default=BURST, help=_BURST_HELP)
    add("--daily", metavar="N", type=_whole(1, 10**9), default=DAILY, help="requests a day (%(default)s)")
    add("--time-factor", metavar="N", type=_factor, default=1.0, help=factor)


def _switches() -> str:
    lines = ["behaviours, the default first:"]
    for name, switch in SWITCHES.items():
        lines += [f"  {name}={'|'.join(switch.values)}", f"      {switch.meaning}"]
    return "\n".join(lines)


def _scopes(text: str) -> list[str]:
    names = text.split(",")
    if not all(re.fullmatch(r"[a-z0-9_.-]+", name) for name in names):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of scopes separated by commas")
    return names


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
