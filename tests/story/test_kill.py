"""A run that dies anywhere needs no special resume: the next run reconciles."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from tests.emulator_process import EmulatorProcess
from tests.host import VIP, Host

pytestmark = pytest.mark.proof

READ = "POST /crm/v3/objects/contacts/batch/read"
CREATE = "POST /crm/v3/lists"
CHANGE = "PUT /crm/v3/lists/{listId}/memberships/add-and-remove"
LATENCY_SECONDS = 3
PEOPLE = ["ann", "bob", "cat", "dan", "eve", "fay"]


def kill_at(host: Host, hubspot: EmulatorProcess, route: str, nth: int) -> None:
    """Start a run and kill it while its nth request of a route is under way."""
    hubspot.faults([{"route": route, "latency": LATENCY_SECONDS, "after": nth, "times": 1}])
    before = count(hubspot, route)
    run = subprocess.Popen(
        host.command_line("run"), env=host.environment(hubspot), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 90
    while count(hubspot, route) <= before + nth:
        assert run.poll() is None, f"the run ended before it was killed: {run.communicate()[1]}"
        assert time.monotonic() < deadline, "the run did not get there"
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    hubspot.faults([])
    # The host sets hubspot_settle_seconds to 0: nothing of the dead may land later, so it lands now.
    time.sleep(LATENCY_SECONDS + 0.5)


def count(hubspot: EmulatorProcess, route: str) -> int:
    """Requests of a route that have arrived."""
    return sum(1 for each in hubspot.requests() if each["route"] == route)


@pytest.mark.parametrize(("route", "nth"), [(READ, 0), (CREATE, 0), (CHANGE, 0), (CHANGE, 2)])
def test_killed_on_its_first_load_the_next_run_ends_with_the_right_list(
    duckdb_host: Host, hubspot: EmulatorProcess, route: str, nth: int
) -> None:
    host = duckdb_host
    hubspot.contacts([{"email": f"{name}@example.com"} for name in PEOPLE])
    host.wanted(*((VIP, name, f"{name}@example.com") for name in PEOPLE[:5]))
    kill_at(host, hubspot, route, nth)
    host.wanted(*((VIP, name, f"{name}@example.com") for name in PEOPLE[1:]))
    host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == [f"{name}@example.com" for name in PEOPLE[1:]]
    assert hubspot.state()["contacts_created"] == 0
    assert host.run(hubspot).contact_requests == 0


def test_killed_between_removals_and_adds_the_next_run_ends_with_the_right_list(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    host = duckdb_host
    hubspot.contacts([{"email": f"{name}@example.com"} for name in PEOPLE])
    host.wanted(*((VIP, name, f"{name}@example.com") for name in PEOPLE[:4]))
    host.run(hubspot)
    host.wanted(*((VIP, name, f"{name}@example.com") for name in PEOPLE[3:]))
    kill_at(host, hubspot, CHANGE, 3)
    assert host.state("select count(*) from {state}.change_intents where run_no = 2") == [(5,)]
    host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == [f"{name}@example.com" for name in PEOPLE[3:]]
    assert host.state("select count(*) from {models}.hubspot_settled_changes where outcome = 'failed'") == [
        (0,)
    ]


def test_what_a_dead_run_added_without_an_answer_counts_as_ours(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    """Removes only what it added: an add whose answer was lost is an add of ours."""
    host = duckdb_host
    hubspot.contacts([{"email": "ann@example.com"}, {"email": "bob@example.com"}])
    host.wanted((VIP, "ann", "ann@example.com"))
    kill_at(host, hubspot, CHANGE, 0)
    list_id = hubspot.list_id(VIP)
    (stranger,) = hubspot.contacts([{"email": "yan@example.com"}])
    hubspot.edit_members(list_id, add=[stranger])
    host.run(hubspot)
    assert "ann@example.com" in hubspot.members(list_id)
    host.wanted((VIP, "bob", "bob@example.com"))
    host.run(hubspot)
    assert hubspot.members(list_id) == ["bob@example.com", "yan@example.com"]
