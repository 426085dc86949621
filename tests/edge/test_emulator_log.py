"""The request log and its sums tell when requests came, how many at once, and what they changed; reset clears."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.edge.emulator_fixtures import LISTS, NO_LIMITS, Client
from tests.emulator_process import EmulatorProcess

DETAILS = "/account-info/v3/details"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    emulator.reset(portal=True)
    emulator.clock(frozen=True)
    yield made
    made.session.close()


def test_arrivals_are_seconds_of_the_clock_to_the_millisecond(client: Client) -> None:
    start = client.emulator.clock()["seconds"]
    client.call("GET", DETAILS)
    client.emulator.clock(step=0.25)
    client.call("GET", DETAILS)
    first, second = (each["seconds"] for each in client.emulator.requests())
    assert first == start
    assert second == round(start + 0.25, 3)


def test_the_busiest_ten_seconds_are_found_wherever_they_begin(client: Client) -> None:
    for pause in (0, 6, 3.5, 0.4, 0.1, 20):
        client.emulator.clock(step=pause)
        client.call("GET", DETAILS)
    assert client.emulator.state()["requests"]["busiest_10_seconds"] == 4


def test_requests_are_counted_by_the_second(client: Client) -> None:
    start = client.emulator.clock()["seconds"]
    client.emulator.clock(step=int(start) + 1 - start)
    for pause in (0, 0.5, 0.5, 5):
        client.emulator.clock(step=pause)
        client.call("GET", DETAILS)
    first = int(start) + 1
    assert client.emulator.per_second() == [
        {"second": first, "requests": 2},
        {"second": first + 1, "requests": 1},
        {"second": first + 6, "requests": 1},
    ]


def test_the_most_requests_at_work_at_once_are_known(client: Client) -> None:
    client.call("GET", DETAILS)
    client.call("GET", DETAILS)
    assert client.emulator.state()["requests"]["peak_concurrency"] == 1
    client.emulator.faults([{"route": "*", "latency": 1, "times": None}])
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: requests.get(client.emulator.url + DETAILS, timeout=20), range(3)))
    assert client.emulator.state()["requests"]["peak_concurrency"] == 3


def test_the_fault_that_hit_a_request_is_named(client: Client) -> None:
    client.emulator.faults(
        [{"route": "*", "status": 503}, {"route": "*", "latency": 0}, {"route": "*", "html": True}]
    )
    for _ in range(4):
        client.call("GET", DETAILS)
    assert [each["fault"] for each in client.emulator.requests()] == ["status", "latency", "status", None]


class TestReset:
    def test_clears_log_counters_faults_limits_switches_and_the_frozen_clock(self) -> None:
        with EmulatorProcess(arguments=["--burst", "2", "--daily", "3"]) as process:
            client = Client(process)
            process.clock(frozen=True)
            client.create({"email": "new@example.com"})
            client.new_list("One")
            process.behave(missing_list_name="400")
            process.faults([{"route": "*", "status": 503, "times": None}])
            assert client.call("GET", DETAILS).status_code == 503
            state = process.reset()
            assert state == process.state()
            assert state["contacts_created"] == 0
            assert state["requests"] == {
                "total": 0,
                "by_route": {},
                "by_status": {},
                "peak_concurrency": 0,
                "busiest_10_seconds": 0,
            }
            assert process.requests() == []
            assert process.behave()["missing_list_name"] == "404"
            assert process.clock()["frozen"] is False
            assert [client.call("GET", DETAILS).status_code for _ in range(2)] == [200, 200]
            client.session.close()

    def test_keeps_the_portal_unless_told(self, client: Client) -> None:
        client.emulator.contacts([{"email": "ann@example.com", "hat_size": "5"}])
        list_id = client.new_list("One")
        assert client.emulator.reset()["contacts"] == 1
        assert client.call("GET", f"{LISTS}/{list_id}").status_code == 200
        state = client.emulator.reset(portal=True)
        assert (state["contacts"], state["lists"]) == (0, [])
        names = {each["name"] for each in client.call("GET", "/crm/v3/properties/contacts").json()["results"]}
        assert "hat_size" not in names
        assert client.new_list("One") == list_id

    def test_a_request_under_way_is_still_counted_as_at_work(self, client: Client) -> None:
        client.emulator.faults([{"route": "*", "hang": 2}])
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(client.call, "GET", DETAILS)
            while client.emulator.state()["requests"]["total"] == 0:
                pass
            assert client.emulator.reset()["requests"]["peak_concurrency"] == 1
            with pytest.raises(requests.ConnectionError):
                hanging.result()
        assert client.emulator.reset()["requests"]["peak_concurrency"] == 0

    @pytest.mark.parametrize("body", [[], {"portal": "yes"}, {"everything": True}])
    def test_what_it_does_not_know_is_refused(self, client: Client, body: object) -> None:
        answer = requests.post(f"{client.emulator.url}/_emulator/reset", json=body, timeout=20)
        assert answer.status_code == 400
        assert "'portal'" in answer.json()["error"]
