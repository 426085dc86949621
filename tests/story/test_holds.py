"""Whom a list must not reach is not reached by any address of theirs: every way we know to get around it."""

from __future__ import annotations

import pytest

from sync.errors import GuardError, UnfinishedError
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.hubspot_routes import READ, count
from tests.story.test_explain import told
from tests.story.test_reconcile import of, people, rows, session


def one_of_two(hubspot: EmulatorProcess) -> str:
    """A contact with two addresses: bob's, the primary one, and ann's. Its id."""
    (contact_id,) = hubspot.contacts(
        [{"email": "bob@example.com", "hs_additional_emails": "Ann@example.com"}]
    )
    return contact_id


def merge(hubspot: EmulatorProcess, stays: str, goes: str) -> None:
    """Merge two contacts as a person would."""
    body = {"primaryObjectId": stays, "objectIdToMerge": goes}
    session(hubspot).post(f"{hubspot.url}/crm/v3/objects/contacts/merge", json=body, timeout=10)


def days_pass(host: Host, days: int = 31) -> None:
    """Let what the ledger learned be so much older."""
    for table, column in (("run_events", "occurred_at"), ("contact_lookups", "looked_up_at")):
        host.state(f"update {{state}}.{table} set {column} = {column} - interval '{days} days'")


def on(hubspot: EmulatorProcess, name: str = VIP) -> list[str]:
    """Ids of the members of a list; of one that was never made there are none."""
    made = [each for each in hubspot.state()["lists"] if each["name"] == name]
    return hubspot.member_ids(hubspot.list_id(name)) if made else []


def sent(host: Host) -> list[str]:
    """Contacts of every add that was ever intended."""
    intents = "select distinct contact_id from {state}.change_intents where action = 'add' order by 1"
    return [contact_id for (contact_id,) in host.state(intents)]


def test_an_address_that_two_customers_share_is_held_for_both(host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann"))
    host.wanted((VIP, "treated", "ann@example.com"))
    host.held((VIP, "control", " ANN@Example.com"))
    part = of(host.run(hubspot), VIP)
    assert (part.statuses, sent(host)) == ({"held_out": 1}, [])
    assert count(hubspot, READ) == 0


def test_a_held_address_holds_the_contact_whatever_other_address_leads_to_it(
    host: Host, hubspot: EmulatorProcess
) -> None:
    (shared,) = hubspot.contacts(
        [{"email": "bob@example.com", "hs_additional_emails": "ann@example.com;eve@example.com"}]
    )
    (cat,) = hubspot.contacts(people("cat"))
    host.wanted(*rows(VIP, "bob", "eve", "cat"), *rows(MIRROR, "bob"))
    host.held((VIP, "control", "ann@example.com"))
    report = host.run(hubspot)
    assert (on(hubspot), on(hubspot, MIRROR)) == ([cat], [shared])
    assert of(report, VIP).statuses == {"on_list": 1, "held_out": 2}
    assert sum(of(report, VIP).statuses.values()) == of(report, VIP).plan.wanted
    assert count(hubspot, READ) == 1
    assert told(host, "bob")[1] == (
        f"bob is held out of 'VIP': contact {shared} has an address that is held for control (control, spring)."
    )


def test_an_address_that_comes_later_takes_its_contact_off_without_a_request(
    host: Host, hubspot: EmulatorProcess
) -> None:
    """The control customer's address was unknown to us, but HubSpot had named it beside the treated one's."""
    contact_id = one_of_two(hubspot)
    host.wanted(*rows(VIP, "bob"))
    host.run(hubspot)
    assert on(hubspot) == [contact_id]
    host.held((VIP, "control", "ann@example.com"))
    assert "held for control (control, spring); it is still there (HubSpot list" in told(host, "bob")[0]
    asked = count(hubspot, READ)
    part = of(host.run(hubspot), VIP)
    assert (on(hubspot), part.statuses, part.outcomes) == ([], {"held_out": 1}, {"remove": {"applied": 1}})
    assert count(hubspot, READ) == asked
    assert of(host.run(hubspot), VIP).outcomes == {}


@pytest.mark.parametrize("treated_stays", [True, False])
def test_contacts_that_are_merged_between_runs_are_held_from_the_next_lookup_on(
    host: Host, hubspot: EmulatorProcess, treated_stays: bool
) -> None:
    ann, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "bob"))
    host.held((VIP, "control", "ann@example.com"))
    host.run(hubspot)
    assert on(hubspot) == [bob]
    merge(hubspot, *((bob, ann) if treated_stays else (ann, bob)))
    days_pass(host)
    part = of(host.run(hubspot), VIP)
    assert part.statuses == {"held_out": 1}
    assert sent(host) == [bob]
    if treated_stays:
        assert on(hubspot) == []


def test_a_contact_that_was_merged_into_a_held_one_before_it_is_added_is_not_replaced_by_it(
    host: Host, hubspot: EmulatorProcess
) -> None:
    """Its old id is answered as missing, and the second pass finds the contact that is held."""
    ann, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "bob"))
    host.held((VIP, "control", "ann@example.com"))
    host.plan(hubspot)
    merge(hubspot, ann, bob)
    report, _ = host.run_to_end(hubspot)
    assert (on(hubspot), sent(host)) == ([], [bob])
    assert of(report, VIP).statuses == {"held_out": 1}


def test_a_held_contact_leaves_although_its_customer_waits_for_another_address(
    host: Host, hubspot: EmulatorProcess
) -> None:
    one_of_two(hubspot)
    host.wanted(*rows(VIP, "bob"))
    host.run(hubspot)
    host.wanted((VIP, "bob", "bob@example.com"), (VIP, "bob", "new@example.com"))
    host.held((VIP, "control", "ann@example.com"))
    hubspot.faults(
        [{"route": "POST /crm/v3/objects/contacts/batch/read", "empty_results": True, "times": None}]
    )
    _, error = host.run_to_end(hubspot)
    assert isinstance(error, UnfinishedError)
    assert on(hubspot) == []


def test_what_is_not_known_of_a_held_address_removes_nobody(host: Host, hubspot: EmulatorProcess) -> None:
    _, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "bob"))
    host.run(hubspot)
    host.held((VIP, "control", "ann@example.com"), (MIRROR, "control", "bob@example.com"))
    assert of(host.run(hubspot), VIP).outcomes == {}
    assert on(hubspot) == [bob]


def test_whom_a_person_put_on_a_managed_list_stays_and_leaves_a_mirror(
    host: Host, hubspot: EmulatorProcess
) -> None:
    ann, bob = hubspot.contacts(people("ann", "bob"))
    host.wanted(*rows(VIP, "bob"), *rows(MIRROR, "bob"))
    host.run(hubspot)
    for name in (VIP, MIRROR):
        hubspot.edit_members(hubspot.list_id(name), add=[ann])
    host.wanted(*rows(VIP, "bob", "ann"), *rows(MIRROR, "bob", "ann"))
    host.run(hubspot)
    host.held((None, "control", "ann@example.com"))
    report = host.run(hubspot)
    assert (on(hubspot), on(hubspot, MIRROR)) == ([ann, bob], [bob])
    assert of(report, VIP).statuses == {"on_list": 1, "held_out": 1}
    assert told(host, "ann")[0] == (
        "ann is held out of 'Mirror': contact "
        f"{ann} has an address that is held for control (control, spring)."
    )
    assert told(host, "ann")[1].endswith("put there by somebody else.")


def test_a_hold_that_ends_lets_its_contact_go(host: Host, hubspot: EmulatorProcess) -> None:
    """With the hold itself, or when the contact is looked up again and has lost the address."""
    contact_id = one_of_two(hubspot)
    host.wanted(*rows(VIP, "bob"))
    host.held((VIP, "control", "ann@example.com"))
    host.run(hubspot)
    host.held()
    host.run(hubspot)
    assert on(hubspot) == [contact_id]
    host.held((VIP, "control", "ann@example.com"))
    host.run(hubspot)
    assert on(hubspot) == []
    hubspot.contacts([{"id": contact_id, "email": "bob@example.com", "hs_additional_emails": ""}])
    days_pass(host)
    host.run(hubspot)
    assert on(hubspot) == [contact_id]


def test_guards_count_the_removals_of_a_hold(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    names = [f"p{number}" for number in range(30)]
    hubspot.contacts(people(*names))
    duckdb_host.wanted(*rows(VIP, *names))
    duckdb_host.run(hubspot)
    duckdb_host.held(*((VIP, "control", f"{name}@example.com") for name in names[:25]))
    with pytest.raises(GuardError, match="would lose 25 of 30 members"):
        duckdb_host.run(hubspot)
    assert len(on(hubspot)) == 30
