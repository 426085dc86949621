"""``python -m emulator.reference``: writes docs/emulator.md from what the endpoints and behaviours declare."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from emulator.behaviour import SWITCHES
from emulator.endpoints import COMMON, ENDPOINTS, VERSIONS, prefix

PAGE = Path(__file__).parents[1] / "docs" / "emulator.md"

_APIS = ("account", "properties", "contacts", "lists")

_HEAD = """# What the emulator serves

Written by `python -m emulator.reference` from what the code declares; a test holds the code to it.
How to use the emulator: [Test your own pipeline against it](test-your-own-pipeline.md).

## Endpoints

Every endpoint is served in each version. In 2026-09 an administrator's validation rules may refuse a write of a contact
(400). `0-1` may stand for `contacts` in the paths of properties."""

_BESIDES = "Besides its own statuses, every endpoint may answer:"

_CERTAINTY = """How certain an answer is:

| word | meaning |
| --- | --- |
| documented | HubSpot's own pages or API descriptions say so |
| seen | recorded answers or the code of other integrations say so, where HubSpot's documents are silent |
| guess | neither: the emulator's own choice, with no switch |

Nothing here was tried on a real account. The switches of an endpoint are what is known to be open about it."""

_SWITCHES = """## Behaviours

What nobody outside HubSpot knows for sure, each a switch (`--behaviour NAME=VALUE`). The first value is the default,
and `N` is any whole number from 1. `rate_limit_headers` and `retry_after` are about every endpoint."""


def page() -> str:
    """The whole page."""
    common = [(str(status), when) for status, when in COMMON.items()]
    parts = [_HEAD, _table(("API", *VERSIONS), _prefixes()), _BESIDES, _table(("status", "when"), common)]
    parts += [_CERTAINTY]
    for api in _APIS:
        parts += [f"### {api.capitalize()}"]
        parts += [_table(("endpoint", "statuses", "switches", "certainty"), _endpoints(api))]
    parts += [_SWITCHES, _table(("switch", "values", "is about"), _behaviours())]
    return "\n\n".join(parts) + "\n"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def _prefixes() -> Iterator[Sequence[str]]:
    for api in _APIS:
        yield api, *(f"`{prefix(api, version)}`" for version in VERSIONS)


def _endpoints(api: str) -> Iterator[Sequence[str]]:
    for each in ENDPOINTS:
        if each.api == api and not each.rest.startswith("/0-1"):
            guess = f"; a guess: {each.open}" if each.open else ""
            name = f"`{each.method} {prefix(api, 'v3')}{each.rest}`"
            switches = ", ".join(f"`{switch}`" for switch in each.switches.split())
            yield name, each.answers.replace(" ", ", "), switches, each.known + guess


def _behaviours() -> Iterator[Sequence[str]]:
    for name, switch in SWITCHES.items():
        yield f"`{name}`", " or ".join(f"`{value}`" for value in switch.values), switch.meaning


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE}\n")
