"""What a run does to HubSpot's lists and to the ledger, on DuckDB and PostgreSQL."""

from __future__ import annotations

import pytest
import requests

from sync.errors import GuardError, HubSpotRefusesError, SettingsError, UnfinishedError
from sync.results import ListReport, Report
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host


def test_a_run_puts_exactly_the_wanted_existing_contacts_on_the_list(
    host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(
        [{"email": "ann@example.com"}, {"email": "bob@example.com"}, {"email": "eve@example.com"}]
    )
    host.wanted(
        (VIP, "c1", " Ann@Example.com"),
        (VIP, "c2", "bob@example.com"),
        (VIP, "c3", "nobody@example.com"),
        (VIP, "c4", "zed@gmail.con"),
    )
    report = host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == ["ann@example.com", "bob@example.com"]
    assert report.status == "done"
    assert hubspot.state()["contacts_created"] == 0
    (vip,) = [each for each in report.lists if each.plan.list_name == VIP]
    assert vip.statuses == {"on_list": 2, "not_in_hubspot": 1, "rejected_by_us": 1}


def test_a_run_with_nothing_to_do_makes_no_contact_request(host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts([{"email": "ann@example.com"}])
    host.wanted((VIP, "c1", "ann@example.com"))
    host.run(hubspot)
    report = host.run(hubspot)
    assert report.contact_requests == 0
    assert all(each.outcomes == {} for each in report.lists)


def of(report: Report, name: str) -> ListReport:
    """The part of a report about one list."""
    return next(each for each in report.lists if each.plan.list_name == name)


def people(*names: str) -> list[dict[str, str]]:
    """Contacts with invented addresses."""
    return [{"email": f"{name}@example.com"} for name in names]


def rows(name: str, *customers: str) -> list[tuple[str, str, str]]:
    """Audience rows of a list with invented addresses."""
    return [(name, each, f"{each}@example.com") for each in customers]


def emails(*names: str) -> list[str]:
    """Invented addresses."""
    return [f"{name}@example.com" for name in names]


def test_people_who_leave_the_audience_leave_the_list_and_those_who_join_are_added(
    host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people("ann", "bob", "cat"))
    host.wanted(*rows(VIP, "ann", "bob"))
    host.run(hubspot)
    host.wanted(*rows(VIP, "bob", "cat"))
    report = host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == emails("bob", "cat")
    assert of(report, VIP).outcomes == {"add": {"applied": 1}, "remove": {"applied": 1}}


def test_removals_are_sent_before_adds(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann", "bob"))
    duckdb_host.wanted(*rows(VIP, "ann"))
    duckdb_host.run(hubspot)
    duckdb_host.wanted(*rows(VIP, "bob"))
    before = len(hubspot.requests())
    duckdb_host.run(hubspot)
    changes = [each for each in hubspot.requests(after=before) if each["method"] == "PUT"]
    assert [(each["added"], each["removed"]) for each in changes] == [(0, 1), (1, 0)]


def test_a_contact_under_a_secondary_address_is_found_and_added_once(
    host: Host, hubspot: EmulatorProcess
) -> None:
    (ann,) = hubspot.contacts([{"email": "Ann@Example.com", "hs_additional_emails": "ann.old@example.com"}])
    host.wanted((VIP, "c1", "ann@example.com"), (VIP, "c2", "ANN.OLD@example.com"))
    report = host.run(hubspot)
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [ann]
    assert of(report, VIP).statuses == {"on_list": 1, "same_contact": 1}


def test_a_lookup_without_an_answer_removes_nobody_and_adds_nobody(
    host: Host, hubspot: EmulatorProcess
) -> None:
    """Absence of evidence removes nobody: a 200 that names no contact says nothing about anybody."""
    hubspot.contacts(people("ann", "bob", "cat"))
    host.wanted(*rows(VIP, "ann", "bob"))
    host.run(hubspot)
    # Everybody's lookup falls due, one new address comes, and HubSpot answers with nothing.
    host.state("delete from {state}.contact_lookups")
    host.wanted(*rows(VIP, "ann", "bob", "cat"))
    hubspot.faults(
        [{"route": "POST /crm/v3/objects/contacts/batch/read", "empty_results": True, "times": None}]
    )
    report, error = host.run_to_end(hubspot)
    assert isinstance(error, UnfinishedError)
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann", "bob")
    assert of(report, VIP).outcomes == {}
    hubspot.faults([])
    host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann", "bob", "cat")


def test_a_lookup_that_fails_for_good_leaves_the_run_unfinished_and_the_list_alone(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people("ann", "bob"))
    duckdb_host.wanted(*rows(VIP, "ann", "bob"))
    duckdb_host.run(hubspot)
    duckdb_host.state("delete from {state}.contact_lookups")
    hubspot.faults([{"route": "POST /crm/v3/objects/contacts/batch/read", "status": 401}])
    with pytest.raises(HubSpotRefusesError):
        duckdb_host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann", "bob")


def test_one_malformed_address_costs_only_itself(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    """The strict verdict lets pass what HubSpot then refuses: the request is halved until that row is alone."""
    hubspot.contacts(people(*(f"p{number}" for number in range(40))))
    wanted = rows(VIP, *(f"p{number}" for number in range(40)))
    duckdb_host.wanted(*wanted, (VIP, "bad", "bad@example.com"))
    duckdb_host.run(hubspot)
    # What the ledger accepted under an older list of top-level domains, HubSpot no longer takes.
    duckdb_host.state("delete from {state}.contact_lookups")
    duckdb_host.state(
        "update {state}.email_verdicts set wire_email = 'bad@example.nosuchtld' where email = 'bad@example.com'"
    )
    before = len(hubspot.requests())
    report = duckdb_host.run(hubspot)
    reads = [each for each in hubspot.requests(after=before) if each["path"].endswith("contacts/batch/read")]
    assert len(reads) <= 1 + 2 * 6
    # Whether HubSpot refuses such an address or merely does not find it, nobody knows.
    is_refused = any(each["status"] == 400 for each in reads)
    assert of(report, VIP).statuses == {
        "on_list": 40,
        "rejected_by_hubspot" if is_refused else "not_in_hubspot": 1,
    }
    assert len(hubspot.members(hubspot.list_id(VIP))) == 40


def test_a_list_with_members_that_this_ledger_did_not_add_waits_for_adoption(
    host: Host, hubspot: EmulatorProcess
) -> None:
    ann, bob, cat = hubspot.contacts(people("ann", "bob", "cat"))
    host.wanted(*rows(VIP, "ann"))
    host.run(hubspot)
    list_id = hubspot.list_id(VIP)
    hubspot.edit_members(list_id, add=[bob, cat])
    # The ledger is lost: nothing on the list is ours any more, and nobody may be removed.
    for table in ("run_events", "lists", "change_intents", "change_receipts", "member_observations"):
        host.state(f"delete from {{state}}.{table}")
    host.wanted(*rows(VIP, "bob"))
    with pytest.raises(GuardError, match=r"3 members .* --adopt"):
        host.run(hubspot)
    assert hubspot.member_ids(list_id) == [ann, bob, cat]
    host.run(hubspot, adopt=frozenset({VIP}))
    assert hubspot.member_ids(list_id) == [ann, bob, cat]
    assert of(host.run(hubspot), VIP).plan.remove == 0


def test_a_managed_list_keeps_members_that_people_added(host: Host, hubspot: EmulatorProcess) -> None:
    _, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "ann"))
    host.run(hubspot)
    hubspot.edit_members(hubspot.list_id(VIP), add=[bob])
    host.wanted(*rows(VIP, "zed"))
    host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == emails("bob")


def test_a_mirror_list_is_made_equal_whoever_added_its_members(host: Host, hubspot: EmulatorProcess) -> None:
    _, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(MIRROR, "ann"))
    host.run(hubspot)
    hubspot.edit_members(hubspot.list_id(MIRROR), add=[bob])
    host.run(hubspot)
    assert hubspot.members(hubspot.list_id(MIRROR)) == emails("ann")


def test_a_list_name_that_hubspot_refuses_does_not_stop_the_other_lists(
    host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(MIRROR, "ann"), *rows(VIP, "ann", "bob"))
    hubspot.faults([{"route": "POST /crm/v3/lists", "status": 400}])
    report, error = host.run_to_end(hubspot)
    assert [each["name"] for each in hubspot.state()["lists"]] == [VIP]
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann", "bob")
    assert of(report, VIP).statuses == {"on_list": 2}
    assert of(report, MIRROR).statuses == {"not_sent": 1}
    assert error is not None
    assert error.exit_code == 6
    assert "refuses to make the list 'Mirror'" in str(error)
    assert "hubspot_lists" in str(error)
    assert host.state("select distinct list_name from {state}.change_intents") == [(VIP,)]
    host.run(hubspot)
    assert hubspot.members(hubspot.list_id(MIRROR)) == emails("ann")


def test_a_list_renamed_in_hubspot_is_followed_by_its_id(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann", "bob"))
    duckdb_host.wanted(*rows(VIP, "ann"))
    duckdb_host.run(hubspot)
    list_id = hubspot.list_id(VIP)
    rename(hubspot, list_id, "Our best customers")
    duckdb_host.wanted(*rows(VIP, "bob"))
    duckdb_host.run(hubspot)
    assert [each["listId"] for each in hubspot.state()["lists"]] == [list_id]
    assert hubspot.members(list_id) == emails("bob")


def test_a_list_deleted_in_hubspot_is_made_anew(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann"))
    duckdb_host.wanted(*rows(VIP, "ann"))
    duckdb_host.run(hubspot)
    old = hubspot.list_id(VIP)
    session(hubspot).delete(f"{hubspot.url}/crm/v3/lists/{old}", timeout=10)
    duckdb_host.run(hubspot)
    assert hubspot.list_id(VIP) != old
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann")


def test_a_dynamic_list_is_refused(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    body = {"name": VIP, "objectTypeId": "0-1", "processingType": "DYNAMIC"}
    session(hubspot).post(f"{hubspot.url}/crm/v3/lists", json=body, timeout=10)
    hubspot.contacts(people("ann"))
    duckdb_host.wanted(*rows(VIP, "ann"))
    with pytest.raises(GuardError, match="DYNAMIC"):
        duckdb_host.run(hubspot)


def test_a_merged_contact_is_found_again_in_the_same_run(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    first, second = hubspot.contacts(people("ann", "bob"))
    duckdb_host.wanted(*rows(VIP, "zed"))
    duckdb_host.run(hubspot)
    duckdb_host.wanted(*rows(VIP, "bob"))
    duckdb_host.plan(hubspot)
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    session(hubspot).post(f"{hubspot.url}/crm/v3/objects/contacts/merge", json=body, timeout=10)
    report = duckdb_host.run(hubspot)
    assert hubspot.member_ids(hubspot.list_id(VIP)) == [first]
    assert of(report, VIP).outcomes["add"] == {"missing": 1, "applied": 1}


def test_whom_hubspot_shows_and_never_adds_leaves_the_run_unfinished(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people("ann"))
    duckdb_host.wanted(*rows(VIP, "ann"))
    lists = "/crm/v3/lists"
    silent = (
        f"PUT {lists}/{{listId}}/memberships/add-and-remove",
        f"POST {lists}/records/memberships/batch/read",
    )
    hubspot.faults([{"route": route, "empty_results": True, "times": None} for route in silent])
    report, error = duckdb_host.run_to_end(hubspot)
    assert isinstance(error, UnfinishedError)
    assert "changes without a contact, also after another lookup: 1" in error.sentence
    assert of(report, VIP).statuses["not_sent"] == 1


def test_limit_caps_adds_and_causes_no_removal(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    names = [f"p{number}" for number in range(5)]
    hubspot.contacts(people(*names))
    duckdb_host.wanted(*rows(VIP, *names))
    report = duckdb_host.run(hubspot, limit=2)
    assert of(report, VIP).statuses == {"on_list": 2, "not_sent": 3}
    report = duckdb_host.run(hubspot, limit=1)
    assert of(report, VIP).plan.remove == 0
    assert of(report, VIP).statuses == {"on_list": 3, "not_sent": 2}


def test_a_subset_of_lists_leaves_the_others_alone(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann", "bob"))
    duckdb_host.wanted(*rows(VIP, "ann"), *rows(MIRROR, "bob"))
    duckdb_host.run(hubspot, lists=(VIP,))
    assert [each["name"] for each in hubspot.state()["lists"]] == [VIP]
    with pytest.raises(SettingsError, match="No list is called 'vip'"):
        duckdb_host.run(hubspot, lists=("vip",))


def test_a_first_load_beyond_max_members_makes_no_list(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    names = ["ann", "bob", "cat", "dan"]
    hubspot.contacts(people(*names))
    duckdb_host.wanted(*rows("Capped", *names))
    with pytest.raises(GuardError, match="max_members of 3"):
        duckdb_host.run(hubspot)
    assert hubspot.state()["lists"] == []


def test_rows_for_a_list_that_nobody_declared_are_a_setting_to_mend(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    duckdb_host.wanted(*rows("Secret", "ann"))
    with pytest.raises(SettingsError, match="'Secret'"):
        duckdb_host.run(hubspot)


def test_mapped_properties_are_written_once_and_again_when_they_change(
    host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people("ann"))
    host.wanted((VIP, "ann", "ann@example.com", '{"loyalty_tier": "gold"}'))
    assert of(host.run(hubspot), VIP).outcomes == {"add": {"applied": 1}, "update": {"applied": 1}}
    assert host.run(hubspot).contact_requests == 0
    host.wanted((VIP, "ann", "ann@example.com", '{"loyalty_tier": "silver"}'))
    assert of(host.run(hubspot), VIP).outcomes == {"update": {"applied": 1}}


def test_a_plan_sends_nothing_and_says_what_the_run_does(host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "ann"))
    host.run(hubspot)
    host.wanted(*rows(VIP, "bob"))
    before = len(hubspot.requests())
    plan = of(host.plan(hubspot), VIP).plan
    sent = [each for each in hubspot.requests(after=before) if each["method"] == "PUT"]
    assert (plan.add, plan.remove, sent) == (1, 1, [])
    assert host.state("select count(*) from {state}.change_intents") == [(1,)]
    assert of(host.run(hubspot), VIP).outcomes == {"add": {"applied": 1}, "remove": {"applied": 1}}


def test_offline_a_plan_asks_hubspot_nothing(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    duckdb_host.wanted(*rows(VIP, "ann"))
    report = duckdb_host.plan(hubspot, offline=True)
    assert of(report, VIP).statuses == {"not_sent": 1}
    assert hubspot.requests() == []


def test_in_every_status_the_counts_add_up_to_the_audience_rows(host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(
        [{"email": "ann@example.com", "hs_additional_emails": "ann2@example.com"}, *people("bob")]
    )
    host.wanted(
        *rows(VIP, "ann", "ann2", "bob", "nobody"),
        (VIP, "again", " BOB@example.com "),
        (VIP, "typo", "typo@gmail.con"),
        (VIP, "coarse", "not an address"),
        (VIP, "null", None),
    )
    part = of(host.run(hubspot), VIP)
    assert part.statuses == {"on_list": 2, "same_contact": 2, "not_in_hubspot": 1, "rejected_by_us": 3}
    assert sum(part.statuses.values()) == part.plan.wanted == 8
    assert host.state(
        "select status, count(*) from {models}.hubspot_audience_status group by 1 order by 1"
    ) == [
        ("not_in_hubspot", 1),
        ("on_list", 2),
        ("rejected_by_us", 3),
        ("same_contact", 2),
    ]


def session(hubspot: EmulatorProcess) -> requests.Session:
    """A session of somebody else who uses HubSpot's API."""
    made = requests.Session()
    made.headers["Authorization"] = "Bearer of-somebody-else"
    made.headers["Connection"] = "close"
    return made


def rename(hubspot: EmulatorProcess, list_id: str, name: str) -> None:
    """Rename a list as a person would."""
    url = f"{hubspot.url}/crm/v3/lists/{list_id}/update-list-name"
    answer = session(hubspot).put(url, params={"listName": name}, timeout=10)
    assert answer.status_code == 200


def test_ten_people_first_then_everybody_is_one_first_load(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    """The growth guard compares with a complete list only, and then it does."""
    names = [f"p{number}" for number in range(60)]
    hubspot.contacts(people(*names))
    duckdb_host.wanted(*rows(VIP, *names[:25]))
    duckdb_host.run(hubspot, limit=2)
    duckdb_host.run(hubspot)
    assert len(hubspot.members(hubspot.list_id(VIP))) == 25
    duckdb_host.wanted(*rows(VIP, *names))
    with pytest.raises(GuardError, match="--allow growth"):
        duckdb_host.run(hubspot)
    duckdb_host.run(hubspot, allow=frozenset({"growth"}))
    assert len(hubspot.members(hubspot.list_id(VIP))) == 60
