"""The emulator as a program: its command line, token, limits, request log, admin calls, and its end."""

import csv
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from emulator.crm import Portal
from emulator.load import ContactsFileError, load_contacts
from tests.edge.emulator_fixtures import CONTACTS, LISTS, NO_LIMITS, Client
from tests.emulator_process import ROOT, EmulatorProcess

DETAILS = "/account-info/v3/details"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def client(emulator: EmulatorProcess) -> Iterator[Client]:
    made = Client(emulator)
    yield made
    made.session.close()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "emulator", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)


def get(process: EmulatorProcess, path: str, authorization: str | None) -> requests.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return requests.get(process.url + path, headers=headers, timeout=20)


class TestCommandLine:
    def test_the_first_line_is_the_base_url_on_loopback(self, emulator: EmulatorProcess) -> None:
        assert emulator.url.startswith("http://127.0.0.1:")
        assert get(emulator, DETAILS, "Bearer x").status_code == 200

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_cleanly(self, number: signal.Signals) -> None:
        command = [sys.executable, "-m", "emulator", "--port", "0"]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.send_signal(number)
            assert process.communicate(timeout=20) == ("", "")
            assert process.returncode == 0

    def test_help_names_every_option(self) -> None:
        said = run("--help").stdout
        for option in (
            *("--port", "--contacts", "--token", "--portal-id", "--burst", "--daily", "--behaviour"),
            *("--time-factor", "--time-zone", "--account-type", "--scopes", "--token-lifetime"),
            *("127.0.0.1", "rate_limit_headers=present|absent"),
        ):
            assert option in said

    @pytest.mark.parametrize("port", ["x", "65536", "-1"])
    def test_a_bad_port_is_one_sentence(self, port: str) -> None:
        result = run(f"--port={port}")
        assert (result.returncode, result.stdout) == (2, "")
        assert "--port" in result.stderr
        assert result.stderr.count("\n") == 1

    def test_a_port_in_use_is_one_sentence(self, emulator: EmulatorProcess) -> None:
        port = emulator.url.rpartition(":")[2]
        result = run("--port", port)
        assert (result.returncode, result.stdout) == (2, "")
        assert f"port {port}" in result.stderr
        assert result.stderr.count("\n") == 1

    def test_the_portal_id_is_configurable(self, client: Client) -> None:
        assert client.call("GET", DETAILS).json()["portalId"] == 12345678
        with EmulatorProcess(portal_id=987) as process:
            assert get(process, DETAILS, "Bearer x").json()["portalId"] == 987

    @pytest.mark.parametrize(
        ("arguments", "told"), [([], "STANDARD"), (["--account-type", "SANDBOX"], "SANDBOX")]
    )
    def test_the_kind_of_account_is_configurable_and_outlasts_a_reset(
        self, arguments: list[str], told: str
    ) -> None:
        with EmulatorProcess(arguments=arguments) as process:
            assert get(process, DETAILS, "Bearer x").json()["accountType"] == told
            process.reset(portal=True)
            assert get(process, DETAILS, "Bearer x").json()["accountType"] == told

    def test_a_kind_of_account_that_is_not_one_is_one_sentence(self) -> None:
        result = run("--account-type", "sandbox")
        assert (result.returncode, result.stdout) == (2, "")
        assert "DEVELOPER_TEST" in result.stderr
        assert result.stderr.count("\n") == 1


class TestContactsFile:
    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("", "'email' column"),
            ("name\nann\n", "'email' column"),
            ("email,email\n", "comes twice"),
            ("email,\n", "blank"),
            ("email,First Name\n", "'First Name' is not a HubSpot property name"),
            ("email\nann@example.com\nann@example.com,1\n", "line 3: 2 fields"),
            ("email\nann@example.com\nANN@example.com\n", "line 3: the address ANN@example.com already"),
            ("email,hs_additional_emails\na@example.com,b@example.com\nb@example.com,\n", "line 3"),
            ("email\nann@example.con\n", "line 2: 'ann@example.con' is not an address"),
            ("email,id\na@example.com,7\nb@example.com,7\n", "line 3: the id 7 comes twice"),
            ("email,id\na@example.com,x\n", "line 2: 'x' is not a record id"),
            ('email\n"open\n', "line 2"),
            (b"email\n\xff\xfe\n", "not UTF-8"),
            (None, "cannot read the contacts file"),
        ],
    )
    def test_a_bad_file_is_one_sentence_that_says_where(
        self, tmp_path: Path, content: str | bytes | None, complaint: str
    ) -> None:
        path = tmp_path / "contacts.csv"
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ContactsFileError) as caught:
            load_contacts(Portal(1), path, "2026-11-24T00:00:00.000Z")
        assert complaint in str(caught.value)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_bad_file_ends_the_program_before_it_listens(self, tmp_path: Path) -> None:
        path = tmp_path / "contacts.csv"
        path.write_text("name\nann\n")
        result = run("--port", "0", "--contacts", str(path))
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith(f"emulator: the contacts file {path} needs")
        assert result.stderr.count("\n") == 1

    def test_columns_become_properties(self, tmp_path: Path) -> None:
        path = tmp_path / "contacts.csv"
        path.write_text(
            "\ufeffid,email,hs_additional_emails,hs_email_optout,shoe_size\n"
            "70001,ann@example.com,old@example.com;older@example.com,true,39\n"
            "\n"
            ",,,,\n"
            ",user@email.삼성,,,\n",
            encoding="utf-8",
        )
        with EmulatorProcess(contacts=path) as process:
            client = Client(process)
            asked = ["email", "hs_email_optout", "shoe_size"]
            (ann,) = client.read("older@example.com", properties=asked).json()["results"]
            names = {
                each["name"] for each in client.call("GET", "/crm/v3/properties/contacts").json()["results"]
            }
            (other,) = client.read("user@email.삼성").json()["results"]
            client.session.close()
            assert process.state()["contacts"] == 3
        assert ann["id"] == "70001"
        assert {name: ann["properties"][name] for name in asked} == {
            "email": "ann@example.com",
            "hs_email_optout": "true",
            "shoe_size": "39",
        }
        assert "shoe_size" in names
        assert "id" not in names
        assert other["id"] == "70003"

    def test_100000_contacts_are_loaded_before_it_listens(self, tmp_path: Path) -> None:
        path = tmp_path / "contacts.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["email", "hs_additional_emails", "firstname"])
            rows = ([f"user{n}@example.com", f"old{n}@example.com", "x"] for n in range(100_000))
            writer.writerows(rows)
        with EmulatorProcess(contacts=path) as process:
            assert process.state()["contacts"] == 100_000


class TestRequestLog:
    def test_entries_tell_route_status_and_size(self, client: Client) -> None:
        last = client.emulator.state()["requests"]["total"]
        client.call("GET", f"{LISTS}/999/memberships?limit=5")
        client.read("nobody@example.com")
        first, second = client.emulator.requests(after=last)
        assert first["no"] == last + 1
        assert first["method"] == "GET"
        assert first["path"] == f"{LISTS}/999/memberships?limit=5"
        assert first["route"] == "GET /crm/v3/lists/{listId}/memberships"
        assert (first["status"], first["bytes"]) == (404, 0)
        assert first["at"].endswith("Z")
        assert (second["status"], second["route"]) == (207, f"POST {CONTACTS}/batch/read")
        assert second["bytes"] > 0
        assert {name: second[name] for name in ("added", "removed", "created", "updated")} == {
            "added": 0,
            "removed": 0,
            "created": 0,
            "updated": 0,
        }

    def test_admin_calls_are_not_in_it(self, client: Client) -> None:
        before = client.emulator.state()
        client.emulator.contacts([])
        client.emulator.faults([])
        client.emulator.requests()
        assert client.emulator.state() == before

    def test_state_sums_up_by_route_and_status(self) -> None:
        with EmulatorProcess() as process:
            client = Client(process)
            client.new_list("One")
            client.call("GET", f"{LISTS}/811")
            client.call("GET", f"{LISTS}/812")
            client.session.close()
            assert process.state() == {
                "contacts": 0,
                "contacts_created": 0,
                "lists": [{"listId": "811", "name": "One", "size": 0}],
                "requests": {
                    "total": 3,
                    "by_route": {f"POST {LISTS}": 1, f"GET {LISTS}/{{listId}}": 2},
                    "by_status": {"200": 2, "404": 1},
                    "peak_concurrency": 1,
                    "busiest_10_seconds": 3,
                },
            }


class TestAdminContacts:
    def test_adds_edits_and_deletes_without_counting_as_created(self, client: Client) -> None:
        (cat,) = client.emulator.contacts([{"email": "cat@example.com", "city": "Lyon", "hat_size": "5"}])
        client.emulator.contacts([{"id": cat, "email": "kat@example.com", "city": None}])
        asked = ["email", "city", "hat_size"]
        (record,) = client.read("kat@example.com", properties=asked).json()["results"]
        assert [record["properties"][name] for name in asked] == ["kat@example.com", None, "5"]
        assert client.read("cat@example.com").json()["results"] == []
        client.emulator.delete_contacts([cat])
        assert client.read("kat@example.com").json()["results"] == []
        assert client.emulator.contacts([{"email": "kat@example.com"}]) != [cat]
        assert client.emulator.state()["contacts_created"] == 0

    def test_a_deleted_contact_leaves_every_list(self, client: Client) -> None:
        (eve,) = client.emulator.contacts([{"email": "eve@example.com"}])
        list_id = client.new_list("loses a member")
        client.change(list_id, "add", [eve])
        assert client.emulator.member_ids(list_id) == [eve]
        client.emulator.delete_contacts([eve])
        assert client.emulator.member_ids(list_id) == []

    def test_a_new_id_is_taken_as_given(self, client: Client) -> None:
        assert client.emulator.contacts([{"id": "123", "email": "given@example.com"}]) == ["123"]
        assert client.read_ids("123").status_code == 200

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            ({}, "'delete'"),
            ({"delete": [1]}, "delete must be"),
            ({"delete": ["99990001"]}, "no contact 99990001"),
            ([1], "array of contacts"),
            ([{"email": 1}], "contact 0: every value"),
            ([{"city": "Lyon"}], "neither an email nor the id"),
            ([{"email": "a@@example.com"}], "not an address"),
            ([{"email": "a@example.com", "id": "01"}], "not a record id"),
            ([{"email": "a@example.com", "Bad Name": "1"}], "not a HubSpot property name"),
            ([{"email": "twice@example.com"}, {"email": "TWICE@example.com"}], "contact 1: the address"),
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, client: Client, body: object, complaint: str) -> None:
        answer = requests.post(f"{client.emulator.url}/_emulator/contacts", json=body, timeout=20)
        assert answer.status_code == 400
        assert complaint in answer.json()["error"]

    def test_an_id_lost_in_a_merge_is_not_given_again(self, client: Client) -> None:
        one, two = client.emulator.contacts([{"email": "one@example.com"}, {"email": "two@example.com"}])
        client.merge(one, two)
        with pytest.raises(ValueError, match="lost in a merge"):
            client.emulator.contacts([{"id": two, "email": "three@example.com"}])

    @pytest.mark.parametrize("path", ["nothing", "state/x", "requests?after=x", "lists/x/members"])
    def test_unknown_admin_calls_are_refused(self, client: Client, path: str) -> None:
        answer = requests.get(f"{client.emulator.url}/_emulator/{path}", timeout=20)
        assert answer.status_code in (400, 404)
        assert answer.json()["error"]

    def test_a_body_that_is_not_json_is_refused(self, client: Client) -> None:
        answer = requests.post(f"{client.emulator.url}/_emulator/faults", data=b"[", timeout=20)
        assert answer.status_code == 400
        assert "not JSON" in answer.json()["error"]


def test_property_definitions_tell_types_and_what_is_read_only(client: Client) -> None:
    for path in ("/crm/v3/properties/contacts", "/crm/v3/properties/0-1"):
        results = client.call("GET", path).json()["results"]
        by_name = {each["name"]: each for each in results}
        for name in (
            *("email", "hs_additional_emails", "firstname", "lastname", "phone", "city", "country", "zip"),
            *("date_of_birth", "lifecyclestage", "hs_email_optout", "hs_email_bounce", "loyalty_tier"),
            *("hs_email_bad_address", "hs_email_hard_bounce_reason_enum", "hs_object_id", "createdate"),
        ):
            assert {"label", "type", "fieldType", "groupName", "options"} <= set(by_name[name])
        assert by_name["hs_object_id"]["modificationMetadata"]["readOnlyValue"] is True
        assert by_name["firstname"]["modificationMetadata"]["readOnlyValue"] is False
        assert "customer" in [each["value"] for each in by_name["lifecyclestage"]["options"]]


def test_clients_that_do_not_speak_http_leave_no_traceback() -> None:
    half = b"POST /crm/v3/lists HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"
    head, broken = b"POST /crm/v3/lists HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\n"
    with EmulatorProcess() as process:
        host, _, port = process.url.removeprefix("http://").partition(":")
        for first, second in ((b"GARBAGE\r\n\r\n", b""), (head + broken, b""), (half, b""), (head, broken)):
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(first)
                assert process.state()["contacts"] == 0, "answered once the first part was read"
                connection.sendall(second)
                connection.shutdown(socket.SHUT_WR)
                said = connection.recv(65536)
            assert said == b"" or said.split()[1] == b"400"
        assert process.state()["requests"]["total"] == 0
        assert process.stop() == ""


def test_a_header_that_is_not_text_is_a_401(emulator: EmulatorProcess) -> None:
    host, _, port = emulator.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"GET {DETAILS} HTTP/1.1\r\nHost: x\r\nAuthorization: ".encode() + b"\xff\r\n\r\n")
        assert b" 401 " in connection.recv(65536)
