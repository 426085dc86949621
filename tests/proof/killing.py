"""A run that is killed from outside, everywhere: the points, the kill and what must hold after it.

Points are counted in a run that nobody kills, so that they follow the code. `PROOF=full` takes every point, and
`PROOF_POINT=request-7-hang-same` that one alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg2

from tests.emulator_process import EmulatorProcess
from tests.host import Host
from tests.hubspot_routes import WRITES, count
from tests.proof.oracle import check
from tests.proof.scenario import CHANGED, WANTED, prepare, want

LATENCY_SECONDS = 0.3
HANG_SECONDS = 60
LONGEST_SECONDS = 90
KINDS_AT_A_REQUEST = 6
GROUPS = {
    "run_events": "run_id, event",
    "email_verdicts": "step",
    "contact_lookups": "step",
    "lists": "step, list_name",
    "member_observations": "step, list_id",
    "list_readings": "step, list_id",
    "change_intents": "step",
    "change_receipts": "received_at",
}
"""State tables, and what rows have in common that were written at once."""
Kind = Literal["hang", "latency", "answered", "written"]


@dataclass(frozen=True)
class Point:
    """Where a run is killed, and whether the audience is another one when it is run again.

    A request `hang`s (it arrived and was never carried out), has `latency` (carried out after its sender died)
    or was `answered`. A write of the ledger was `written`: so many rows are in the table.
    """

    place: str
    number: int
    kind: Kind
    changed: bool

    def __str__(self) -> str:
        return f"{self.place}-{self.number}-{self.kind}-{'changed' if self.changed else 'same'}"


class Kills:
    """All points of one engine."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._requests = 0
        self._writes: list[tuple[str, int]] = []
        self._count_points()

    def _count_points(self) -> None:
        with EmulatorProcess() as hubspot:
            strangers = prepare(self._host, hubspot)
            requests_before = len(hubspot.requests())
            rows_before = self._rows()
            self._host.run(hubspot)
            self._requests = len(hubspot.requests()) - requests_before
            for table, group in GROUPS.items():
                sizes = self._host.state(
                    f"select count(*) from {{state}}.{table} group by {group} order by max({group.split(',')[0]})"
                )
                thresholds = [sum(size for (size,) in sizes[: place + 1]) for place in range(len(sizes))]
                self._writes += [(table, each) for each in thresholds if each > rows_before[table]]
            check(self._host, hubspot, WANTED, strangers)

    def _rows(self) -> dict[str, int]:
        return {table: self._host.state(f"select count(*) from {{state}}.{table}")[0][0] for table in GROUPS}

    def at_requests(self) -> list[Point]:
        """Every request, in each of three ways, with the audience as it is and changed."""
        kinds: tuple[Kind, ...] = ("hang", "latency", "answered")
        return [
            Point("request", number, kind, changed)
            for number in range(1, self._requests + 1)
            for kind in kinds
            for changed in (False, True)
        ]

    def at_writes(self) -> list[Point]:
        """Every write of the ledger, with the audience as it is and changed."""
        return [
            Point(table, rows, "written", changed)
            for table, rows in self._writes
            for changed in (False, True)
        ]

    def check_share(self, points: Sequence[Point], share: int, shares: int, node_id: str) -> None:
        """Check the points of one share; raise AssertionError and say how to see that one again."""
        for point in _chosen(points, share, shares):
            try:
                self._check(point)
            except BaseException as error:
                error.add_note(f"PROOF_POINT={point} python -m pytest {node_id}")
                raise

    def _check(self, point: Point) -> None:
        with EmulatorProcess() as hubspot:
            strangers = prepare(self._host, hubspot)
            if point.kind == "written":
                self._kill_at_write(hubspot, point)
            else:
                self._kill_at_request(hubspot, point)
            wishes = CHANGED if point.changed else WANTED
            want(self._host, wishes)
            self._host.run(hubspot)
            check(self._host, hubspot, wishes, strangers)
            writes = count(hubspot, *WRITES)
            assert self._host.run(hubspot).contact_requests == 0
            assert count(hubspot, *WRITES) == writes, "there was something left to change"

    # -- the kill --------------------------------------------------------------------------------------

    def _kill_at_request(self, hubspot: EmulatorProcess, point: Point) -> None:
        no = len(hubspot.requests()) + point.number
        faults: dict[str, dict[str, Any]] = {
            "hang": {"hang": HANG_SECONDS, "after": point.number - 1},
            "latency": {"latency": LATENCY_SECONDS, "after": point.number - 1},
            "answered": {"hang": HANG_SECONDS, "after": point.number, "times": None},
        }
        hubspot.faults([{"route": "*", **faults[point.kind]}])

        def is_there() -> bool:
            # The log's numbers are those of arrivals, which is what the fault counts.
            return any(
                each["status"] is not None or point.kind != "answered"
                for each in hubspot.requests(after=no - 1)[:1]
            )

        self._kill_once(hubspot, is_there)
        hubspot.faults([])
        if point.kind == "latency":
            # The host sets hubspot_settle_seconds to 0: nothing of the dead may land later, so it lands now.
            _wait(lambda: hubspot.requests(after=no - 1)[0]["status"] is not None)

    def _kill_at_write(self, hubspot: EmulatorProcess, point: Point) -> None:
        with _counting(self._host, point.place) as rows:
            self._kill_once(hubspot, lambda: rows() >= point.number)

    def _kill_once(self, hubspot: EmulatorProcess, is_time: Callable[[], bool]) -> None:
        run = subprocess.Popen(
            self._host.command_line("run"),
            env=self._host.environment(hubspot),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _wait(lambda: is_time() or (run.poll() is not None))
            ended = run.poll() is not None
        finally:
            run.send_signal(signal.SIGKILL)
            _, said = run.communicate()
        assert not ended or is_time(), f"the run ended before it got there: {said}"


def _chosen(points: Sequence[Point], share: int, shares: int) -> list[Point]:
    first, after = share * len(points) // shares, (share + 1) * len(points) // shares
    if wanted := os.environ.get("PROOF_POINT"):
        return [point for point in points[first:after] if str(point) == wanted]
    if os.environ.get("PROOF") == "full":
        return list(points[first:after])
    # A stride through the points would meet some kinds more often than others.
    return [points[min(range(first, after), key=lambda place: (place - share) % KINDS_AT_A_REQUEST)]]


@contextlib.contextmanager
def _counting(host: Host, table: str) -> Iterator[Callable[[], int]]:
    """Ask for the rows of a state table as often as one likes. Only PostgreSQL lets a second process look."""
    connection = psycopg2.connect(host=host.postgres_host, user="postgres", dbname="postgres")
    connection.autocommit = True

    def rows() -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*) from team_hubspot_sync.{table}")
            return int(cursor.fetchone()[0])

    try:
        yield rows
    finally:
        connection.close()


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "the run did not get there"
        time.sleep(0.003)
