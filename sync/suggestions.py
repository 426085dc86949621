"""What a person may have meant: texts to try in place of a refused or doubtful address.

Candidates only. `sync.emails` shows the first one that it accepts itself, and nothing ever applies it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from sync.domains import TLDS, nearest_tld, provider_slips

_BRACKETED = re.compile(r"[^<>]*<([^<>]+)>[^<>]*")

_TYPOGRAPHIC = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None),
        **dict.fromkeys("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", None),
    }
)
"""What word processors put in place of ASCII, and what cannot be seen."""

_AROUND = " \t\r\n\"'()[]{}.,;:"
"""Punctuation that copying leaves around an address."""


def candidates(text: str) -> Iterator[str]:
    """What `text`, a cleaned and refused address, may have been meant as, the likeliest first.

    Only what a person would see at once: the address inside a display name, typographic or invisible
    characters, punctuation around it, a slip in a large provider's name or in the top-level domain.
    """
    bracketed = _BRACKETED.fullmatch(text)
    plain = plain_text(bracketed.group(1) if bracketed else text).strip(_AROUND)
    mended = mended_domain(plain)
    if mended is not None:
        yield mended
    yield plain


def plain_text(text: str) -> str:
    """`text` with typographic characters as ASCII, full-width letters narrowed, and invisible ones gone."""
    return unicodedata.normalize("NFKC", text.translate(_TYPOGRAPHIC))


def mended_domain(address: str) -> str | None:
    """`address` with a slip in its domain mended, or None if its domain looks as meant.

    A top-level name that is not in IANA's list gives way to its neighbour; then a domain one slip away from a
    large provider gives way to the provider.
    """
    local, at, domain = address.rpartition("@")
    domain = domain.lower()
    meant = provider_slips().get(domain)
    if meant is None:
        rest, dot, last = domain.rpartition(".")
        near = nearest_tld(last) if dot and last not in TLDS else None
        if near is None:
            return None
        meant = rest + dot + near
        meant = provider_slips().get(meant, meant)
    return local + at + meant
