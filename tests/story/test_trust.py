"""What lets people leave the job alone: consent, guards over the build, versions, interruptions."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from sync.errors import GuardError, SettingsError, WarehouseError
from sync.lease import HEARTBEAT_SECONDS
from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host
from tests.hubspot_routes import CHANGE, CREATE, READ, count
from tests.story.test_reconcile import emails, of, people, rows

LEDGER_OF_STEP_1 = Path(__file__).parents[1] / "data" / "ledger_step_1.sql"


def test_a_contact_that_bounced_is_kept_off_and_taken_off(host: Host, hubspot: EmulatorProcess) -> None:
    ann, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "ann", "bob"))
    host.run(hubspot)
    hubspot.contacts(
        [{"id": ann, "email": "ann@example.com", "hs_email_hard_bounce_reason_enum": "UNKNOWN_USER"}]
    )
    host.state("delete from {state}.contact_lookups")
    part = of(host.run(hubspot), VIP)
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [bob]
    assert part.statuses == {"on_list": 1, "excluded_by_consent": 1}
    assert host.state("select contact_id from {models}.hubspot_contact_consent where bounced = 1") == [(ann,)]


def test_opting_out_matters_by_choice_only(host: Host, hubspot: EmulatorProcess) -> None:
    """The default excludes who bounced; marketing consent may be HubSpot's own business."""
    hubspot.contacts([{"email": "ann@example.com", "hs_email_optout": "true"}])
    host.wanted(*rows(VIP, "ann"))
    assert of(host.run(hubspot), VIP).statuses == {"on_list": 1}
    assert host.state("select opted_out, bounced from {models}.hubspot_contact_consent") == [(1, 0)]


def test_an_audience_that_nobody_built_for_days_is_not_sent(host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann"))
    host.wanted(*rows(VIP, "ann"))
    host.state("update {state}.dbt_invocations set occurred_at = occurred_at - interval '37 hours'")
    with pytest.raises(GuardError, match=r"37 h old .*--allow stale"):
        host.run(hubspot)
    assert hubspot.state()["lists"] == []
    host.run(hubspot, allow=frozenset({"stale"}))
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann")
    host.build()


def test_newly_rejected_counts_members_whom_sql_refuses_for_their_top_level_domain_and_whom_the_verdict_rejects(
    host: Host, hubspot: EmulatorProcess
) -> None:
    names = [f"p{each}" for each in range(30)]
    hubspot.contacts(people(*names))
    host.wanted(*rows(VIP, *names))
    host.run(hubspot)
    # As under another list of top-level domains: SQL refuses eleven at once, the verdict rejects eleven more.
    # One has left, which is no rejection.
    coarse, strict, rest = names[:11], names[11:22], names[23:]
    host.wanted(*((VIP, each, f"{each}@example.con") for each in coarse), *rows(VIP, *strict, *rest))
    rejected = ", ".join(f"'{each}@example.com'" for each in strict)
    host.state(
        f"update {{state}}.email_verdicts set verdict = 'rejected', code = 'tld' where email in ({rejected})"
    )
    problems = host.state(
        "select coarse_problem, count(*) from {models}.hubspot_audience_candidates group by 1"
    )
    assert dict(problems) == {"tld": 11, None: 18}
    plan = of(host.plan(hubspot), VIP).plan
    assert (plan.remove, plan.newly_rejected) == (23, 22)
    with pytest.raises(GuardError, match=r"22 of the 30 members .*--allow newly_rejected"):
        host.run(hubspot, allow=frozenset({"shrink", "rejected"}))
    assert len(hubspot.member_ids(hubspot.list_id(VIP))) == 30


def test_a_failed_node_above_the_audience_stops_the_next_run_wherever_dbt_ran(
    host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people("ann"))
    host.wanted(*rows(VIP, "ann"))
    host.query("alter table team.raw_wanted rename to mislaid")
    with pytest.raises(AssertionError, match="audience"):
        host.build()
    host.query("alter table team.mislaid rename to raw_wanted")
    # PostgreSQL has dropped the views over the table that could not be made anew: that stops a run even earlier.
    with pytest.raises(
        (GuardError, WarehouseError), match=r"nodes above hubspot_audience failed|is not built"
    ):
        host.run(hubspot)
    host.build()
    host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann")


def test_a_ledger_of_the_first_schema_step_is_opened_migrated_and_run(
    host: Host, hubspot: EmulatorProcess
) -> None:
    """The state that a run of step 1 left: ann was added then, and leaves now."""
    ann, bob = hubspot.contacts(
        [{"id": "40001", "email": "ann@example.com"}, {"id": "40002", "email": "bob@example.com"}]
    )
    body = {"name": VIP, "objectTypeId": "0-1", "processingType": "MANUAL"}
    made = requests.post(
        f"{hubspot.url}/crm/v3/lists",
        json=body,
        headers={"Authorization": "Bearer x", "Connection": "close"},
        timeout=10,
    ).json()
    hubspot.edit_members(made["list"]["listId"], add=[ann])
    host.damage("drop schema {state} cascade")
    script = LEDGER_OF_STEP_1.read_text(encoding="utf-8").replace("{list_id}", made["list"]["listId"])
    for statement in script.split(";\n"):
        if statement.strip():
            host.query(
                statement.replace("state.", "team_hubspot_sync.").replace(
                    "schema state", "schema team_hubspot_sync"
                )
            )
    host.wanted(*rows(VIP, "bob"))
    host.build()
    report = host.run(hubspot)
    assert report.run_no == 2
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [bob]
    assert host.state("select step_no from {state}.schema_steps order by 1") == [(1,), (2,), (3,)]


def test_a_ledger_of_a_newer_version_is_refused(host: Host, hubspot: EmulatorProcess) -> None:
    host.wanted(*rows(VIP, "ann"))
    host.damage("insert into {state}.schema_steps select 99, max(occurred_at) from {state}.schema_steps")
    with pytest.raises(SettingsError, match="step 99"):
        host.run(hubspot)


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_records_what_was_answered_and_ends_in_order(
    duckdb_host: Host, hubspot: EmulatorProcess, number: signal.Signals, exit_code: int
) -> None:
    names = [f"p{each}" for each in range(30)]
    hubspot.contacts(people(*names))
    duckdb_host.wanted(*rows(VIP, *names))
    hubspot.faults([{"route": CHANGE, "latency": 0.4, "times": None}])
    run = start(duckdb_host, hubspot)
    wait_until(lambda: count(hubspot, CHANGE) >= 3, run)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == exit_code, said
    assert "Traceback" not in said
    sent = len(hubspot.member_ids(hubspot.list_id(VIP)))
    assert 3 <= sent < 30
    outcomes = dict(
        duckdb_host.state("select outcome, count(*) from {models}.hubspot_settled_changes group by 1")
    )
    assert outcomes == {"applied": sent, "not_sent": 30 - sent}
    hubspot.faults([])
    duckdb_host.run(hubspot)
    assert len(hubspot.member_ids(hubspot.list_id(VIP))) == 30


def test_a_run_that_slept_past_its_lease_sends_nothing_when_it_wakes(
    hosts: dict[str, Host], hubspot: EmulatorProcess
) -> None:
    """A paused process (SIGSTOP) looks dead to others; when it wakes, another run has taken over."""
    host = hosts["postgres"]
    host.reset()
    hubspot.contacts(people("ann"))
    host.wanted(*rows(VIP, "ann"))
    hubspot.faults([{"route": READ, "latency": 1, "times": 1}])
    run = start(host, hubspot)
    wait_until(lambda: count(hubspot, READ) >= 1, run)
    run.send_signal(signal.SIGSTOP)
    # Minutes pass, as everybody but the sleeper sees: on the warehouse's clock, and for the process.
    host.state(
        "update {state}.run_events set occurred_at = occurred_at - interval '10 minutes', host = 'elsewhere'"
    )
    other = host.run(hubspot)
    # By its own clock the sleeper is due for a sign of life; it must look before it sends.
    time.sleep(HEARTBEAT_SECONDS + 1)
    before = len(hubspot.requests())
    run.send_signal(signal.SIGCONT)
    _, said = run.communicate(timeout=90)
    assert other.status == "done"
    assert run.returncode == 4, said
    assert "took over" in said
    assert [each["method"] for each in hubspot.requests(after=before) if each["method"] == "PUT"] == []


def test_one_that_slept_after_its_plan_records_no_intent_of_it(
    hosts: dict[str, Host], hubspot: EmulatorProcess
) -> None:
    """The plan's tables are another run's by then."""
    host = hosts["postgres"]
    host.reset()
    hubspot.contacts(people("ann"))
    host.wanted(*rows(VIP, "ann"))
    hubspot.faults([{"route": CREATE, "latency": 1, "times": 1}])
    run = start(host, hubspot)
    wait_until(lambda: count(hubspot, CREATE) >= 1, run)
    run.send_signal(signal.SIGSTOP)
    host.state(
        "update {state}.run_events set occurred_at = occurred_at - interval '10 minutes', host = 'elsewhere'"
    )
    host.plan(hubspot)
    time.sleep(HEARTBEAT_SECONDS + 1)
    run.send_signal(signal.SIGCONT)
    _, said = run.communicate(timeout=90)
    assert run.returncode == 4, said
    assert host.state("select count(*) from {state}.change_intents") == [(0,)]


def start(host: Host, hubspot: EmulatorProcess) -> subprocess.Popen[str]:
    """A run as a process."""
    return subprocess.Popen(
        host.command_line("run"),
        env=host.environment(hubspot),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(is_so: object, run: subprocess.Popen[str]) -> None:
    """Wait until something is so, while a run is alive."""
    assert callable(is_so)
    deadline = time.monotonic() + 90
    while not is_so():
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)
