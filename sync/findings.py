"""The doctor's lines: what was looked at, whether it is well, and the mend. Values, text and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sync.errors import HubSpotRefusesError, SettingsError, SyncError, WarehouseError
from sync.masking import mask_all

SETTINGS = SettingsError.exit_code
HUBSPOT = HubSpotRefusesError.exit_code
WAREHOUSE = WarehouseError.exit_code


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor."""

    check: str
    """What was looked at, in a word or two."""
    status: Literal["ok", "warning", "problem"]
    sentence: str
    mend: str = ""
    exit_code: int = 0
    """Of a problem: which kind of error a run would end with."""


def ok(check: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", sentence)


def warning(check: str, sentence: str, mend: str = "") -> Finding:
    """Worth a look; a run would go on."""
    return Finding(check, "warning", sentence, mend)


def not_checked(check: str, why: str) -> Finding:
    """Something before it stands in the way."""
    return warning(check, f"Not checked: {why}.", "Mend that first, then look again.")


def of_error(check: str, error: SyncError) -> Finding:
    """The problem that an error tells of."""
    # Whatever else a run would call it: what is left is what HubSpot says or does not say.
    code = error.exit_code if error.exit_code in (SETTINGS, WAREHOUSE) else HUBSPOT
    return Finding(check, "problem", error.sentence, error.mend, code)


def exit_code(findings: Sequence[Finding]) -> int:
    """The exit code of the first problem's kind, 0 without one."""
    return next((each.exit_code for each in findings if each.status == "problem"), 0)


def as_text(findings: Sequence[Finding]) -> str:
    """One line a finding, and the sum."""
    width = max(len(each.check) for each in findings)
    lines = [
        f"{each.status:<7}  {each.check:<{width}}  {each.sentence} {each.mend}".rstrip() for each in findings
    ]
    counted = [sum(each.status == status for each in findings) for status in ("problem", "warning", "ok")]
    total = "{} problems, {} warnings, {} ok".format(*counted)
    return mask_all("\n".join([*lines, total]))


def as_json(findings: Sequence[Finding]) -> str:
    """The findings as one JSON object."""
    whole = {
        "exit_code": exit_code(findings),
        "checks": [
            {
                "check": mask_all(each.check),
                "status": each.status,
                "sentence": mask_all(each.sentence),
                "mend": mask_all(each.mend),
            }
            for each in findings
        ],
    }
    return json.dumps(whole, indent=2)
