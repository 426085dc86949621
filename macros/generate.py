"""Write the macros that hold what Python knows: top-level domains, reasons, and letters without their accents.

    python macros/generate.py

Run it when the package `tlds` or a reason code has changed. dbt reads only the .sql files of this folder.
"""

from __future__ import annotations

import textwrap
import unicodedata
from pathlib import Path

from sync.domains import TLDS
from sync.emails import REASONS

FOLDER = Path(__file__).parent
_TLDS = """\
{{# IANA's list as the strict rules have it. Written by generate.py; do not edit. -#}}
{{% macro hubspot_tlds() %}}
    {{{{
        return(
            (
                {names}
            ).split()
        )
    }}}}
{{% endmacro %}}
"""
_REASONS = """\
{{# What each reason code means, for people. Written by generate.py; do not edit. -#}}
{{% macro hubspot_email_reasons() %}}
    {{{{
        return(
            {{
                {sentences},
            }}
        )
    }}}}
{{% endmacro %}}
"""

_LETTERS = """\
{{# Latin, Greek and Cyrillic letters, the same in lower case without accents, and accents that stand apart.
    Written by generate.py; do not edit. -#}}
{{% macro hubspot_letters() %}}
    {{{{
        return(
            (
                {letters}
            ).split()
        )
    }}}}
{{% endmacro %}}
"""
_BLOCKS = (range(0xC0, 0x250), range(0x370, 0x530), range(0x1E00, 0x1F00))
_UNDECOMPOSED = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "ŧ": "t", "ς": "σ"}
"""Unicode sees no accent in these."""


def folded_letters() -> dict[str, str]:
    """Each letter that is not its own base letter in lower case, and that base letter."""
    found = {}
    for letter in (chr(code) for block in _BLOCKS for code in block):
        base = unicodedata.normalize("NFD", letter.lower())[0]
        base = _UNDECOMPOSED.get(base, base)
        if base != letter and letter.isalpha():
            found[letter] = base
    return found


def macro_files() -> dict[str, str]:
    """Each file's name and text. The same rules give the same text, laid out as sqlfmt leaves it."""
    lines = textwrap.wrap(" ".join(sorted(TLDS)), width=66, break_on_hyphens=False)
    names = "\n                ~ ".join(f'"{line} "' for line in lines)
    sentences = ",\n                ".join(f'"{code}": "{text}"' for code, text in REASONS.items())
    folded = folded_letters()
    marks = sorted({mark for letter in folded for mark in unicodedata.normalize("NFD", letter)[1:]})
    escapes = "".join(f"\\u{ord(mark):04x}" for mark in marks)
    letters = [
        *textwrap.wrap("".join(folded), width=66),
        " ",
        *textwrap.wrap("".join(folded.values()), width=66),
        " ",
        *textwrap.wrap(escapes, width=66),
    ]
    return {
        "hubspot_letters.sql": _LETTERS.format(
            letters="\n                ~ ".join(f'"{line}"' for line in letters)
        ),
        "hubspot_tlds.sql": _TLDS.format(names=names),
        "hubspot_email_reasons.sql": _REASONS.format(sentences=sentences),
    }


if __name__ == "__main__":
    for name, text in macro_files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
