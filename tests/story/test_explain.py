"""`explain`: why a customer is, or is not, on a list."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sync.cli.explain import as_json, as_text
from sync.person import Person
from sync.warehouse import Warehouse
from tests.dbt_project import ROOT, DbtProject
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.story.test_privacy import assert_private


def told(host: Host, asked: str) -> list[str]:
    """The lines of the answer, up to the first part below it."""
    with Person(host.warehouse, asked) as person:
        text = as_text(person.facts())
    return text.split("\n\n")[0].splitlines()


def test_a_member_is_told_its_list_contact_and_run(host: Host, hubspot: EmulatorProcess) -> None:
    (ann,) = hubspot.contacts([{"email": "ann@example.com"}])
    host.wanted((VIP, "c2", "bob@example.com"))
    host.run(hubspot)
    host.wanted((VIP, "c1", " Ann@Example.com"), (VIP, "c2", "bob@example.com"))
    host.run(hubspot)
    where = f"(HubSpot list {hubspot.list_id(VIP)}, contact {ann})"
    expected = [
        f"c1 is on 'VIP' {where}, added in run 2.",
        "No audience row for other lists: 'Capped', 'Mirror'.",
    ]
    for asked in ("c1", "ann@example.com", "<ANN@example.com> "):
        assert told(host, asked) == expected
    assert told(host, "c2")[0] == "c2 is not on 'VIP': HubSpot knows no contact with the address."


def test_each_reason_not_to_be_on_a_list_has_its_sentence(host: Host, hubspot: EmulatorProcess) -> None:
    (ann,) = hubspot.contacts([{"email": "ann@example.com", "hs_additional_emails": "ann2@example.com"}])
    host.wanted(
        (VIP, "c1", "ann@example.com"),
        (VIP, "c2", "ann@example.com"),
        (VIP, "c3", "ann2@example.com"),
        (VIP, "c4", "typo@gmail.con"),
        (VIP, "c5", "not an address"),
    )
    (gone,) = hubspot.contacts([{"email": "gone@example.com", "hs_email_hard_bounce_reason_enum": "OTHER"}])
    host.query("insert into team.raw_wanted values ('VIP', 'c7', 'gone@example.com', null)")
    assert told(host, "c1")[0] == "c1 is not on 'VIP' yet: no run has come to it."
    host.run(hubspot)
    host.query("insert into team.raw_wanted values ('VIP', 'c6', 'new@example.com', null)")
    assert [told(host, f"c{number}")[0] for number in range(2, 8)] == [
        "c2 is not on 'VIP' by itself: c1 has the same address and stands for both.",
        f"c3 is not on 'VIP' by itself: contact {ann} is there for c1.",
        "c4 is not on 'VIP': we reject the address (tld).",
        "c5 is not on 'VIP': we reject the address (white_space).",
        "c6 is not on 'VIP' yet: its address has no verdict; the next run judges it.",
        f"c7 is not on 'VIP': var hubspot_exclude keeps contact {gone} off (bounced).",
    ]


def test_what_hubspot_refused_or_left_open_is_told_with_its_reason(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    host = duckdb_host
    ann, bob = hubspot.contacts([{"email": "ann@example.com"}, {"email": "bob@example.com"}])
    host.wanted((VIP, "ann", "ann@example.com"))
    host.run(hubspot)
    # As if HubSpot had refused her by her name, which the emulator does to no contact that it has.
    host.state("update {state}.change_receipts set outcome = 'rejected', code = 'status_400'")
    assert told(host, "ann")[0] == f"ann is not on 'VIP': HubSpot refuses contact {ann} (status_400)."
    host.wanted((VIP, "bob", "bob@example.com"))
    host.run(hubspot)
    # As if the process had died before it heard HubSpot's answer.
    host.state("delete from {state}.change_receipts where run_no = 2")
    host.state("delete from {state}.run_events where run_no = 2 and event = 'finished'")
    assert told(host, "bob")[0] == (
        f"bob may be on 'VIP' (HubSpot list {hubspot.list_id(VIP)}, contact {bob}): "
        "its add had no clear answer; the next run settles it."
    )


def test_a_member_that_nobody_wants_is_told_what_becomes_of_it(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    host = duckdb_host
    ann, bob = hubspot.contacts([{"email": "ann@example.com"}, {"email": "bob@example.com"}])
    host.wanted((VIP, "c1", "ann@example.com"))
    host.run(hubspot)
    list_id = hubspot.list_id(VIP)
    host.wanted((VIP, "c9", "zed@example.com"), (MIRROR, "c2", "bob@example.com"))
    hubspot.edit_members(list_id, add=[bob])
    host.run(hubspot, lists=(MIRROR,))
    host.plan(hubspot)
    assert told(host, "c1")[0] == (
        f"c1 is on 'VIP' (HubSpot list {list_id}, contact {ann}), added in run 1; "
        "no audience row wants it there any more, and the next run removes it."
    )
    assert (
        f"Contact {bob} is on 'VIP' (HubSpot list {list_id}, contact {bob}), put there by somebody else."
        in told(host, "c2")
    )


def test_what_nobody_knows_is_one_clear_sentence(host: Host, hubspot: EmulatorProcess) -> None:
    """What was asked for is a value, never a part of a statement."""
    host.wanted((VIP, "c1", "ann@example.com"))
    host.run(hubspot)
    for asked, shown in (
        ("who.privatt@example.com", "wh***@example.com"),
        ("c1' or '1' = '1", "c1' or '1' = '1"),
        ("{{ 1 }} $1 %(1)s % ; -- \\' ?", "{{ 1 }} $1 %(1)s % ; -- \\' ?"),
    ):
        with Person(host.warehouse, asked) as person:
            assert as_text(person.facts()) == f"{shown} is in no audience and no source."
    assert host.state("select count(*) from {state}.scratch_subjects") == [(0,)]


def test_the_json_says_the_same_and_masks_every_address(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    host = duckdb_host
    hubspot.contacts([{"email": "ann.privatt@example.com"}])
    host.wanted((VIP, "c1", " Ann.Privatt@example.com"), (VIP, "c1", "cat.privatt@gmail.con"))
    host.run(hubspot)
    with Person(host.warehouse, "c1") as person:
        facts = person.facts()
    data = json.loads(as_json(facts))
    assert data["answers"][0]["is_member"] == "yes"
    assert [each["email"] for each in data["candidates"]] == ["An***@example.com", "ca***@gmail.con"]
    assert [each["suggestion"] for each in data["verdicts"]] == [None, "ca***@gmail.com"]
    assert data["changes"][0]["outcome"] == "applied"
    assert "privatt" not in (as_json(facts) + as_text(facts)).lower()
    shown = [row for statement in data["sql"] for row in host.query(statement)]
    assert "ann.privatt@example.com" in str(shown)


def test_as_a_command_it_leaves_no_trace_of_the_address(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    duckdb_host.wanted((VIP, "c1", "ann.privatt@example.com"))
    duckdb_host.run(hubspot)
    done = subprocess.run(
        duckdb_host.command_line("explain", "-"),
        input="zoe.privatt@example.com\n",
        env=duckdb_host.environment(None),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "zo***@example.com is in no audience and no source.\n"
    assert_private(done, duckdb_host)
    for path in duckdb_host.directory.glob("warehouse.duckdb*"):
        assert b"zoe.privatt" not in path.read_bytes()


@pytest.mark.parametrize("text", ["", "  \n", "ann@example.com\nbob@example.com\n", "a\x00b@example.com"])
def test_standard_input_is_one_line(text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sync", "explain", "-"],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert "address, customer id or record id" in done.stderr
    assert "example.com" not in done.stderr


def test_a_project_with_customer_records_tells_why_they_are_one_customer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = DbtProject("duckdb", tmp_path)
    demo.run("seed")
    demo.run("run", "--select", "@hubspot_audience")
    ((customer, record),) = demo.query(
        "select customer_id, max(record_id) from int_identities inner join segment_lapsed_customers"
        " using (customer_id) group by 1 having count(*) > 2 order by 1 limit 1"
    )
    ((suppressed,),) = demo.query("select min(customer_id) from int_suppressed_customers")
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    warehouse = Warehouse(project_dir=str(ROOT), profiles_dir=str(demo.profiles))
    texts = []
    for asked in (record, suppressed):
        with Person(warehouse, asked) as person:
            texts.append(as_text(person.facts()))
    warehouse.close()
    assert texts[0].startswith(f"{customer} is not on 'Lapsed customers' yet: no run has come to it.")
    (linked,) = [line for line in texts[0].splitlines() if line.startswith("  email ")]
    assert " links " in linked
    assert record in linked
    assert customer in linked
    assert f"{customer} is in segment_lapsed_customers" in texts[0]
    assert texts[1].startswith(f"{suppressed} is in no audience: it is suppressed.")
