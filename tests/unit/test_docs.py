"""The documents say what is so: commands, options, vars, exit codes, statuses, guards and links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import errors
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


def test_every_error_is_in_the_table_with_its_exit_code() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| [^|]+ \| ([\d, ]+) \| [^|]+ \|$", page, re.MULTILINE)
    told = {
        (name, int(code))
        for names, codes in rows
        for name in re.findall(r"\w+", names)
        for code in codes.split(", ")
    }
    raised = {
        (code, getattr(errors, kind, errors.SyncError).exit_code)
        for kind, code in _first_arguments(r"(?!ValueError)\w+Error")
    }
    assert told == raised | {("interrupted", 130), ("interrupted", 143)}


def test_every_objection_is_in_the_reference() -> None:
    told = re.findall(r"^\| `(\w+)` \|", _section("When a guard objects"), re.MULTILINE)
    assert sorted(told) == sorted({guard for _, guard in _first_arguments("Objection")})


@pytest.mark.parametrize(
    ("title", "model", "column"),
    [
        ("Statuses of a run", "hubspot_sync_runs", "status"),
        ("Outcomes of a change", "hubspot_settled_changes", "outcome"),
    ],
)
def test_every_word_that_a_view_may_hold_is_in_the_reference(title: str, model: str, column: str) -> None:
    text = (ROOT / "models" / "hubspot" / "_hubspot__state.yml").read_text(encoding="utf-8")
    of_model = text.split(f"\n  - name: {model}\n")[1].split("\n  - name: ")[0]
    of_column = of_model.split(f"      - name: {column}\n")[1].split("      - name: ")[0]
    (values,) = re.findall(r"values: \[(.+)\]", of_column)
    told = re.findall(r"^\| `(\w+)` \|", _section(title), re.MULTILINE)
    assert told == values.split(", ")


def test_every_table_of_the_state_is_in_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \|", page.split("\n## State\n")[1].split("\n## ")[0], re.MULTILINE)
    created = re.findall(r"hubspot_state_table_ddl\('(\w+)'\)", (ROOT / "dbt_project.yml").read_text("utf-8"))
    assert sorted(told) == sorted(created)


def test_every_decision_is_linked_from_where_contributors_look() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for decision in (ROOT / "docs" / "decisions").glob("*.md"):
        assert f"(docs/decisions/{decision.name})" in page


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


def _first_arguments(kind: str) -> Iterator[tuple[str, str]]:
    """Kind and first word of everything of that kind that the job's source makes."""
    for path in (ROOT / "sync").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args:
                first = call.args[0]
                if re.fullmatch(kind, call.func.id) and isinstance(first, ast.Constant):
                    yield call.func.id, str(first.value)
