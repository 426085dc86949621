"""The lock and the numbering of runs, as rows in a real warehouse, on DuckDB and PostgreSQL."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sync.cli.sync_commands import build_parts
from sync.config import Flags, load
from sync.errors import BusyError, WarehouseError
from sync.lease import HEARTBEAT_SECONDS, LEASE_SECONDS
from sync.run import carry_out
from sync.runs import Runs
from tests.emulator_process import EmulatorProcess
from tests.host import PORTAL, VIP, Host

ANYWHERE = "another-machine"
HIGHEST_ID = "zzzz"  # above every hexadecimal id


class Time:
    """A clock that only `pause` and the test move."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.pauses: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds
        self.meanwhile()


class State:
    """The table of run events and the runs that write it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.time = Time()
        host.query("delete from team_hubspot_sync.run_events")

    def runs(self, settle_seconds: float = 0) -> Runs:
        return Runs(self._host.warehouse, settle_seconds, now=self.time.now, pause=self.time.pause)

    def started(self, settle_seconds: float = 0) -> Runs:
        runs = self.runs(settle_seconds)
        runs.acquire(0)
        self.start(runs)
        return runs

    def start(self, runs: Runs) -> None:
        runs.start(ruleset="rules-1", portal_id=PORTAL, version="0")

    def event(self, run_id: str, event: str, **columns: object) -> None:
        self._host.warehouse.execute("hubspot_run_event", run_id=run_id, event=event, columns=columns)

    def claim(self, run_id: str, *, host: str = "", pid: int = 0) -> None:
        self.event(run_id, "claimed", host=host or platform.node(), pid=pid or os.getpid())

    def age(self, seconds: float, where: str = "1 = 1") -> None:
        self.query(
            f"update {{events}} set occurred_at = occurred_at - interval '{seconds} seconds' where {where}"
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self._host.query(sql.format(events="team_hubspot_sync.run_events"))

    def events(self) -> list[str]:
        return [event for (event,) in self.query("select event from {events} order by occurred_at, run_no")]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def clean(hosts: dict[str, Host], request: pytest.FixtureRequest) -> Host:
    host = hosts[request.param]
    host.reset()
    return host


@pytest.fixture
def state(clean: Host) -> State:
    return State(clean)


@pytest.fixture(scope="module")
def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


class TestNumbers:
    def test_runs_are_numbered_from_one_and_steps_within_them(self, state: State) -> None:
        for number in (1, 2, 3):
            runs = state.started()
            assert runs.run_no == number
            assert [runs.next_step(), runs.next_step()] == [number * 100 + 1, number * 100 + 2]
            runs.finish("done", {})
        steps = state.query("select run_no, step from {events} where event = 'started' order by run_no")
        assert steps == [(1, 100), (2, 200), (3, 300)]

    def test_what_a_run_may_still_trust_is_a_step_of_the_oldest_run_young_enough(self, state: State) -> None:
        for run_no, days in ((1, 31), (2, 29), (3, 2)):
            state.started().finish("done", {})
            state.age(days * 86_400, f"run_no = {run_no}")
        state.started()
        limits = "select fresh_from_step, retry_rejected_from_step from {events} where run_no = 4 and event = 'started'"
        assert state.query(limits) == [(200, 200)]

    def test_the_first_run_trusts_only_itself(self, state: State) -> None:
        state.started()
        limits = "select fresh_from_step, retry_rejected_from_step from {events} where event = 'started'"
        assert state.query(limits) == [(100, 100)]

    def test_a_finish_keeps_its_figures_as_json(self, state: State) -> None:
        state.started().finish("done", {"it's": 'a "name"'})
        figures = "select status, figures from {events} where event = 'finished'"
        assert state.query(figures) == [("done", '{"it\'s": "a \\"name\\""}')]


class TestTheLock:
    def test_of_two_runs_the_second_is_told_who_holds_the_lock(self, state: State) -> None:
        state.started()
        with pytest.raises(BusyError, match=f"process {os.getpid()} on {platform.node()}") as busy:
            state.runs().acquire(0)
        assert busy.value.exit_code == 4
        assert state.time.pauses == []

    def test_a_claim_that_has_not_started_yet_holds_it_too(self, state: State) -> None:
        first = state.runs()
        first.acquire(0)
        # The second waits when its id is the lower one, since the first may still give way.
        state.time.meanwhile = lambda: state.start(first)
        with pytest.raises(BusyError):
            state.runs().acquire(0)

    @pytest.mark.parametrize("end", ["finish", "release"])
    def test_whoever_ends_in_order_gives_it_back(self, state: State, end: str) -> None:
        first = state.started()
        with pytest.raises(BusyError):
            state.runs().acquire(0)
        if end == "finish":
            first.finish("done", {})
        else:
            first.release()
        state.runs().acquire(0)

    def test_waiting_ends_as_soon_as_the_other_run_does(self, state: State) -> None:
        first = state.started()
        state.time.meanwhile = lambda: first.finish("done", {})
        second = state.runs()
        second.acquire(wait_seconds=60)
        state.start(second)
        assert second.run_no == 2
        assert state.time.pauses == [1.0]

    def test_waiting_ends_with_its_time(self, state: State) -> None:
        state.started()
        with pytest.raises(BusyError):
            state.runs().acquire(wait_seconds=3)
        assert sum(state.time.pauses) == pytest.approx(3)

    def test_the_lower_id_waits_until_the_higher_has_given_way(self, state: State) -> None:
        state.claim(HIGHEST_ID)
        state.time.meanwhile = lambda: state.event(HIGHEST_ID, "released")
        state.runs().acquire(0)
        assert state.time.pauses == [pytest.approx(0.1)]

    def test_the_lower_id_loses_against_a_higher_one_that_was_first(self, state: State) -> None:
        state.claim(HIGHEST_ID)
        state.time.meanwhile = lambda: state.event(HIGHEST_ID, "started", run_no=1)
        with pytest.raises(BusyError):
            state.runs().acquire(0)

    def test_the_higher_id_gives_way_at_once(self, state: State) -> None:
        state.claim("")
        state.query("update {events} set run_id = '!'")  # below every hexadecimal id
        with pytest.raises(BusyError):
            state.runs().acquire(0)
        assert state.time.pauses == []
        assert state.events().count("released") == 1


class TestTheDead:
    def test_the_lock_of_a_process_that_is_gone_is_taken_over(self, state: State, dead_pid: int) -> None:
        state.claim(HIGHEST_ID, pid=dead_pid)
        state.event(HIGHEST_ID, "started", run_no=1, host=platform.node(), pid=dead_pid)
        second = state.started()
        assert second.run_no == 2

    def test_not_before_what_it_sent_has_settled(self, state: State, dead_pid: int) -> None:
        state.event(HIGHEST_ID, "started", run_no=1, host=platform.node(), pid=dead_pid)
        with pytest.raises(BusyError):
            state.runs(settle_seconds=160).acquire(0)
        state.age(161, f"run_id = '{HIGHEST_ID}'")
        state.runs(settle_seconds=160).acquire(0)

    def test_on_another_machine_silence_tells(self, state: State, dead_pid: int) -> None:
        state.event(HIGHEST_ID, "started", run_no=1, host=ANYWHERE, pid=dead_pid)
        with pytest.raises(BusyError):
            state.runs().acquire(0)
        state.age(LEASE_SECONDS + 1, f"run_id = '{HIGHEST_ID}'")
        state.runs().acquire(0)

    def test_a_living_process_that_shows_life_keeps_its_lock(self, state: State) -> None:
        first = state.started()
        state.age(LEASE_SECONDS - 5)
        state.time.seconds += HEARTBEAT_SECONDS
        first.keep_lease()
        state.age(LEASE_SECONDS - 5)
        with pytest.raises(BusyError):
            state.runs().acquire(0)


class TestTheLease:
    def test_a_sign_of_life_is_written_only_when_it_is_time(self, state: State) -> None:
        run = state.started()
        state.time.seconds += HEARTBEAT_SECONDS - 1
        run.keep_lease()
        assert "heartbeat" not in state.events()
        state.time.seconds += 1
        run.keep_lease()
        run.keep_lease()
        assert state.events().count("heartbeat") == 1

    def test_after_a_minute_without_one_nothing_may_be_sent(self, state: State) -> None:
        run = state.started()
        state.time.seconds += LEASE_SECONDS - 1
        assert run.has_fresh_lease()
        state.time.seconds += 1
        assert not run.has_fresh_lease()
        run.keep_lease()
        assert run.has_fresh_lease()

    @pytest.mark.parametrize("overtaker", ["under way", "finished", "gave up before it started"])
    def test_a_run_that_overslept_stops(self, state: State, overtaker: str) -> None:
        asleep = state.started()
        state.age(LEASE_SECONDS + 1)
        state.time.seconds += LEASE_SECONDS + 1
        other = state.runs()
        other.acquire(0)
        if overtaker != "gave up before it started":
            state.start(other)
        if overtaker == "finished":
            other.finish("done", {})
        with pytest.raises(BusyError) as busy:
            asleep.keep_lease()
        assert busy.value.code == "lease_lost"
        assert not asleep.has_fresh_lease()

    def test_one_that_nobody_overtook_goes_on(self, state: State) -> None:
        asleep = state.started()
        state.age(LEASE_SECONDS + 1)
        state.time.seconds += LEASE_SECONDS + 1
        asleep.keep_lease()
        assert asleep.has_fresh_lease()

    def test_the_thread_that_keeps_it_does_not_wait_for_itself(self, state: State) -> None:
        """A list is looked for on that thread, after statements that may have taken minutes."""
        run = state.runs()
        state.time.seconds += LEASE_SECONDS
        assert run.may_send(), "only the portal is asked for before a run starts"
        run.acquire(0)
        state.start(run)
        state.time.seconds += LEASE_SECONDS
        with ThreadPoolExecutor(1) as pool:
            assert not pool.submit(run.may_send).result()
        assert run.may_send()
        assert state.events().count("heartbeat") == 1


class LosesReceipts:
    """The warehouse of a host, except that it takes no receipts."""

    def __init__(self, host: Host) -> None:
        self._warehouse = host.warehouse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._warehouse, name)

    def append(self, relation: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        if "change_receipts" in relation:
            raise WarehouseError("held_file", "Another process holds the file.", "Close it.")
        self._warehouse.append(relation, columns, rows)


def test_receipts_that_cannot_be_recorded_leave_their_changes_in_doubt(
    duckdb_host: Host, hubspot: EmulatorProcess
) -> None:
    """Had the run an end in order, its add would count as never sent, and nobody would ever take it back."""
    host = duckdb_host
    hubspot.contacts([{"email": "ann@example.com"}, {"email": "bob@example.com"}])
    host.wanted((VIP, "c1", "ann@example.com"), (VIP, "c2", "bob@example.com"))
    job = load(host.environment(hubspot), host.warehouse.call("hubspot_sync_settings"), Flags(sends=True))
    with pytest.raises(WarehouseError):
        carry_out(build_parts(LosesReceipts(host), job, lambda event, **fields: None))
    assert hubspot.members(hubspot.list_id(VIP)) == ["ann@example.com", "bob@example.com"]
    assert host.state("select distinct outcome from {models}.hubspot_settled_changes") == [("in_doubt",)]

    host.wanted((VIP, "c1", "ann@example.com"))
    host.run(hubspot)
    assert hubspot.members(hubspot.list_id(VIP)) == ["ann@example.com"]
