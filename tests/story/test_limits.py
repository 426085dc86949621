"""The day's budget, and lists that go or change their name while a run is under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

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
LOOK_UP = "POST /crm/v3/objects/contacts/batch/read"


def run_alone(
    host: Host,
    hubspot: EmulatorProcess,
    *,
    tell: Callable[..., None] = lambda event, **fields: None,
    daily_budget: int | None = None,
    membership_batch: int = 1,
    **flags: Any,
) -> tuple[Report, SyncError | None]:
    """Run the job with one worker, so that a request is sent only once an earlier one is told of."""
    settings = host.warehouse.call("hubspot_sync_settings") | {"membership_batch": membership_batch}
    job = load(host.environment(hubspot), settings, Flags(**{"sends": True, **flags}))
    return carry_out(build_parts(host.warehouse, replace(job, daily_budget=daily_budget, workers=1), tell))


def a_day_passes(host: Host) -> None:
    """Whatever the ledger holds is a day older."""
    host.state("update {state}.run_events set occurred_at = occurred_at - interval '1 day'")


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
    a_day_passes(host)
    _, error = run_alone(host, hubspot, daily_budget=8)
    assert error is None
    assert hubspot.members(hubspot.list_id(VIP)) == emails(*NAMES)


class TestLookupsBeyondTheBudget:
    """Of the nine requests that are left after the portal's name, four are for lookups: 400 addresses a night."""

    NEW = tuple(f"n{number:03}" for number in range(1_000))
    A_NIGHT: ClassVar[dict[str, Any]] = {
        "daily_budget": 10,
        "membership_batch": 500,
        "allow": frozenset({"growth"}),
    }

    @pytest.fixture
    def grown(self, host: Host, hubspot: EmulatorProcess) -> Host:
        """A list with ann, bob and sue, and the morning after: sue is suppressed and a thousand others are wanted.

        Ann's lookup is due and can still be gone by; bob's is too old for that.
        """
        hubspot.contacts(people("ann", "bob", "sue", *self.NEW))
        host.wanted(*rows(VIP, "ann", "bob", "sue"))
        host.run(hubspot)
        a_day_passes(host)
        host.wanted(*rows(VIP, "ann", "bob", "sue", *self.NEW))
        host.held((None, "sue", "sue@example.com"))
        due, old = "looked_up_at = looked_up_at - interval '40 days'", "step = 1"
        host.state(f"update {{state}}.contact_lookups set {due} where wire_email = 'ann@example.com'")
        host.state(f"update {{state}}.contact_lookups set {old} where wire_email = 'bob@example.com'")
        return host

    @staticmethod
    def left(report: Report, error: SyncError | None) -> str:
        """How many lookups were left, as the run says."""
        assert report.status == "unfinished"
        assert isinstance(error, UnfinishedError)
        assert (error.code, error.exit_code) == ("lookups_left", 6)
        assert "hubspot_daily_budget" in error.sentence
        assert "Left over" not in error.sentence
        assert "raise the budget" in error.mend
        return error.sentence.partition(".")[0]

    def test_are_left_for_other_nights_and_hold_up_no_removal(
        self, grown: Host, hubspot: EmulatorProcess
    ) -> None:
        list_id = hubspot.list_id(VIP)
        for looked_up, left in ((400, 602), (800, 202)):
            before = hubspot.state()["requests"]["total"]
            report, error = run_alone(grown, hubspot, **self.A_NIGHT)
            assert self.left(report, error) == f"Lookups left for another day: {left}"
            # Who was suppressed is gone, whom nobody can say anything about stays, who was found has come.
            assert hubspot.members(list_id) == emails("ann", "bob", *self.NEW[:looked_up])
            vip = next(each for each in report.lists if each.plan.list_name == VIP)
            assert sum(vip.statuses.values()) == vip.plan.wanted == 1_003
            assert vip.statuses["not_sent"] == 1_000 - looked_up
            assert report.requests == hubspot.state()["requests"]["total"] - before <= 10
            a_day_passes(grown)
        report, error = run_alone(grown, hubspot, **self.A_NIGHT)
        assert (report.status, error) == ("done", None)
        assert hubspot.members(list_id) == emails("ann", "bob", *self.NEW)
        due = "select sum(lookup_is_due) from {models}.hubspot_audience_rows"
        assert grown.state(due) == [(0,)]
        steps = "select wire_email, max(step) from {{state}}.contact_lookups where {} group by wire_email"
        newest = dict(grown.state(steps.format("wire_email in ('ann@example.com', 'bob@example.com')")))
        assert newest["ann@example.com"] == newest["bob@example.com"] > 400

    def test_are_told_by_a_plan_which_forecasts_those_of_a_run_only(
        self, grown: Host, hubspot: EmulatorProcess
    ) -> None:
        a_night = self.A_NIGHT | {"daily_budget": 15}
        looked_up = hubspot.state()["requests"]["by_route"][LOOK_UP]
        report, error = run_alone(grown, hubspot, **a_night, sends=False, offline=True)
        assert error is None
        assert report.forecast is not None
        # Eleven are due; of the 14 that are left after the portal's name, half are for lookups.
        assert report.forecast.lookups == 7
        report, error = run_alone(grown, hubspot, **a_night, sends=False)
        assert isinstance(error, UnfinishedError)
        assert error.sentence.startswith("Lookups left for another day: 302.")
        assert report.contact_requests == 7
        # Of the four that are left, a run needs one for the portal's name.
        assert report.forecast is not None
        assert report.forecast.lookups == 1
        with pytest.raises(UnfinishedError, match="is used up"):
            run_alone(grown, hubspot, **a_night)
        assert hubspot.state()["requests"]["by_route"][LOOK_UP] == looked_up + 7 + 1

    def test_leave_the_second_pass_to_those_whose_contact_is_gone(
        self, grown: Host, hubspot: EmulatorProcess
    ) -> None:
        """What it looked up of others, nothing would add in this run: it would be done, with rows not sent."""
        lea, zed = hubspot.contacts(people("lea", "zed"))
        grown.wanted(*rows(VIP, "ann", "bob", "lea", *self.NEW))

        def merge() -> None:
            body = {"primaryObjectId": zed, "objectIdToMerge": lea}
            session(hubspot).post(f"{hubspot.url}/crm/v3/objects/contacts/merge", json=body, timeout=10)

        report, error = run_alone(
            grown, hubspot, **self.A_NIGHT | {"daily_budget": 21}, tell=at_the_first_change(merge)
        )
        assert self.left(report, error) == "Lookups left for another day: 3"
        assert hubspot.members(hubspot.list_id(VIP)) == emails("ann", "bob", *self.NEW[:999], "zed")


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
