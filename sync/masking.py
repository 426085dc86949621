"""Hide addresses in anything that leaves the warehouse and HubSpot: terminal, logs, errors, reports."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"""(?:
        "[^"\n]{1,320}"                            # a quoted local part
        | [^\s@]{1,320}(?<=[<>"'(),;:\[\]])        # one that ends in what usually surrounds an address
        | [^\s@<>"'(),;:\[\]]{1,320}
    )@(?: \[[^\]\s]*\] | [^\s@<>"'(),;:\[\]]+ )""",
    re.VERBOSE,
)
"""Something before the @-sign is needed: `dbt build --select @model` is no address. The bounds keep it linear."""


def mask(email: str) -> str:
    """Keep two characters of the local part and the domain: enough to recognise, too little to write to.

    >>> mask("anna.lee@gmail.con")
    'an***@gmail.con'
    >>> mask("no address at all")
    'no***'
    """
    local, at, domain = email.rpartition("@")
    if not at:
        return f"{_printable(email[:2])}***"
    return f"{_printable(local[:2])}***@{_printable(domain[:60])}"


def mask_all(text: str) -> str:
    """Mask everything in a text that looks like an address.

    >>> mask_all("Email address ann@example.con is invalid")
    'Email address an***@example.con is invalid'
    """
    return _ADDRESS.sub(lambda found: mask(found.group()), text)


def _printable(text: str) -> str:
    # A control or bidi character in an address must not reach a terminal.
    return "".join(character if character.isprintable() else "?" for character in text)
