"""Invented addresses that look like those of a customer base, for benchmarks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

_SYLLABLES = [
    *map("".join, zip("bbddfghkkllmmnnnpprrsssttvvwz", "aeaeoeaeiieoaeieoaoaieoeaoaia", strict=True))
]
_PROVIDERS = (
    ["gmail.com"] * 34 + ["yahoo.com"] * 12 + ["hotmail.com"] * 8 + ["outlook.com"] * 6 + ["icloud.com"] * 5
)
_PROVIDERS += [
    "aol.com",
    "gmx.de",
    "web.de",
    "live.com",
    "msn.com",
    "comcast.net",
    "t-online.de",
    "orange.fr",
]
_PROVIDERS += ["wanadoo.fr", "libero.it", "yahoo.co.uk", "hotmail.co.uk", "yahoo.fr", "proton.me"]
_SUFFIXES = [
    "com",
    "com",
    "com",
    "net",
    "org",
    "de",
    "co.uk",
    "fr",
    "it",
    "io",
    "nl",
    "be",
    "ch",
    "com.au",
    "ca",
    "eu",
]

_SLIPS: list[Callable[[str], str]] = [
    lambda email: f" {email}",
    lambda email: f"{email} ",
    lambda email: f"{email}\t",
    lambda email: f"<{email}>",
    lambda email: f"mailto:{email}",
    lambda email: f"Jo Lee <{email}>",
    lambda email: email.replace("@", ""),
    lambda email: email.replace("@", "@@"),
    lambda email: email.replace("@", " @"),
    lambda email: email.replace("@", ".@"),
    lambda email: email.replace("@", "@_"),
    lambda email: email.replace("@", "@müller-"),
    lambda email: f"{email}.",
    lambda email: f"{email},",
    lambda email: f"jös{email}",
    lambda email: f'"{email}"',
    lambda email: "x" * 60 + email,
    lambda email: email.rpartition(".")[0] + ".con",
    lambda email: email.rpartition("@")[0] + "@gmial.com",
    lambda email: "",
    lambda email: "n/a",
]


def addresses(rows: int, dirty_percent: float, seed: int) -> Iterator[str]:
    """`rows` addresses, four of five at a large provider, half of them seen before, some of them dirty.

    Dirty is spread evenly over `_SLIPS`: what people, forms and exports really leave behind.
    """
    rng = random.Random(seed)
    companies = [f"{_word(rng, 2, 5)}.{rng.choice(_SUFFIXES)}" for _ in range(min(35_000, rows // 10 + 1))]
    seen: list[str] = []
    for _ in range(rows):
        if seen and rng.random() < 0.5:
            yield rng.choice(seen)
            continue
        domain = rng.choice(_PROVIDERS if rng.random() < 0.8 else companies)
        email = f"{_local_part(rng)}@{domain}"
        if rng.random() < 0.08:
            email = email.title()
        if rng.random() * 100 < dirty_percent:
            email = rng.choice(_SLIPS)(email)
        if len(seen) < 1_000_000:
            seen.append(email)
        yield email


def _local_part(rng: random.Random) -> str:
    local = _word(rng, 2, 4)
    if rng.random() < 0.5:
        local += rng.choice(".._-") + _word(rng, 2, 4)
    if rng.random() < 0.6:
        local += str(rng.randint(1, 9999))
    return local + (f"+{_word(rng, 2, 3)}" if rng.random() < 0.02 else "")


def _word(rng: random.Random, fewest: int, most: int) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(fewest, most)))
