"""The command as a process: what an operator sees, and the exit code, when something is not as it should be."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta

import pytest

from sync.cli.status import tld_list_warning
from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host

WRITES = ("PUT ", "POST /crm/v3/lists", "POST /crm/v3/objects/contacts/batch/update")


def assert_refused(done: subprocess.CompletedProcess[str], exit_code: int, *words: str) -> None:
    """One clear message on stderr, no traceback, the documented code."""
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    message = done.stderr[done.stderr.index("hubspot-sync: ") :]
    for word in words:
        assert word in message


def writes(hubspot: EmulatorProcess) -> int:
    """Requests that could have changed anything."""
    return sum(
        1
        for each in hubspot.requests()
        if each["method"] == "PUT" or (each["method"] == "POST" and not each["path"].endswith("/read"))
    )


def test_help_is_fast_because_it_loads_neither_dbt_nor_the_warehouse() -> None:
    code = (
        "import sys; from sync.cli import cli; cli.main(['--help'], standalone_mode=False);"
        " print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert "'sync.cli'" in loaded
    for heavy in ("'dbt'", "'duckdb'", "'pyarrow'", "'requests'", "'email_validator'", "'rich'"):
        assert heavy not in loaded


def test_status_warns_of_a_list_of_top_level_domains_older_than_sixty_days() -> None:
    listed = date(2026, 9, 30)
    assert tld_list_warning(listed, listed + timedelta(days=60)) is None
    warning = tld_list_warning(listed, listed + timedelta(days=61)) or ""
    assert "is 61 days old" in warning
    assert "tlds.md" in warning
    assert "\n" not in warning


def test_every_command_has_help() -> None:
    for command in ("plan", "run", "status", "validate"):
        done = subprocess.run(
            [sys.executable, "-m", "sync", command, "--help"], capture_output=True, text=True, check=True
        )
        assert "Usage" in done.stdout
        assert done.stderr == ""


def test_a_run_reports_on_stdout_and_progress_on_stderr(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": "ann@example.com"}])
    duckdb_host.wanted((VIP, "c1", "ann@example.com"), (VIP, "c2", "bob@gmail.con"))
    done = duckdb_host.command("run", "--json", hubspot=hubspot)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["lists"][VIP]["statuses"] == {"on_list": 1, "rejected_by_us": 1}
    assert "Judging new addresses" in done.stderr
    assert "bob@gmail.con" not in done.stdout + done.stderr
    assert report["rejected"][0]["example"] == "bo***@gmail.con"
    assert report["rejected"][0]["suggestion"] == "bo***@gmail.com"


def test_run_builds_first_and_stops_when_the_build_fails(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    duckdb_host.wanted((VIP, "c1", "ann@example.com"))
    duckdb_host.query("insert into team.raw_wanted values ('VIP', null, 'new@example.com', null)")
    done = duckdb_host.command("run", "--build", hubspot=hubspot)
    assert done.returncode == 7
    assert "dbt build" in done.stderr
    assert "not_null_hubspot_audience_customer_id" in done.stderr
    assert hubspot.requests() == []


def test_hubspot_down_is_unfinished_and_nothing_is_sent(duckdb_host: Host) -> None:
    duckdb_host.wanted((VIP, "c1", "ann@example.com"))
    assert_refused(duckdb_host.command("run"), 6, "HubSpot gave no answer", "HUBSPOT_BASE_URL")


def test_a_wrong_token_is_refused(duckdb_host: Host) -> None:
    duckdb_host.wanted((VIP, "c1", "ann@example.com"))
    with EmulatorProcess(token="the-right-one") as hubspot:
        done = duckdb_host.command("run", hubspot=hubspot)
        assert_refused(done, 5, "refuses the token", "HUBSPOT_ACCESS_TOKEN")
        assert "token-of-tests" not in done.stderr
        assert writes(hubspot) == 0


def test_a_wrong_portal_is_refused(duckdb_host: Host) -> None:
    duckdb_host.wanted((VIP, "c1", "ann@example.com"))
    with EmulatorProcess(portal_id=777) as hubspot:
        assert_refused(
            duckdb_host.command("run", hubspot=hubspot), 5, "portal 777", "12345678", "Nothing was sent"
        )
        assert writes(hubspot) == 0


def test_missing_settings_are_listed_all_at_once(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    done = duckdb_host.command(
        "run",
        hubspot=hubspot,
        HUBSPOT_ACCESS_TOKEN="",
        HUBSPOT_PORTAL_ID="",
        HUBSPOT_BASE_URL="http://example.com",
    )
    assert_refused(done, 2, "HUBSPOT_ACCESS_TOKEN", "HUBSPOT_PORTAL_ID", "HUBSPOT_BASE_URL")


def test_a_folder_without_a_project_is_a_setting_to_mend(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    done = duckdb_host.command(
        "run", "--project-dir", str(duckdb_host.directory / "nowhere"), hubspot=hubspot
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_unbuilt_project_says_what_to_build(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    duckdb_host.damage("drop schema {models} cascade")
    done = duckdb_host.command("run", hubspot=hubspot)
    assert_refused(done, 7, "is not built", "dbt build --select")
    assert hubspot.requests() == []


def test_an_empty_audience_is_suspicious(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": "ann@example.com"}])
    duckdb_host.wanted((VIP, "c1", "ann@example.com"))
    duckdb_host.run(hubspot)
    duckdb_host.wanted()
    before = writes(hubspot)
    assert_refused(duckdb_host.command("run", hubspot=hubspot), 3, "audience is empty", "--allow empty")
    assert writes(hubspot) == before
    assert hubspot.members(hubspot.list_id(VIP)) == ["ann@example.com"]
    duckdb_host.run(hubspot, allow=frozenset({"empty"}))
    assert hubspot.members(hubspot.list_id(VIP)) == []


@pytest.mark.parametrize(
    ("wanted", "exit_code"), [([(VIP, "c1", "ann@example.com")], 0), ([], 3)], ids=["done", "objection"]
)
def test_a_reader_that_closes_the_pipe_leaves_the_exit_code_as_it_was_earned(
    duckdb_host: Host, hubspot: EmulatorProcess, wanted: list[tuple[str, str, str]], exit_code: int
) -> None:
    hubspot.contacts([{"email": "ann@example.com"}])
    duckdb_host.wanted((VIP, "c1", "ann@example.com"))
    duckdb_host.run(hubspot)
    duckdb_host.wanted(*wanted)
    plan = subprocess.Popen(
        duckdb_host.command_line("plan"),
        env=duckdb_host.environment(hubspot),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert plan.stdout is not None
    plan.stdout.close()
    plan.stdout = None
    _, said = plan.communicate(timeout=120)
    assert plan.returncode == exit_code, said
    assert "BrokenPipe" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["run", "status"])
def test_a_state_schema_without_a_name_is_a_setting_to_mend(
    duckdb_host: Host, hubspot: EmulatorProcess, command: str
) -> None:
    done = duckdb_host.command(command, "--vars", "{hubspot_sync_schema: null}", hubspot=hubspot)
    assert_refused(done, 2, "Var hubspot_sync_schema is null", "the name of a schema")
    assert hubspot.requests() == []


def test_a_second_run_at_the_same_time_waits_its_turn_or_says_who_holds_the_lock(
    host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts([{"email": "ann@example.com"}])
    host.wanted((VIP, "c1", "ann@example.com"))
    # The first run hangs in its lookup until the script is cleared.
    hubspot.faults([{"route": "POST /crm/v3/objects/contacts/batch/read", "latency": 12, "times": 1}])
    first = subprocess.Popen(host.command_line("run"), env=host.environment(hubspot), stdout=subprocess.PIPE)
    try:
        wait_for_request(hubspot, "/batch/read")
        assert_refused(
            host.command("run", hubspot=hubspot), 4, "Another run holds the lock", f"process {first.pid}"
        )
        first.communicate(timeout=60)
        assert first.returncode == 0
    finally:
        first.kill()
        first.communicate()
    assert hubspot.members(hubspot.list_id(VIP)) == ["ann@example.com"]


def wait_for_request(hubspot: EmulatorProcess, path: str) -> None:
    """Wait until a request to a path has arrived."""
    import time

    for _ in range(400):
        if any(each["path"].endswith(path) for each in hubspot.requests()):
            return
        time.sleep(0.05)
    pytest.fail(f"no request to {path} arrived")
