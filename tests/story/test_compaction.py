"""Compaction drops what no view needs, and nothing that any view or the next run would miss."""

from __future__ import annotations

import random

import pytest

from sync.compaction import carry_out
from sync.errors import BusyError, WarehouseError
from sync.runs import Runs
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.story.test_reconcile import people, rows

pytestmark = pytest.mark.proof

NAMES = [f"p{number}" for number in range(8)]


def compact(host: Host, keep_days: int = 0) -> dict[str, tuple[int, int]]:
    return carry_out(host.warehouse, Runs(host.warehouse, 0), keep_days)


def lived(host: Host, hubspot: EmulatorProcess) -> None:
    """A ledger with joins, leaves, limits, merges, hand edits, failures and two kinds of lists."""
    chance = random.Random(7)
    ids = hubspot.contacts(
        [{**each, "hs_additional_emails": f"old.{each['email']}"} for each in people(*NAMES)]
    )
    host.held((VIP, "control", "old.p1@example.com"), (None, "control", "old.p6@example.com"))
    for night in range(6):
        host.wanted(
            *rows(VIP, *chance.sample(NAMES, 5)),
            *rows(MIRROR, *chance.sample(NAMES, 3)),
            (VIP, "tier", "p0@example.com", f'{{"loyalty_tier": "t{night}"}}'),
        )
        host.run_to_end(hubspot, limit=3 if night % 2 else None)
        if night == 2:
            hubspot.edit_members(hubspot.list_id(VIP), add=ids[:2], remove=ids[2:4])
        if night == 3:
            hubspot.delete_contacts([ids[5]])
            host.state("delete from {state}.contact_lookups where contact_id <> '" + ids[5] + "'")
    # The fifth run died on another machine, an hour ago: it has no end, and its claim stands open.
    dead = "run_id in (select run_id from {state}.run_events where run_no = 5)"
    host.state("delete from {state}.run_events where event = 'finished' and run_no = 5")
    host.state(
        "update {state}.run_events set host = 'elsewhere', occurred_at = occurred_at - interval '1 hour' where "
        + dead
    )


def said(host: Host) -> dict[str, list[tuple[object, ...]]]:
    """What the views say, in full."""
    models = ("hubspot_members", "hubspot_changes", "hubspot_audience_status", "hubspot_held_contacts")
    return {
        model: sorted(host.state(f"select * from {{models}}.{model}"), key=str)
        for model in (*models, "hubspot_contact_consent", "hubspot_rejected_emails", "hubspot_audience_rows")
    }


def test_the_views_say_the_same_and_the_tables_are_shorter(host: Host, hubspot: EmulatorProcess) -> None:
    lived(host, hubspot)
    before = said(host)
    counts = compact(host)
    assert said(host) == before
    assert counts["change_intents"][1] < counts["change_intents"][0]
    assert counts["change_receipts"][1] < counts["change_receipts"][0]
    assert counts["run_events"][1] < counts["run_events"][0]
    again = compact(host)
    assert again["change_intents"] == (counts["change_intents"][1],) * 2


def test_the_next_run_does_what_it_would_have_done(host: Host, hubspot: EmulatorProcess) -> None:
    lived(host, hubspot)
    host.wanted(*rows(VIP, "p1", "p6"), *rows(MIRROR, "p7"))
    planned = {each.list_name: each for each in (part.plan for part in host.plan(hubspot).lists)}
    compact(host)
    done = {each.list_name: each for each in (part.plan for part in host.run(hubspot).lists)}
    assert done == planned
    assert hubspot.members(hubspot.list_id(MIRROR)) == ["p7@example.com"]


def test_young_changes_stay_needed_or_not(host: Host, hubspot: EmulatorProcess) -> None:
    lived(host, hubspot)
    counts = compact(host, keep_days=1)
    kept = host.state("select count(*) from {models}.hubspot_settled_changes")
    assert counts["change_receipts"][0] == counts["change_receipts"][1]
    assert kept == [(counts["change_intents"][1],)]


def test_compactions_and_runs_of_old_leave_no_claim_behind(host: Host, hubspot: EmulatorProcess) -> None:
    """The third compaction finds what the second left of the first, and so does the next run."""
    lived(host, hubspot)
    for _ in range(3):
        compact(host)
    assert host.warehouse.rows("hubspot_open_claims", run_id="") == []
    assert host.run(hubspot).status == "done"


def test_of_dbt_invocations_the_last_that_built_the_audience_and_what_came_after_stay(host: Host) -> None:
    host.damage("delete from {state}.dbt_invocations")
    for hour, built, failed in [(1, 1, 0), (2, 0, 1), (3, 1, 0), (4, 0, 2)]:
        host.state(
            f"insert into {{state}}.dbt_invocations values ('i{hour}', timestamp '2026-01-01 0{hour}:00:00',"
            f" {built}, {failed})"
        )
    assert compact(host, keep_days=36_000)["dbt_invocations"] == (4, 4)
    assert compact(host)["dbt_invocations"] == (4, 2)
    kept = host.state("select invocation_id from {state}.dbt_invocations order by 1")
    assert kept == [("i3",), ("i4",)]
    ((_, failed),) = host.warehouse.rows("hubspot_newest_invocations")
    assert failed == 2


def test_it_waits_for_no_run_and_disturbs_none(host: Host, hubspot: EmulatorProcess) -> None:
    lived(host, hubspot)
    run = Runs(host.warehouse, 0)
    run.acquire(0)
    run.hold()
    with pytest.raises(BusyError):
        compact(host)
    run.release()
    compact(host)


def test_when_a_view_would_change_nothing_does(host: Host, hubspot: EmulatorProcess) -> None:
    """A row that two runs' steps share: the fold's order is then chance, and the check must notice."""
    lived(host, hubspot)
    tables = host.warehouse
    before = host.state("select count(*) from {state}.change_intents")

    class Hasty:
        """Tables whose compaction forgets everything."""

        def __getattr__(self, name: str) -> object:
            return getattr(tables, name)

        def execute_checked(self, macro: str, check: str, **arguments: object) -> list[tuple[object, ...]]:
            return tables.execute_checked("hubspot_scratch_members", "hubspot_state_counts")

    with pytest.raises(WarehouseError, match="Nothing was changed"):
        carry_out(Hasty(), Runs(tables, 0), 0)  # type: ignore[arg-type]
    assert host.state("select count(*) from {state}.change_intents") == before
