"""The day's budget, and lists that go or change their name while a run is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sync.cli.sync_commands import build_parts
from sync.config import Flags, load
from sync.errors import SyncError, UnfinishedError
from sync.results import Report
from sync.run import carry_out
from tests.emulator_process import EmulatorProcess
from tests.host import MIRROR, VIP, Host
from tests.hubspot_routes import MEMBERS
from tests.story.test_reconcile import emails, people, rename, rows, session

NAMES = ("ann", "bob", "cat", "dan")


def run_alone(
    host: Host,
    hubspot: EmulatorProcess,
    *,
    tell: Callable[..., None] = lambda event, **fields: None,
    daily_budget: int | None = None,
) -> tuple[Report, SyncError | None]:
    """Run the job with one worker, so that a request is sent only once an earlier one is told of."""
    settings = host.warehouse.call("hubspot_sync_settings")
    job = load(host.environment(hubspot), settings, Flags(sends=True))
    return carry_out(build_parts(host.warehouse, replace(job, daily_budget=daily_budget, workers=1), tell))


def at_the_first_change(do: Callable[[], object]) -> Callable[..., None]:
    """A listener that does something once the first change is made."""
    done: list[object] = []

    def tell(event: str, **fields: Any) -> None:
        if event == "sending" and not done:
            done.append(do())

    return tell


def test_the_days_budget_counts_over_all_runs_and_the_next_day_goes_on(
    host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people(*NAMES))
    host.wanted(*rows(VIP, *NAMES))
    # Portal, one lookup, three names of lists, one list made: six requests, then one for each change.
    report, error = run_alone(host, hubspot, daily_budget=8)
    assert isinstance(error, UnfinishedError)
    assert (error.code, error.exit_code) == ("daily_budget", 6)
    assert "changes not sent: 2" in error.sentence
    assert report.requests == hubspot.state()["requests"]["total"] == 8
    assert len(hubspot.members(hubspot.list_id(VIP))) == 2
    # Another run the same day has nothing left, not even to ask which portal it is at.
    with pytest.raises(UnfinishedError, match="budget"):
        run_alone(host, hubspot, daily_budget=8)
    assert hubspot.state()["requests"]["total"] == 8
    host.state("update {state}.run_events set occurred_at = occurred_at - interval '1 day'")
    _, error = run_alone(host, hubspot, daily_budget=8)
    assert error is None
    assert hubspot.members(hubspot.list_id(VIP)) == emails(*NAMES)


def test_a_list_that_is_deleted_during_a_run_stops_no_other_list(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    hubspot.contacts(people(*NAMES))
    duckdb_host.wanted(*rows(MIRROR, *NAMES), *rows(VIP, *NAMES))

    def delete() -> None:
        path = f"/crm/v3/lists/{hubspot.list_id(MIRROR)}"
        assert session(hubspot).delete(hubspot.url + path, timeout=20).status_code == 204

    report, error = run_alone(duckdb_host, hubspot, tell=at_the_first_change(delete))
    assert isinstance(error, UnfinishedError)
    assert error.code == "list_gone"
    assert report.status == "unfinished"
    assert hubspot.members(hubspot.list_id(VIP)) == emails(*NAMES)
    duckdb_host.run(hubspot)
    assert hubspot.members(hubspot.list_id(MIRROR)) == emails(*NAMES)


GONE = {"do": {"delete_list": MIRROR}}
REFUSED = {"status": 500, "times": None}


@pytest.mark.parametrize(("trouble", "said"), [(GONE, "no list"), (REFUSED, "status 500")])
def test_a_list_that_cannot_be_read_is_left_alone_and_stops_no_other_list(
    duckdb_host: Host, hubspot: EmulatorProcess, trouble: dict[str, Any], said: str
) -> None:
    hubspot.contacts(people(*NAMES))
    duckdb_host.wanted(*rows(MIRROR, "ann", "bob"), *rows(VIP, "ann"))
    duckdb_host.run(hubspot)
    duckdb_host.wanted(*rows(MIRROR, "bob", "cat"), *rows(VIP, *NAMES))
    hubspot.faults([{"route": MEMBERS, **trouble}])
    report, error = run_alone(duckdb_host, hubspot)
    assert isinstance(error, UnfinishedError)
    assert (error.code, error.exit_code, report.status) == ("list_unread", 6, "unfinished")
    assert said in error.sentence
    assert "The other lists went on." in error.sentence
    assert hubspot.members(hubspot.list_id(VIP)) == emails(*NAMES)
    if trouble is REFUSED:
        assert hubspot.members(hubspot.list_id(MIRROR)) == emails("ann", "bob")
    assert duckdb_host.state("select * from {state}.member_observations") == []
    hubspot.faults([])
    duckdb_host.run(hubspot)
    assert hubspot.members(hubspot.list_id(MIRROR)) == emails("bob", "cat")


def test_a_plan_tells_of_a_list_that_cannot_be_read(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people("ann"))
    duckdb_host.wanted(*rows(MIRROR, "ann"))
    duckdb_host.run(hubspot)
    duckdb_host.wanted(*rows(MIRROR), *rows(VIP, "ann"))
    hubspot.faults([{"route": MEMBERS, **REFUSED}])
    report, error = duckdb_host.run_to_end(hubspot, sends=False, allow=frozenset({"empty"}))
    assert isinstance(error, UnfinishedError)
    assert error.code == "list_unread"
    changes = {each.plan.list_name: (each.plan.add, each.plan.remove) for each in report.lists}
    assert (changes[MIRROR], changes[VIP]) == ((0, 0), (1, 0))


def test_a_list_that_is_renamed_during_a_run_is_followed(duckdb_host: Host, hubspot: EmulatorProcess) -> None:
    hubspot.contacts(people(*NAMES))
    duckdb_host.wanted(*rows(VIP, *NAMES))

    def call_it_otherwise() -> None:
        rename(hubspot, hubspot.list_id(VIP), "Our best")

    _, error = run_alone(duckdb_host, hubspot, tell=at_the_first_change(call_it_otherwise))
    assert error is None
    assert hubspot.members(hubspot.list_id("Our best")) == emails(*NAMES)
    duckdb_host.wanted(*rows(VIP, *NAMES[:2]))
    duckdb_host.run(hubspot, allow=frozenset({"shrink"}))
    assert hubspot.members(hubspot.list_id("Our best")) == emails(*NAMES[:2])
    assert len(hubspot.state()["lists"]) == 1
