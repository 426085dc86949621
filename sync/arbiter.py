"""What the arbiter, the email-validator package, says of an address, and a code for the domains it refuses.

The package answers in sentences that change from release to release, so no code is read out of them: what is
wrong with a domain is looked at again here.
"""

from __future__ import annotations

from functools import lru_cache

import email_validator
import idna

ADDRESS_LIMIT = 254  # octets, RFC 5321 4.5.3.1.3 with RFC 3696 erratum 1690
_DOMAIN_LIMIT = 253  # octets without the root dot, RFC 1035 2.3.4
_LABEL_LIMIT = 63  # octets, RFC 1035 2.3.4

_SPECIAL_USE = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
"""Top-level names that the package refuses by name, RFC 6761 and its successors."""


def ascii_form(address: str, *, public: bool = True) -> str:
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


@lru_cache(maxsize=4096)
def domain_form(domain: str) -> str | None:
    """The domain with A-labels and in lower case, or None if the arbiter refuses it."""
    try:
        return ascii_form(f"a@{domain}").partition("@")[2]
    except ValueError:
        return None


def domain_fault(local: str, domain: str) -> str:
    """The code for a domain that the library refused. Its sentences are no interface: we look ourselves."""
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False, transitional=False)
    except UnicodeError:
        return "domain_syntax"
    if _exceeds_a_limit(local, domain, mapped):
        return "domain_too_long"
    rest, _, last = mapped.rpartition(".")
    if last.isascii() and last not in _SPECIAL_USE and not last[-1:].isdigit():
        return "domain_syntax"  # of sound domains the package refuses only special and numeric names
    stand_in = "a" * len(last) if last in _SPECIAL_USE else last
    try:
        ascii_form(f"a@{rest}.{stand_in}", public=False)
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
            len(local) + 1 + len(form.encode("utf-8", "surrogatepass")) > ADDRESS_LIMIT
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
