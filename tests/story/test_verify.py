"""HubSpot's lists beside the ledger: drift is found in both directions, and mended only when asked to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sync.cli.sync_commands import build_parts
from sync.cli.verify import reading_parts
from sync.config import Flags, load
from sync.drift import Difference, Verification
from sync.emails import ruleset
from sync.errors import BusyError, GuardError, SettingsError, SyncError, UnfinishedError
from sync.readings import Readings
from sync.results import Report
from sync.runs import Runs
from sync.verify import repair, verify
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, PORTAL, VIP, Host
from tests.story.test_commands import writes
from tests.story.test_reconcile import emails, people, rows, session

STATE = (
    "run_events",
    "email_verdicts",
    "contact_lookups",
    "change_intents",
    "change_receipts",
    "member_observations",
    "list_readings",
    "lists",
)


def parts(host: Host, hubspot: EmulatorProcess, *, sends: bool, lists: tuple[str, ...]) -> Any:
    flags = Flags(sends=sends, lists=lists, reread=True)
    job = load(host.environment(hubspot), host.warehouse.call("hubspot_sync_settings"), flags)
    if sends:
        return build_parts(host.warehouse, job, lambda event, **fields: None)
    return reading_parts(host.warehouse, job, lambda event, **fields: None)


def verified(host: Host, hubspot: EmulatorProcess, *lists: str) -> Verification:
    return verify(parts(host, hubspot, sends=False, lists=lists), Readings(host.warehouse))


def repaired(
    host: Host, hubspot: EmulatorProcess, *lists: str
) -> tuple[Report, dict[str, dict[str, Difference]], SyncError | None]:
    return repair(parts(host, hubspot, sends=True, lists=lists), Readings(host.warehouse))


def differences(found: Verification, name: str) -> Mapping[str, Difference]:
    (one,) = [each for each in found.lists if each.list_name == name]
    return one.differences


def synced(host: Host, hubspot: EmulatorProcess, name: str, *wanted: str) -> tuple[str, list[str]]:
    """A list that a run has filled, and the record ids of `wanted` and of a stranger, `zed`."""
    ids = hubspot.contacts(people(*wanted, "zed"))
    host.wanted(*rows(name, *wanted))
    host.run(hubspot)
    return hubspot.list_id(name), ids


def everything(host: Host) -> dict[str, Any]:
    """All rows of the state, and the names of all its tables."""
    tables = host.state(
        "select table_name from information_schema.tables where table_schema = '{state}' order by 1"
    )
    content: dict[str, Any] = {
        each: sorted(map(repr, host.state(f"select * from {{state}}.{each}"))) for each in STATE
    }
    return content | {"tables": tables}


def test_a_list_as_the_last_run_left_it_agrees(host: Host, hubspot: EmulatorProcess) -> None:
    list_id, _ = synced(host, hubspot, VIP, "ann", "bob")
    found = verified(host, hubspot)
    assert found.drifting == ()
    assert [(each.list_name, each.list_id, each.members) for each in found.lists] == [
        ("Capped", None, None),
        (MIRROR, None, None),
        (VIP, list_id, 2),
    ]


@pytest.mark.parametrize("name", [VIP, MIRROR])
def test_drift_is_found_in_both_directions_also_where_the_size_is_the_same(
    host: Host, hubspot: EmulatorProcess, name: str
) -> None:
    list_id, (_, bob, zed) = synced(host, hubspot, name, "ann", "bob")
    hubspot.edit_members(list_id, add=[zed], remove=[bob])
    found = verified(host, hubspot)
    assert found.drifting == (name,)
    assert differences(found, name) == {
        "not_believed": Difference(1, (zed,)),
        "not_on_list": Difference(1, (bob,)),
    }


def test_a_plain_verification_changes_nothing(host: Host, hubspot: EmulatorProcess) -> None:
    """Neither in HubSpot nor in the state; it takes no lock, and its scratch table is gone afterwards."""
    list_id, (_, bob, zed) = synced(host, hubspot, VIP, "ann", "bob")
    hubspot.edit_members(list_id, add=[zed], remove=[bob])
    before, sent = everything(host), writes(hubspot)
    verified(host, hubspot)
    assert everything(host) == before
    assert writes(hubspot) == sent
    assert hubspot.members(list_id) == emails("ann", "zed")


def test_repair_puts_back_what_was_removed_and_leaves_strangers_on_a_managed_list(
    host: Host, hubspot: EmulatorProcess
) -> None:
    list_id, (_, bob, zed) = synced(host, hubspot, VIP, "ann", "bob")
    hubspot.edit_members(list_id, add=[zed], remove=[bob])
    hubspot.behave(list_size="exact")
    # An ordinary run sees the same size and, days before the next reading is due, looks no further.
    host.run(hubspot)
    assert hubspot.members(list_id) == emails("ann", "zed")
    report, observed, error = repaired(host, hubspot)
    assert (report.status, error) == ("done", None)
    assert observed == {VIP: {"not_believed": Difference(1, (zed,)), "not_on_list": Difference(1, (bob,))}}
    assert hubspot.members(list_id) == emails("ann", "bob", "zed")
    assert verified(host, hubspot).drifting == ()
    # What the repair took note of is no stranger's removal later.
    host.wanted(*rows(VIP, "ann"))
    host.run(hubspot)
    assert hubspot.members(list_id) == emails("ann", "zed")


def test_repair_makes_a_mirror_list_equal(host: Host, hubspot: EmulatorProcess) -> None:
    list_id, (_, bob, zed) = synced(host, hubspot, MIRROR, "ann", "bob")
    hubspot.edit_members(list_id, add=[zed], remove=[bob])
    _, _, error = repaired(host, hubspot)
    assert error is None
    assert hubspot.members(list_id) == emails("ann", "bob")
    assert verified(host, hubspot).drifting == ()


def test_only_the_lists_asked_for_are_read_and_repaired(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    ann, bob, zed = hubspot.contacts(people("ann", "bob", "zed"))
    duckdb_host.wanted(*rows(VIP, "ann"), *rows(MIRROR, "bob"))
    duckdb_host.run(hubspot)
    vip, mirror = hubspot.list_id(VIP), hubspot.list_id(MIRROR)
    hubspot.edit_members(vip, remove=[ann])
    hubspot.edit_members(mirror, add=[zed], remove=[bob])
    assert [each.list_name for each in verified(duckdb_host, hubspot, VIP).lists] == [VIP]
    repaired(duckdb_host, hubspot, VIP)
    assert hubspot.members(vip) == emails("ann")
    assert hubspot.members(mirror) == emails("zed")
    assert verified(duckdb_host, hubspot).drifting == (MIRROR,)
    with pytest.raises(SettingsError, match="No list is called 'Nobody'"):
        verified(duckdb_host, hubspot, "Nobody")


def test_all_pages_of_a_list_are_read_and_ten_record_ids_shown(host: Host, hubspot: EmulatorProcess) -> None:
    list_id, _ = synced(host, hubspot, VIP, "ann")
    crowd = hubspot.contacts(people(*(f"p{number}" for number in range(600))))
    hubspot.edit_members(list_id, add=crowd)
    found = verified(host, hubspot)
    assert [each.members for each in found.lists if each.list_name == VIP] == [601]
    assert differences(found, VIP) == {"not_believed": Difference(600, tuple(sorted(crowd)[:10]))}


def test_a_list_that_nobody_has_synced_is_all_strangers(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    ids = hubspot.contacts(people("ann", "bob"))
    body = {"name": VIP, "objectTypeId": "0-1", "processingType": "MANUAL"}
    session(hubspot).post(f"{hubspot.url}/crm/v3/lists", json=body, timeout=10)
    hubspot.edit_members(hubspot.list_id(VIP), add=ids)
    duckdb_host.wanted(*rows(VIP, "ann"))
    assert differences(verified(duckdb_host, hubspot), VIP) == {"not_believed": Difference(2, tuple(ids))}
    # It stays an objection until a person adopts it, also for a repair, which says how to go on.
    with pytest.raises(GuardError, match=r"--adopt 'VIP'.*\n.*hubspot-sync run"):
        repaired(duckdb_host, hubspot)
    assert hubspot.member_ids(hubspot.list_id(VIP)) == ids


def test_a_deleted_list_differs_until_a_run_makes_it_anew(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    list_id, (ann, _) = synced(duckdb_host, hubspot, VIP, "ann")
    session(hubspot).delete(f"{hubspot.url}/crm/v3/lists/{list_id}", timeout=10)
    found = verified(duckdb_host, hubspot)
    assert found.drifting == (VIP,)
    assert differences(found, VIP) == {"not_on_list": Difference(1, (ann,))}
    repaired(duckdb_host, hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann")
    assert verified(duckdb_host, hubspot).drifting == ()


def test_what_a_dead_run_left_in_doubt_is_no_drift(host: Host, hubspot: EmulatorProcess) -> None:
    list_id, (ann, bob, _) = synced(host, hubspot, VIP, "ann", "bob")
    hubspot.edit_members(list_id, remove=[bob])
    host.state("delete from {state}.change_receipts")
    host.state("delete from {state}.run_events where event = 'finished'")
    found = verified(host, hubspot)
    assert found.drifting == ()
    assert differences(found, VIP) == {"in_doubt": Difference(2, (ann, bob))}
    assert found.disturbed_by is not None
    assert found.disturbed_by.startswith("Run 1 ")


def test_a_list_that_cannot_be_written_is_an_objection(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    body = {"name": VIP, "objectTypeId": "0-1", "processingType": "DYNAMIC"}
    session(hubspot).post(f"{hubspot.url}/crm/v3/lists", json=body, timeout=10)
    duckdb_host.wanted(*rows(VIP, "ann"))
    found = verified(duckdb_host, hubspot)
    assert [(each.guard, each.list_name) for each in found.objections] == [("not_manual", VIP)]
    assert VIP not in [each.list_name for each in found.lists]


def test_while_a_run_holds_the_lock_lists_are_compared_but_not_repaired(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    synced(duckdb_host, hubspot, VIP, "ann")
    other = Runs(duckdb_host.warehouse, 0)
    other.acquire(0)
    try:
        other.start(ruleset=ruleset(), portal_id=PORTAL, version="1")
        found = verified(duckdb_host, hubspot)
        assert found.drifting == ()
        assert found.disturbed_by is not None
        with pytest.raises(BusyError, match="Another run holds the lock"):
            repaired(duckdb_host, hubspot)
    finally:
        other.release()


def test_a_page_that_is_not_to_be_had_ends_it_without_a_finding(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    synced(duckdb_host, hubspot, VIP, "ann")
    before = everything(duckdb_host)
    hubspot.faults([{"route": "GET /crm/v3/lists/{listId}/memberships", "status": 404, "times": None}])
    with pytest.raises(UnfinishedError, match="no list"):
        verified(duckdb_host, hubspot)
    assert everything(duckdb_host) == before


def test_two_verifications_at_once_say_nothing_rather_than_something_wrong(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    synced(duckdb_host, hubspot, VIP, "ann")
    mine, other = Readings(duckdb_host.warehouse), Readings(duckdb_host.warehouse)
    with mine.opened():
        mine.write("811", iter([["1", "2"]]))
        duckdb_host.warehouse.execute("hubspot_scratch_verify")
        other.write("811", iter([["1"]]))
        with pytest.raises(UnfinishedError, match="Another `verify`"):
            mine.compare(PORTAL, ["811"])


def test_the_command_prints_drift_and_ends_with_6_until_it_is_repaired(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    list_id, (_, bob, zed) = synced(duckdb_host, hubspot, VIP, "ann", "bob")
    hubspot.edit_members(list_id, add=[zed], remove=[bob])
    done = duckdb_host.command("verify", "--json", hubspot=hubspot)
    assert done.returncode == 6, done.stderr
    found = json.loads(done.stdout)
    assert found["agrees"] is False
    assert found["lists"][VIP] == {
        "list_id": list_id,
        "members": 2,
        "agrees": False,
        "not_believed": {"contacts": 1, "record_ids": [zed]},
        "not_on_list": {"contacts": 1, "record_ids": [bob]},
        "in_doubt": {"contacts": 0, "record_ids": []},
    }
    assert "differ on 'VIP'" in done.stderr
    assert "--repair" in done.stderr
    done = duckdb_host.command("verify", "--repair", "--list", VIP, hubspot=hubspot)
    assert done.returncode == 0, done.stderr
    assert f"1  on the list, put there by a person or another tool: {zed}" in done.stdout
    assert "add: 1 applied" in done.stdout
    done = duckdb_host.command("verify", hubspot=hubspot)
    assert done.returncode == 0, done.stderr
    assert "3 members, as the ledger believes" in done.stdout
    assert "example.com" not in done.stdout + done.stderr
