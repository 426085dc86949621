"""When a list is read in full: what people did to it by hand is seen then, and not before."""

from __future__ import annotations

import pytest

from sync.cli.sync_commands import build_parts
from sync.compaction import carry_out as compact
from sync.config import Flags, load
from sync.errors import UnfinishedError
from sync.run import carry_out
from sync.runs import Runs
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.story.test_reconcile import emails, people, rows

PAGE = "GET /crm/v3/lists/{listId}/memberships"


@pytest.fixture
def vip(host: Host, hubspot: EmulatorProcess) -> str:
    """A managed list that a run has made, with ann and bob, where a person then swapped bob for zed."""
    _, bob, zed = hubspot.contacts(people("ann", "bob", "zed"))
    host.wanted(*rows(VIP, "ann", "bob"))
    host.run(hubspot)
    list_id = hubspot.list_id(VIP)
    hubspot.edit_members(list_id, add=[zed], remove=[bob])
    return list_id


def age(host: Host, hours: int) -> None:
    """Let every reading be so much older by the warehouse's clock."""
    host.state(f"update {{state}}.list_readings set occurred_at = occurred_at - interval '{hours} hours'")


def reads(hubspot: EmulatorProcess) -> int:
    """Pages of members that were asked for so far."""
    return int(hubspot.state()["requests"]["by_route"].get(PAGE, 0))


def readings(host: Host) -> list[tuple[object, ...]]:
    """Step and members of the recorded readings, oldest first."""
    return host.state("select step, members from {state}.list_readings order by step, list_id")


def test_a_managed_list_is_read_again_when_its_last_reading_is_older_than_the_days_of_the_var(
    host: Host, hubspot: EmulatorProcess, vip: str
) -> None:
    age(host, hours=7 * 24 - 1)
    host.run(hubspot)
    assert reads(hubspot) == 0, "its size is what the ledger believes"
    age(host, hours=2)
    host.run(hubspot)
    assert reads(hubspot) == 1
    assert hubspot.members(vip) == emails("ann", "bob", "zed")
    host.run(hubspot)
    assert reads(hubspot) == 1, "it has just been read"
    assert [members for _, members in readings(host)] == [0, 2]


def test_a_member_removed_by_hand_who_is_still_wanted_is_put_back_after_the_next_reading(
    host: Host, hubspot: EmulatorProcess
) -> None:
    """Here at once: without an addition beside it, a removal shows in HubSpot's count."""
    _, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "ann", "bob"))
    host.run(hubspot)
    list_id = hubspot.list_id(VIP)
    hubspot.edit_members(list_id, remove=[bob])
    host.run(hubspot)
    assert hubspot.members(list_id) == emails("ann", "bob")
    # Whom SQL no longer wants stays off.
    host.wanted(*rows(VIP, "ann"))
    host.run(hubspot)
    host.run(hubspot, reread=True)
    assert hubspot.members(list_id) == emails("ann")


def test_a_list_that_this_job_made_counts_as_read_when_it_was_made(host: Host, vip: str) -> None:
    ((step, members),) = readings(host)
    assert members == 0
    assert host.state("select list_id, step from {state}.lists where list_name = 'VIP'") == [(vip, step)]
    assert host.state("select list_id from {state}.list_readings") == [(vip,)]


def test_a_list_whose_ledger_knows_of_no_reading_is_read(
    host: Host, hubspot: EmulatorProcess, vip: str
) -> None:
    """As every list is after a ledger of an older version was taken over."""
    host.state("delete from {state}.list_readings")
    host.run(hubspot)
    assert hubspot.members(vip) == emails("ann", "bob", "zed")


def test_with_null_days_no_list_is_read_for_its_age(host: Host, hubspot: EmulatorProcess, vip: str) -> None:
    host.state("delete from {state}.list_readings")
    settings = host.warehouse.call("hubspot_sync_settings") | {"reading_days": None}
    job = load(host.environment(hubspot), settings, Flags(sends=True))
    carry_out(build_parts(host.warehouse, job, lambda event, **fields: None))
    assert reads(hubspot) == 0
    assert hubspot.members(vip) == emails("ann", "zed")


def test_a_reading_that_dies_leaves_no_observation_and_counts_as_none(
    host: Host, hubspot: EmulatorProcess, vip: str
) -> None:
    host.state("delete from {state}.list_readings")
    hubspot.faults([{"route": PAGE, "status": 404, "times": None}])
    with pytest.raises(UnfinishedError):
        host.run(hubspot)
    assert readings(host) == []
    assert host.state("select * from {state}.member_observations") == []
    hubspot.faults([])
    host.run(hubspot)
    assert hubspot.members(vip) == emails("ann", "bob", "zed")
    assert [members for _, members in readings(host)] == [2]


def test_observations_are_written_before_the_reading_counts(host: Host) -> None:
    """Each statement is a transaction: one that dies between them leaves the list due, not believed read."""
    statements = host.warehouse.call("hubspot_record_reading", portal_id="1", list_id="10", step=101)
    assert ["member_observations" in each for each in statements] == [True, False]
    assert ["list_readings" in each for each in statements] == [False, True]


def test_compaction_keeps_the_newest_reading_of_each_list(host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann"))
    host.wanted(*rows(MIRROR, "ann"), *rows(VIP, "ann"))
    for _ in range(3):
        host.run(hubspot)
    newest = host.state(
        "select list_id, max(step) from {state}.list_readings group by list_id order by list_id"
    )
    assert compact(host.warehouse, Runs(host.warehouse, 0), 1)["list_readings"] == (4, 4)
    assert compact(host.warehouse, Runs(host.warehouse, 0), 0)["list_readings"] == (4, 2)
    assert host.state("select list_id, step from {state}.list_readings order by list_id") == newest
    before = reads(hubspot)
    host.run(hubspot)
    assert reads(hubspot) - before == 1, "the mirror, as in every run"
