"""Two machines whose clocks differ by minutes: every time of the lock is the warehouse's, so neither is fooled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sync.lease import HEARTBEAT_SECONDS, LEASE_SECONDS
from sync.runs import Runs
from tests.dbt_project import ROOT
from tests.emulator_process import EmulatorProcess
from tests.host import PORTAL, VIP, Host
from tests.hubspot_routes import READ
from tests.story.test_commands import wait_for_request
from tests.story.test_reconcile import emails, people, rows

# Python reads this file before anything else of the process.
SKEWED_CLOCK = """
import datetime, os, time

SKEW = float(os.environ["SKEW_SECONDS"])
_time, _time_ns, _datetime = time.time, time.time_ns, datetime.datetime
time.time = lambda: _time() + SKEW
time.time_ns = lambda: _time_ns() + int(SKEW * 1_000_000_000)


class _Same(type):
    def __instancecheck__(cls, value):
        return isinstance(value, _datetime)

    def __subclasscheck__(cls, other):
        return issubclass(other, _datetime)


class Skewed(_datetime, metaclass=_Same):
    @classmethod
    def now(cls, tz=None):
        return _datetime.now(tz) + datetime.timedelta(seconds=SKEW)

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.UTC).replace(tzinfo=None)


datetime.datetime = Skewed
"""
CLOCKS = """
import time; from datetime import UTC, datetime; print(time.time(), datetime.now(UTC).timestamp())
"""


@pytest.fixture
def machine(tmp_path: Path) -> Any:
    """The environment of a process whose own clock is wrong by so many seconds."""
    (tmp_path / "sitecustomize.py").write_text(SKEWED_CLOCK, encoding="utf-8")

    def skewed(seconds: int) -> dict[str, str]:
        return {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "SKEW_SECONDS": str(seconds)}

    return skewed


def test_the_skewed_clock_of_these_tests_is_skewed(machine: Any) -> None:
    ahead, behind = (
        subprocess.run([sys.executable, "-c", CLOCKS], env=machine(each), capture_output=True, text=True)
        for each in (3600, -3600)
    )
    for one, other in zip(ahead.stdout.split(), behind.stdout.split(), strict=True):
        assert float(one) - float(other) > 7000, (ahead.stderr, behind.stderr)


@pytest.mark.proof
@pytest.mark.parametrize("skew", [600, -600], ids=["holder ahead", "holder behind"])
def test_a_clock_that_is_off_by_ten_minutes_neither_takes_over_a_living_lock_nor_loses_its_own(
    host: Host, hubspot: EmulatorProcess, machine: Any, skew: int
) -> None:
    hubspot.contacts(people("ann"))
    host.wanted(*rows(VIP, "ann"))
    # The holder hangs in its lookup while the other machine, twenty minutes away, comes for the lock.
    hubspot.faults([{"route": READ, "latency": 20, "times": 1}])
    holder = subprocess.Popen(
        host.command_line("run"),
        env=host.environment(hubspot) | machine(skew),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for_request(hubspot, "/batch/read")
        other = host.command("run", hubspot=hubspot, **machine(-skew))
        assert other.returncode == 4, other.stderr
        assert f"process {holder.pid}" in other.stderr
        _, said = holder.communicate(timeout=120)
        assert holder.returncode == 0, said
    finally:
        holder.kill()
        holder.communicate()
    assert hubspot.members(hubspot.list_id(VIP)) == emails("ann")
    assert host.state("select count(distinct run_no) from {state}.run_events") == [(1,)]


def test_no_time_of_a_lease_comes_from_the_process(host: Host) -> None:
    """Whatever the job hands to the lock's statements is a name, a number of a run or a process, or figures."""
    given: list[object] = []

    class Recording:
        def __getattr__(self, name: str) -> Any:
            def call(macro: str, **arguments: Any) -> Any:
                columns = arguments.get("columns", {})
                given.extend([*columns.values(), *(v for k, v in arguments.items() if k != "columns")])
                return getattr(host.warehouse, name)(macro, **arguments)

            return call

    seconds = [0.0]
    runs = Runs(Recording(), 0, now=lambda: seconds[0])
    runs.acquire(0)
    runs.start(ruleset="rules-1", portal_id=PORTAL, version="0")
    seconds[0] += HEARTBEAT_SECONDS
    runs.keep_lease()
    runs.finish("done", {})
    assert all(isinstance(each, str | int) for each in given)
    assert {each for each in given if isinstance(each, int)} <= {os.getpid(), runs.run_no}
    ages = host.state(
        "select count(*) from {state}.run_events where occurred_at is null"
        f" or occurred_at < (select max(occurred_at) from {{state}}.run_events) - interval '{LEASE_SECONDS} seconds'"
    )
    assert ages == [(0,)]
