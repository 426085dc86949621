"""Write the macros that say in SQL what the strict rules say in Python: the top-level domains, and the reasons.

    python macros/generate.py

Run it when the package `tlds` or a reason code has changed. dbt reads only the .sql files of this folder.
"""

from __future__ import annotations

import textwrap
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


def macro_files() -> dict[str, str]:
    """Each file's name and text. The same rules give the same text, laid out as sqlfmt leaves it."""
    lines = textwrap.wrap(" ".join(sorted(TLDS)), width=66, break_on_hyphens=False)
    names = "\n                ~ ".join(f'"{line} "' for line in lines)
    sentences = ",\n                ".join(f'"{code}": "{text}"' for code, text in REASONS.items())
    return {
        "hubspot_tlds.sql": _TLDS.format(names=names),
        "hubspot_email_reasons.sql": _REASONS.format(sentences=sentences),
    }


if __name__ == "__main__":
    for name, text in macro_files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
