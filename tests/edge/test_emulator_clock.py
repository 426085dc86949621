"""The emulator's own clock runs at its own pace, is stepped and frozen, and everything timed follows it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests

from emulator.clock import Clock
from tests.edge.emulator_fixtures import Client
from tests.emulator_process import EmulatorProcess

DETAILS = "/account-info/v3/details"


class RealTime:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class TestTheClock:
    def test_runs_as_fast_as_its_factor_says(self) -> None:
        real = RealTime()
        clock = Clock(60.0, real)
        began = clock.now()
        real.seconds += 2.5
        assert began.seconds == 0.0
        assert clock.now().seconds == 150.0
        assert clock.now().utc - began.utc == timedelta(seconds=150)

    def test_steps_forward_and_runs_on(self) -> None:
        real = RealTime()
        clock = Clock(2.0, real)
        real.seconds += 1
        clock.step(100)
        real.seconds += 1
        assert clock.now().seconds == 104.0

    def test_stands_still_while_frozen_but_for_steps(self) -> None:
        real = RealTime()
        clock = Clock(1.0, real)
        real.seconds += 1
        clock.freeze(True)
        real.seconds += 50
        assert clock.now().seconds == 1.0
        clock.step(3)
        assert clock.now().seconds == 4.0
        clock.freeze(False)
        real.seconds += 1
        assert clock.now().seconds == 5.0

    def test_tells_milliseconds(self) -> None:
        real = RealTime()
        clock = Clock(1.0, real)
        real.seconds += 0.0123456
        assert clock.now().seconds == 0.012
        assert str(clock.now())[-5:-4] == "."


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=["--burst", "2"]) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    emulator.reset()
    yield made
    emulator.reset()
    made.session.close()


def test_the_burst_window_rolls_with_the_clock_and_not_with_real_time(client: Client) -> None:
    client.emulator.clock(frozen=True)
    assert [client.call("GET", DETAILS).status_code for _ in range(3)] == [200, 200, 429]
    client.emulator.clock(step=9.999)
    assert client.call("GET", DETAILS).status_code == 429
    client.emulator.clock(step=0.001)
    assert client.call("GET", DETAILS).status_code == 200


def test_timestamps_and_arrivals_follow_the_clock(client: Client) -> None:
    before = client.emulator.clock(frozen=True)
    after = client.emulator.clock(step=86_400.5)
    assert after["seconds"] == pytest.approx(before["seconds"] + 86_400.5, abs=0.0001)
    made = client.create_list("tomorrow").json()["list"]
    (entry,) = client.emulator.requests()
    assert made["createdAt"] == entry["at"] == after["at"]
    assert entry["seconds"] == after["seconds"]
    passed = datetime.fromisoformat(after["at"]) - datetime.fromisoformat(before["at"])
    assert passed == timedelta(days=1, milliseconds=500)


def test_the_factor_comes_from_the_command_line() -> None:
    with EmulatorProcess(arguments=["--time-factor", "5000"]) as process:
        assert process.clock()["factor"] == 5000
        first, second = process.clock(), process.clock()
        assert second["seconds"] > first["seconds"] >= 0
    with pytest.raises(RuntimeError, match="'0' is not a number from"):
        EmulatorProcess(arguments=["--time-factor", "0"]).start()


@pytest.mark.parametrize(
    "body",
    [[], {}, {"step": -1}, {"step": "1"}, {"step": True}, {"step": 1e12}, {"frozen": 1}, {"back": 1}],
)
def test_a_clock_it_cannot_set_is_refused(client: Client, body: object) -> None:
    answer = requests.post(f"{client.emulator.url}/_emulator/clock", json=body, timeout=20)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_reset_lets_a_frozen_clock_go_on_from_where_it_stood() -> None:
    with EmulatorProcess() as process:
        stood = process.clock(frozen=True, step=1000)["seconds"]
        process.reset()
        after = process.clock()
    assert after["frozen"] is False
    assert after["seconds"] >= stood
