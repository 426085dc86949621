"""A page of docs/ that a stranger follows: the files it shows and the commands it types."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.dbt_project import ROOT
from tests.emulator_process import EmulatorProcess
from tests.host import Host


class Page:
    """One page. A file is a name in backticks, a colon (or `, added at the end:`) and a block of code."""

    def __init__(self, name: str) -> None:
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        self.files = re.findall(
            r"^`([\w./]+)`(:|, added at the end:)\n\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
        )
        blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        self.commands = [line for block in blocks for line in block.splitlines()]

    def follow(self, project: Path, hubspot: EmulatorProcess, commands: list[str] | None = None) -> list[str]:
        """Write the page's files and type its commands, or others; return what each printed."""
        for name, how, text in self.files:
            path = project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text(encoding="utf-8") if how != ":" else ""
            path.write_text(before + text, encoding="utf-8")
        modules = {"dbt": "dbt.cli.main", "hubspot-sync": "sync"}
        environment = Host.environment(hubspot) | {"PYTHONPATH": str(ROOT)}
        printed = []
        for command in self.commands if commands is None else commands:
            program, *arguments = shlex.split(command)
            done = subprocess.run(
                [sys.executable, "-m", modules[program], *arguments],
                cwd=project,
                env=environment,
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
            printed.append(done.stdout)
        return printed


def team_project(folder: Path, warehouse: Path, schema: str, files: Mapping[str, str]) -> Path:
    """A team's dbt project before it knows of us, with the package's folder beside it."""
    package = folder / "hubspot-sync"
    if not package.exists():
        package.symlink_to(ROOT)
    project = folder / schema
    written = {
        "dbt_project.yml": f"name: {schema}\nversion: '1.0'\nprofile: {schema}\n"
        "flags:\n  send_anonymous_usage_stats: false\n",
        **files,
    }
    for name, text in written.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    _write_profile(project, schema, warehouse, schema)
    return project


def cloned_project(folder: Path, warehouse: Path) -> Path:
    """Our own dbt project as somebody has it who cloned the repository, with a profile."""
    project = folder / "clone"
    for name in ("macros", "models", "seeds", "tests/dbt"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "dbt_project.yml", project)
    _write_profile(project, "hubspot_sync", warehouse, "sales")
    return project


def _write_profile(project: Path, name: str, warehouse: Path, schema: str) -> None:
    output = {"type": "duckdb", "path": str(warehouse), "schema": schema, "threads": 2, "keep_open": False}
    profiles = {name: {"target": "dev", "outputs": {"dev": output}}}
    (project / "profiles.yml").write_text(json.dumps(profiles), encoding="utf-8")
