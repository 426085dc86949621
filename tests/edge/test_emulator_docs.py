"""The page about the emulator names every admin call, every trouble, and scripts that are accepted."""

import json
import re
from pathlib import Path

import pytest

from emulator.actions import _READERS
from emulator.fault_script import TROUBLES, read_script
from tests.emulator_process import ROOT

PAGE = Path(ROOT / "docs" / "test-your-own-pipeline.md").read_text(encoding="utf-8")
ADMIN = (ROOT / "emulator" / "admin.py").read_text(encoding="utf-8")


def test_every_admin_call_is_on_the_page() -> None:
    calls = {"/".join(re.findall(r'"([\w-]+)"', parts)) for parts in re.findall(r"case \[(.+)\]:", ADMIN)}
    assert len(calls) > 8
    for call in calls:
        path = call.replace("lists/members", "lists/ID/members")
        assert re.search(rf"^\| `(GET|POST).*{path}[`?]", PAGE, re.MULTILINE), call


@pytest.mark.parametrize(
    "name", [*TROUBLES, *_READERS, "retry_after", "probability", "seed", "after", "times"]
)
def test_every_member_of_a_fault_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_script_on_the_page_is_one() -> None:
    (script,) = re.findall(r"faults -d '(\[.*?\])'", PAGE, re.DOTALL)
    assert len(read_script(json.loads(script))) == 3
