"""The nouns of the glossary as frozen values. They hold data and no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the strict rules say of one address under one ruleset."""

    email: str | None
    """The text as given, before any clean-up."""
    verdict: Literal["accepted", "rejected"]
    wire_email: str | None
    """ASCII, lower case, domain as A-labels: the only form that is sent. None when rejected."""
    code: str | None
    """One of the reason codes of `sync.emails.REASONS`. None when accepted."""
    detail: str | None
    """One sentence for a person. May quote the address, so it is personal data. None when accepted."""
    suggestion: str | None
    """What the person may have meant. Shown, never applied."""
