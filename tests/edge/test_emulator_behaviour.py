"""Open questions about HubSpot are switches: set on the command line, read and set anew while it runs."""

from collections.abc import Iterator

import pytest
import requests

from emulator.behaviour import SWITCHES, Behaviour
from tests.edge.emulator_fixtures import LISTS, Client
from tests.emulator_process import EmulatorProcess

DETAILS = "/account-info/v3/details"
HEADER = "X-HubSpot-RateLimit-Max"
DEFAULTS = {name: switch.values[0] for name, switch in SWITCHES.items()}


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess() as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    yield made
    emulator.behave(**DEFAULTS)
    made.session.close()


def test_an_admin_call_sets_switches_anew_for_the_next_request(client: Client) -> None:
    path = f"{LISTS}/object-type-id/0-1/name/nobody"
    client.emulator.behave(missing_list_name="400")
    assert client.call("GET", path).status_code == 400
    assert client.emulator.behave(missing_list_name="404") == DEFAULTS
    assert client.call("GET", path).status_code == 404


def test_the_command_line_sets_them_and_an_admin_call_reads_them() -> None:
    arguments = ["--behaviour", "retry_after=present", "--behaviour", "missing_list_name=400"]
    with EmulatorProcess(arguments=arguments) as process:
        assert process.behave() == DEFAULTS | {"retry_after": "present", "missing_list_name": "400"}


def test_rate_limit_headers_may_be_absent(client: Client) -> None:
    assert HEADER in client.call("GET", DETAILS).headers
    client.emulator.behave(rate_limit_headers="absent")
    assert HEADER not in client.call("GET", DETAILS).headers


def test_a_429_may_say_how_long_to_wait() -> None:
    with EmulatorProcess(arguments=["--burst", "1", "--behaviour", "retry_after=present"]) as process:
        client = Client(process)
        first, second = client.call("GET", DETAILS), client.call("GET", DETAILS)
        client.session.close()
    assert "Retry-After" not in first.headers
    assert second.status_code == 429
    assert 1 <= int(second.headers["Retry-After"]) <= 10


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ([], "a JSON object"),
        ({"no_such": "1"}, "no behaviour 'no_such': choose from rate_limit_headers"),
        ({"retry_after": "perhaps"}, "retry_after must be absent or present, not 'perhaps'"),
        ({"missing_list_name": 404}, "missing_list_name must be 404 or 400, not 404"),
        ({"retry_after": "present", "no_such": "1"}, "no behaviour"),
    ],
)
def test_what_is_not_a_switch_is_refused_and_nothing_is_set(
    client: Client, body: object, complaint: str
) -> None:
    answer = requests.post(f"{client.emulator.url}/_emulator/behaviour", json=body, timeout=20)
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]
    assert client.emulator.behave() == DEFAULTS


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [("retry_after", "NAME=VALUE"), ("retry_after=1", "absent or present"), ("x=present", "no behaviour")],
)
def test_the_command_line_says_what_is_wrong_with_a_setting(setting: str, complaint: str) -> None:
    with pytest.raises(RuntimeError, match=complaint):
        EmulatorProcess(arguments=["--behaviour", setting]).start()


def test_every_switch_has_a_choice_and_one_line_of_meaning() -> None:
    assert {name: getattr(Behaviour(), name) for name in SWITCHES} == DEFAULTS
    for switch in SWITCHES.values():
        assert len(set(switch.values)) > 1
        assert switch.meaning
        assert "\n" not in switch.meaning
