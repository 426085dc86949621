"""The documents say what is so: commands, options, vars, exit codes, statuses, guards and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.access import API_VERSIONS
from sync.cli import _COMMANDS, cli
from sync.config import ALLOWABLE_GUARDS
from sync.errors import EXIT_CODES
from sync.results import STATUSES

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_command_is_in_the_reference() -> None:
    for command in _COMMANDS:
        assert f"| `{command}` |" in REFERENCE


@pytest.mark.parametrize("command", ["plan", "run"])
def test_every_option_of_plan_and_run_is_in_the_reference(command: str) -> None:
    from click import Context, Option

    found = cli.get_command(Context(cli), command)
    assert found is not None
    for option in found.params:
        if isinstance(option, Option):
            assert f"`{option.opts[-1]}" in REFERENCE, option.opts


def test_every_var_that_the_project_reads_is_in_the_reference_and_none_beside() -> None:
    sources = [*ROOT.glob("macros/*.sql"), *ROOT.glob("models/**/*.sql"), *ROOT.glob("models/**/*.yml")]
    read = {
        name
        for path in [*sources, ROOT / "dbt_project.yml"]
        for name in re.findall(r"""var\(\s*["'](\w+)["']""", path.read_text(encoding="utf-8"))
    }
    documented = set(re.findall(r"^\| `(hubspot_\w+|as_of)` \|", _section("Vars"), re.MULTILINE))
    assert documented == read


def test_every_exit_code_is_in_the_readme() -> None:
    for code, meaning in EXIT_CODES.items():
        assert f"| {code} | {meaning} |" in README


def test_every_status_guard_and_api_version_is_in_the_reference() -> None:
    assert re.findall(r"^\| `(\w+)` \|", _section("Statuses of an audience row"), re.MULTILINE) == list(
        STATUSES
    )
    for guard in ALLOWABLE_GUARDS:
        assert f"`{guard}`" in REFERENCE
    for api_version in API_VERSIONS:
        assert f"`{api_version}`" in REFERENCE


def test_every_view_is_in_the_reference_or_only_a_step_of_one() -> None:
    models = {path.stem for path in (ROOT / "models" / "hubspot").glob("*.sql")}
    documented = set(re.findall(r"^\| `(hubspot_\w+)` \|", _section("Views"), re.MULTILINE))
    assert documented == models


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_is_in_the_file_it_links_to(page: Path) -> None:
    for name, target in re.findall(r"\[`(test_\w+)`\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert f"def {name}(" in (page.parent / target).read_text(encoding="utf-8"), (name, target)


def test_every_promise_of_the_readme_names_tests() -> None:
    table = README.split("| promise | kept by | shown by |\n| --- | --- | --- |\n")[1].split("\n\n")[0]
    for row in table.splitlines():
        assert re.search(r"\| \[`test_\w+`\]\(tests/\w+/\w+\.py\)[^|]*\|$", row), row


def _section(title: str) -> str:
    return REFERENCE.split(f"\n## {title}\n")[1].split("\n## ")[0]
