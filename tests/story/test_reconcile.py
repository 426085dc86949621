"""What a run does to HubSpot's lists and to the ledger, on DuckDB and PostgreSQL."""

from __future__ import annotations

from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host


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
