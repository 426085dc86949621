"""Another project's tests get the emulator as a fixture: one process, empty for every test."""

import os
import subprocess
import sys
from pathlib import Path

from tests.emulator_process import ROOT

CONFTEST = """
import pytest
pytest_plugins = ["emulator.pytest_plugin"]

@pytest.fixture(scope="session")
def hubspot_emulator_arguments():
    return ["--portal-id", "42"]
"""
TESTS = """
import requests

def details(emulator):
    headers = {"Authorization": "Bearer any"}
    return requests.get(f"{emulator.url}/account-info/v3/details", headers=headers, timeout=20)

def test_one_leaves_much_behind(hubspot_emulator):
    hubspot_emulator.contacts([{"email": "ann@example.com"}])
    hubspot_emulator.faults([{"route": "*", "status": 503, "times": None}])
    hubspot_emulator.behave(missing_list_name="400")
    assert details(hubspot_emulator).status_code == 503
    assert hubspot_emulator.requests()[-1]["fault"] == "status"

def test_the_next_finds_nothing_of_it(hubspot_emulator):
    assert hubspot_emulator.state()["contacts"] == 0
    assert hubspot_emulator.requests() == []
    assert hubspot_emulator.behave()["missing_list_name"] == "404"
    assert details(hubspot_emulator).json()["portalId"] == 42
"""


def test_another_project_uses_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_pipeline.py").write_text(TESTS)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 passed" in result.stdout
