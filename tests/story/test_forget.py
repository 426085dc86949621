"""`forget`: a person leaves the lists and every state row; counts stay true and nobody else is touched."""

from __future__ import annotations

import subprocess

import pytest

from sync import forget as story
from sync.cli.forget import as_text
from sync.cli.sync_commands import build_parts
from sync.config import Flags, load
from sync.errors import BusyError, SettingsError, UnfinishedError, WarehouseError
from sync.forget import Forgotten
from sync.runs import Runs
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, PORTAL, VIP, Host
from tests.story.test_privacy import assert_private
from tests.story.test_reconcile import session

ANN = "ann.privatt@example.com"
KEPT = ("email_verdicts", "contact_lookups", "change_intents", "change_receipts", "member_observations")


def forget(host: Host, hubspot: EmulatorProcess | None, email: str, portal: str | None = None) -> Forgotten:
    """Forget in process, as the command does."""
    environment = host.environment(hubspot) | ({"HUBSPOT_PORTAL_ID": portal} if portal else {})
    job = load(environment, host.warehouse.call("hubspot_sync_settings"), Flags(sends=True))
    parts = build_parts(host.warehouse, job, lambda event, **fields: None)
    return story.forget(parts, host.warehouse, email)


def everything(host: Host) -> str:
    """All rows of all tables in the state's schema, as text; empty tables count for nothing."""
    tables = host.query(
        "select table_name from information_schema.tables where table_schema = 'team_hubspot_sync'"
    )
    rows = [host.state(f"select * from {{state}}.{table}") for (table,) in sorted(tables)]
    return "\n".join(str(each) for each in rows if each)


def counts(host: Host) -> list[tuple[object, ...]]:
    """Changes by run, list, action and outcome."""
    return host.state(
        "select run_no, list_name, action, outcome, count(*) from {models}.hubspot_settled_changes"
        " group by 1, 2, 3, 4 order by 1, 2, 3, 4"
    )


def test_a_person_leaves_the_lists_and_every_state_row(host: Host, hubspot: EmulatorProcess) -> None:
    ann, bob = hubspot.contacts([{"email": ANN}, {"email": "bob@example.com"}])
    host.wanted(
        (VIP, "c-ann", f" {ANN.upper()}", '{"city": "Anntown"}'),
        (MIRROR, "c-ann", ANN),
        (VIP, "c-bob", "bob@example.com"),
        # Somebody else's slip suggests the address, and so quotes it.
        (VIP, "c-typo", "ann@example.con"),
    )
    host.run(hubspot)
    host.state(f"update {{state}}.email_verdicts set suggestion = '{ANN}' where verdict = 'rejected'")
    hubspot.edit_members(hubspot.list_id(VIP), remove=[ann])
    host.wanted((VIP, "c-bob", "bob@example.com"))
    host.run(hubspot, lists=(VIP,))
    before = counts(host)

    found = forget(host, hubspot, f"  {ANN}\t")

    assert hubspot.member_ids(hubspot.list_id(MIRROR)) == []
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [bob]
    text = everything(host).lower()
    for part in ("ann.privatt", ann, "c-ann", "anntown", "an***"):
        assert part not in text, part
    assert bob in text
    assert counts(host) == [*before, (3, MIRROR, "remove", "applied", 1)]
    assert host.state("select contact_id from {models}.hubspot_members") == [(bob,)]
    assert host.state("select count(*) from {state}.change_intents where contact_id is null") == [(0,)]
    assert (found.row_counts["email_verdicts"], found.row_counts["suggestions"]) == (1, 1)
    assert host.run(hubspot).contact_requests == 0
    assert forget(host, None, ANN).is_known is False


def test_the_bytes_of_a_duckdb_file_forget_as_well(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    host = duckdb_host
    hubspot.contacts([{"email": ANN}])
    host.wanted((VIP, "c1", ANN))
    # Enough rows for many blocks, some of which stay as they are.
    host.state(
        "insert into {state}.email_verdicts (email, ruleset, verdict, step)"
        " select 'p' || i || '@example.com', md5(i::varchar), 'rejected', 1 from range(150000) as numbers (i)"
    )
    host.run(hubspot)
    host.run(hubspot)
    host.wanted()
    files = host.directory.glob("warehouse.duckdb*")
    assert any(ANN.encode() in path.read_bytes() for path in files)

    done = subprocess.run(
        host.command_line("forget"),
        input=f"{ANN}\n",
        env=host.environment(hubspot),
        capture_output=True,
        text=True,
        check=False,
    )
    assert_private(done, host)
    assert done.returncode == 0
    said = done.stdout
    assert said.startswith("an***@example.com (HubSpot contact: 40001)\n  taken off 'VIP' (HubSpot list ")
    assert "erased: 1 verdict, 1 lookup\n" in said
    assert "No audience has the address" in said
    paths = list(host.directory.glob("warehouse.duckdb*"))
    assert paths
    for path in paths:
        assert b"privatt" not in path.read_bytes()
    assert host.state("select count(*) from {state}.email_verdicts") == [(150_000,)]


def test_a_dry_run_changes_nothing_and_needs_no_hubspot(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": ANN}])
    duckdb_host.wanted((VIP, "c1", ANN))
    duckdb_host.run(hubspot)
    before, requests = everything(duckdb_host), len(hubspot.requests())
    said = as_text(story.find(duckdb_host.warehouse, ANN), dry_run=True)
    assert "would be taken off 'VIP'" in said
    assert "The audience of 'VIP' still has the address" in said
    assert "privatt" not in said
    assert len(hubspot.requests()) == requests
    assert everything(duckdb_host) == before


def test_an_address_that_nobody_knows_is_told_and_asks_hubspot_nothing(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    duckdb_host.wanted((VIP, "c1", ANN))
    found = forget(duckdb_host, hubspot, ANN)
    text = as_text(found, dry_run=False)
    assert text.startswith("The ledger knows nothing of an***@example.com; nothing was sent.")
    assert "The audience of 'VIP' still has the address" in text
    assert hubspot.requests() == []
    assert duckdb_host.state("select count(*) from {models}.hubspot_sync_runs") == [(0,)]


def test_without_hubspot_nothing_is_erased(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": ANN}])
    duckdb_host.wanted((VIP, "c1", ANN))
    duckdb_host.run(hubspot)
    rows = {table: duckdb_host.state(f"select * from {{state}}.{table}") for table in KEPT}
    hubspot.faults([{"route": "GET /account-info/v3/details", "status": 404}])
    with pytest.raises(SettingsError, match="that is not HubSpot"):
        forget(duckdb_host, hubspot, ANN)
    assert {table: duckdb_host.state(f"select * from {{state}}.{table}") for table in KEPT} == rows


def test_a_removal_that_hubspot_refuses_erases_nothing_until_it_is_done(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    host = duckdb_host
    hubspot.contacts([{"email": ANN}])
    host.wanted((VIP, "c1", ANN))
    host.run(hubspot)
    change = "PUT /crm/v3/lists/{listId}/memberships/add-and-remove"
    hubspot.faults([{"route": change, "status": 400, "times": None}])
    with pytest.raises(UnfinishedError, match=r"Nothing is erased: the person may be on 'VIP'"):
        forget(host, hubspot, ANN)
    assert ANN in everything(host)
    assert host.state("select status from {models}.hubspot_sync_runs order by run_no") == [
        ("done",),
        ("unfinished",),
    ]
    hubspot.faults([])
    forget(host, hubspot, ANN)
    assert hubspot.members(hubspot.list_id(VIP)) == []
    assert ANN not in everything(host)


def test_a_failure_in_the_middle_erases_nothing(host: Host, hubspot: EmulatorProcess) -> None:
    (ann,) = hubspot.contacts([{"email": ANN}])
    host.wanted((VIP, "c1", ANN), (VIP, "c2", "bob@example.com"))
    host.run(hubspot)
    # The last of all updates fails: a verdict on somebody else suggests the address and may not lose it.
    host.state(f"update {{state}}.email_verdicts set suggestion = '{ANN}'")
    host.damage("alter table {state}.email_verdicts alter column suggestion set not null")
    tables = ("email_verdicts", "contact_lookups", "member_observations")
    before = {table: host.state(f"select * from {{state}}.{table}") for table in tables}
    with pytest.raises(WarehouseError) as failed:
        forget(host, hubspot, ANN)
    assert "privatt" not in str(failed.value)
    for table, rows in before.items():
        after = host.state(f"select * from {{state}}.{table}")
        assert all(row in after for row in rows), table
    assert host.state("select contact_id from {state}.change_intents order by run_no") == [(ann,), (ann,)]


def test_a_list_that_is_gone_holds_nobody(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    """A list deleted in HubSpot stays in the belief; it must not stand in the way."""
    hubspot.contacts([{"email": ANN}])
    duckdb_host.wanted((VIP, "c1", ANN))
    duckdb_host.run(hubspot)
    duckdb_host.state("update {state}.lists set list_id = '999'")
    duckdb_host.state("update {state}.change_intents set list_id = '999'")
    forget(duckdb_host, hubspot, ANN)
    assert ANN not in everything(duckdb_host)


def test_only_what_the_ledger_added_is_taken_off(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    ann, bob = hubspot.contacts([{"email": ANN}, {"email": "bob@example.com"}])
    duckdb_host.wanted((VIP, "c2", "bob@example.com"), (MIRROR, "c1", ANN))
    duckdb_host.run(hubspot)
    hubspot.edit_members(hubspot.list_id(VIP), add=[ann])
    duckdb_host.run(hubspot)
    forget(duckdb_host, hubspot, ANN)
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [ann, bob]
    assert hubspot.member_ids(hubspot.list_id(MIRROR)) == []
    assert ann not in everything(duckdb_host)
    # What was seen of the person by reading the list makes no member of its pseudonym.
    assert duckdb_host.state("select contact_id from {models}.hubspot_members") == [(bob,)]


def test_a_contact_that_has_the_address_no_more_is_somebody_else(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    """The address moved to another contact: the first one keeps its place, and its history only loses the address."""
    host = duckdb_host
    first, second = hubspot.contacts([{"email": ANN}, {"email": "bob@example.com"}])
    host.wanted((VIP, "c1", ANN))
    host.run(hubspot)
    hubspot.contacts([{"id": first, "email": "new@example.com"}, {"id": second, "email": ANN}])
    host.state("delete from {state}.contact_lookups")
    host.wanted((VIP, "c1", ANN), (VIP, "c9", "new@example.com"))
    host.run(hubspot)
    found = forget(host, hubspot, ANN)
    assert found.contact_ids == (second,)
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [first]
    text = everything(host)
    assert ANN not in text
    assert second not in text
    assert host.state("select contact_id, added_by_us from {models}.hubspot_members") == [(first, 1)]


def test_a_second_address_of_the_contact_goes_as_well(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": ANN, "hs_additional_emails": "ann.second@example.com"}])
    duckdb_host.wanted((VIP, "c1", ANN), (VIP, "c2", "ann.second@example.com"))
    duckdb_host.run(hubspot)
    found = forget(duckdb_host, hubspot, "ann.second@example.com")
    assert found.other_emails == ("an***@example.com",)
    assert ANN not in everything(duckdb_host)
    assert hubspot.members(hubspot.list_id(VIP)) == []


@pytest.mark.parametrize("asked", [ANN, "bob@example.com"])
def test_an_address_that_hubspot_only_named_beside_another_goes_as_well(
    duckdb_host: Host, hubspot: EmulatorProcess, asked: str
) -> None:
    """A lookup tells all addresses of a contact: each is recorded, found and erased."""
    hubspot.contacts([{"email": "bob@example.com", "hs_additional_emails": ANN}])
    duckdb_host.wanted((VIP, "c-bob", "bob@example.com"))
    duckdb_host.run(hubspot)
    assert duckdb_host.state("select wire_email from {state}.contact_lookups order by 1") == [
        (ANN,),
        ("bob@example.com",),
    ]
    told = forget(duckdb_host, hubspot, asked)
    assert told.row_counts["contact_lookups"] >= 2
    assert not any(address in everything(duckdb_host) for address in (ANN, "bob@example.com"))
    assert hubspot.members(hubspot.list_id(VIP)) == []


def test_the_contact_that_it_was_merged_into_leaves_the_list(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    """HubSpot names an id lost in a merge nowhere: the list is read before the old id counts as gone."""
    host = duckdb_host
    ann, bob, heir = hubspot.contacts(
        [{"email": ANN}, {"email": "bob@example.com"}, {"email": "a@example.com"}]
    )
    host.wanted((VIP, "c1", ANN), (VIP, "c2", "bob@example.com"))
    host.run(hubspot)
    body = {"primaryObjectId": heir, "objectIdToMerge": ann}
    session(hubspot).post(f"{hubspot.url}/crm/v3/objects/contacts/merge", json=body, timeout=10)
    assert heir in hubspot.member_ids(hubspot.list_id(VIP))
    forget(host, hubspot, ANN)
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [bob]
    text = everything(host)
    for part in (ann, heir, "privatt", "a@example.com"):
        assert part not in text, part


def test_lists_of_another_portal_come_first(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    """Erased here, nobody would know any more that the person must leave the lists over there."""
    hubspot.contacts([{"email": ANN}])
    duckdb_host.wanted((VIP, "c1", ANN))
    duckdb_host.run(hubspot)
    with (
        EmulatorProcess(portal_id=777) as other,
        pytest.raises(
            UnfinishedError, match=r"portal 12345678\)\. Run forget with the token of portal 12345678"
        ),
    ):
        forget(duckdb_host, other, ANN, portal="777")
    assert ANN in everything(duckdb_host)


def test_it_waits_for_nobody_who_holds_the_lock(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    holder = Runs(duckdb_host.warehouse, 0)
    holder.acquire(0)
    holder.start(ruleset="rules", portal_id=PORTAL, version="1")
    with pytest.raises(BusyError, match="Another run holds the lock"):
        forget(duckdb_host, hubspot, ANN)
    holder.release()


@pytest.mark.parametrize("text", ["ann@example.com\nbob@example.com\n", "c1\n"])
def test_standard_input_is_one_address(duckdb_host: Host, text: str) -> None:
    done = subprocess.run(
        duckdb_host.command_line("forget"), input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "one address" in done.stderr
    assert "example.com" not in done.stderr
