"""Write docs/campaign-arguments.md from the description of macro hubspot_campaign in _campaigns.yml.

python macros/generate_campaign_page.py
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "campaign-arguments.md"
_HEAD = """\
# Campaign arguments

<!-- Written by macros/generate_campaign_page.py from macros/_campaigns.yml; do not edit. -->

```sql
{{ hubspot_sync.hubspot_campaign(include=[…], treatments=[…]) }}
```
"""
_TABLE = "| {0} | meaning |\n| --- | --- |\n"


def description() -> dict[str, Any]:
    """What the property file says of the macro."""
    macros = yaml.safe_load((FOLDER / "_campaigns.yml").read_text(encoding="utf-8"))["macros"]
    (found,) = (each for each in macros if each["name"] == "hubspot_campaign")
    return dict(found)


def page() -> str:
    """The text of the page: a table of the arguments, and one for the entries of each that has entries."""
    macro = description()
    parts = [_HEAD, textwrap.fill(_one_line(macro["description"]), 120, break_on_hyphens=False) + "\n"]
    parts.append(_table("argument", {each["name"]: each["description"] for each in macro["arguments"]}))
    for argument, keys in macro["config"]["meta"]["entries"].items():
        kind = "each property of" if argument == "attributes" else "an entry of"
        parts.append(f"For {kind} `{argument}`:\n")
        parts.append(_table("key", keys))
    return "\n".join(parts)


def _table(title: str, rows: dict[str, str]) -> str:
    lines = (f"| `{name}` | {_one_line(description)} |\n" for name, description in rows.items())
    return _TABLE.format(title) + "".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
