"""Tokens: which are taken, what their scopes allow, when they expire, and what a revocation does."""

from collections.abc import Iterator

import pytest
import requests

from emulator.routes import ROUTES
from emulator.scopes import scopes_needed
from tests.edge.emulator_fixtures import CONTACTS, LISTS, Client, assert_refused
from tests.emulator_process import EmulatorProcess

DETAILS = "/account-info/v3/details"
PROPERTIES = "/crm/v3/properties/contacts"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess() as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    emulator.reset()
    yield made
    emulator.reset()
    made.session.close()


def get(process: EmulatorProcess, path: str, authorization: str | None) -> requests.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return requests.get(process.url + path, headers=headers, timeout=20)


def missing(answer: requests.Response) -> list[str]:
    scopes: list[str] = assert_refused(answer, 403, "MISSING_SCOPES")["context"]["requiredGranularScopes"]
    return scopes


class TestWhichTokens:
    @pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic eDp5", "some-token"])
    def test_a_missing_bearer_token_is_a_401(
        self, emulator: EmulatorProcess, authorization: str | None
    ) -> None:
        assert_refused(get(emulator, DETAILS, authorization), 401, "INVALID_AUTHENTICATION")

    def test_any_token_is_taken_when_none_is_set(self, emulator: EmulatorProcess) -> None:
        assert get(emulator, DETAILS, "Bearer whatever").status_code == 200
        assert get(emulator, DETAILS, "bearer whatever").status_code == 200

    def test_only_the_set_token_is_taken(self) -> None:
        with EmulatorProcess(token="right") as process:
            assert get(process, DETAILS, "Bearer right").status_code == 200
            for wrong in ("Bearer wrong", "Bearer right x", "Bearer Right", "Basic right", None):
                assert_refused(get(process, DETAILS, wrong), 401, "INVALID_AUTHENTICATION")
            assert process.state()["requests"]["by_status"] == {"200": 1, "401": 5}


class TestScopes:
    def test_a_token_does_what_its_scopes_allow_and_is_told_which_are_missing(self) -> None:
        scopes = "crm.lists.read,crm.objects.contacts.read"
        with EmulatorProcess(token="right", arguments=["--scopes", scopes]) as process:
            client = Client(process)
            client.session.headers["Authorization"] = "Bearer right"
            assert client.call("GET", DETAILS).status_code == 200
            assert client.call("GET", PROPERTIES).status_code == 200
            assert client.read("ann@example.com").status_code == 207
            assert_refused(client.call("GET", f"{LISTS}/1"), 404, "OBJECT_NOT_FOUND")
            assert missing(client.create_list("One")) == ["crm.lists.write"]
            assert missing(client.update(("1", {}))) == ["crm.objects.contacts.write"]
            assert process.state()["lists"] == []
            client.session.close()

    def test_scopes_bind_every_token_when_none_is_named(self) -> None:
        with EmulatorProcess(arguments=["--scopes", "crm.lists.write"]) as process:
            client = Client(process)
            assert missing(client.create_list("One")) == ["crm.lists.read"]
            assert missing(client.call("GET", PROPERTIES)) == [
                "crm.objects.contacts.read",
                "crm.schemas.contacts.read",
            ]
            client.session.close()

    @pytest.mark.parametrize("route", ROUTES)
    def test_every_route_but_the_accounts_needs_a_scope(self, route: str) -> None:
        assert bool(scopes_needed(route)) is ("/account-info/" not in route)

    @pytest.mark.parametrize(
        ("route", "scopes"),
        [
            (f"POST {CONTACTS}/batch/read", "crm.objects.contacts.read"),
            ("POST /crm/objects/2026-09/contacts/search", "crm.objects.contacts.read"),
            (f"POST {CONTACTS}/batch/create", "crm.objects.contacts.write"),
            (f"DELETE {CONTACTS}/{{contactId}}", "crm.objects.contacts.write"),
            (f"POST {LISTS}/search", "crm.lists.read"),
            (f"PUT {LISTS}/{{listId}}/memberships/add", "crm.lists.read crm.lists.write"),
            (f"POST {PROPERTIES}", "crm.schemas.contacts.write"),
        ],
    )
    def test_a_read_needs_less_than_a_write(self, route: str, scopes: str) -> None:
        (needed,) = scopes_needed(route)
        assert " ".join(sorted(needed)) == scopes

    @pytest.mark.parametrize("text", ["", "a,,b", "a b"])
    def test_a_list_of_scopes_that_is_none_is_one_sentence(self, text: str) -> None:
        with pytest.raises(RuntimeError, match="not a list of scopes"):
            EmulatorProcess(arguments=["--scopes", text]).start()


class TestTheEndOfAToken:
    def test_comes_after_its_lifetime_on_the_clock(self) -> None:
        with EmulatorProcess(token="right", arguments=["--token-lifetime", "1800"]) as process:
            process.clock(frozen=True, step=1_700)
            assert get(process, DETAILS, "Bearer right").status_code == 200
            process.clock(step=100)
            assert_refused(get(process, DETAILS, "Bearer right"), 401, "INVALID_AUTHENTICATION")
            process.reset()
            assert get(process, DETAILS, "Bearer right").status_code == 200

    def test_comes_at_once_when_it_is_revoked(self, client: Client) -> None:
        assert client.call("GET", DETAILS).status_code == 200
        client.emulator.tokens(revoke="some-token")
        assert_refused(client.call("GET", DETAILS), 401, "INVALID_AUTHENTICATION")
        assert get(client.emulator, DETAILS, "Bearer another").status_code == 200
        client.emulator.reset()
        assert client.call("GET", DETAILS).status_code == 200

    def test_is_mended_by_a_new_token_with_scopes_and_lifetime_of_its_own(self) -> None:
        with EmulatorProcess(token="old", arguments=["--token-lifetime", "0"]) as process:
            process.clock(frozen=True)
            assert get(process, DETAILS, "Bearer old").status_code == 401
            process.tokens(token="new", scopes=["crm.lists.read"], lifetime=60)
            assert get(process, DETAILS, "Bearer new").status_code == 200
            assert missing(get(process, PROPERTIES, "Bearer new"))[0] == "crm.objects.contacts.read"
            process.clock(step=60)
            assert get(process, DETAILS, "Bearer new").status_code == 401
            assert get(process, DETAILS, "Bearer other").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"revoke": ""},
        {"revoke": 1},
        {"revoke": "a", "token": "b"},
        {"token": " "},
        {"token": "a", "scopes": "crm.lists.read"},
        {"token": "a", "scopes": [1]},
        {"token": "a", "lifetime": -1},
        {"token": "a", "lifetime": True},
        {"token": "a", "more": 1},
    ],
)
def test_a_token_it_cannot_follow_is_refused(client: Client, body: object) -> None:
    answer = requests.post(f"{client.emulator.url}/_emulator/tokens", json=body, timeout=20)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["error"]
