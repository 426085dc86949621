"""HubSpot over real HTTP: every method against the emulator, and what no peer can make of our requests."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sync import answers
from sync.errors import SyncError
from sync.hubspot import ALLOWED, HubSpot
from sync.records import RateLimit, Reply
from tests.edge.emulator_fixtures import NO_LIMITS
from tests.emulator_process import EmulatorProcess

TOKEN = "pat-eu1-of-this-test"
VERSIONS = ("v3", "2026-03", "2026-09")
PEOPLE = ("ann", "bob", "cat")
READ = "POST /crm/v3/objects/contacts/batch/read"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    people = [{"email": f"{name}@example.com", "nickname": ""} for name in PEOPLE]
    with EmulatorProcess(contacts=people, token=TOKEN, arguments=NO_LIMITS) as process:
        yield process


@pytest.fixture
def hubspot(emulator: EmulatorProcess) -> Iterator[HubSpot]:
    yield HubSpot(emulator.url, TOKEN, "v3", 20)
    emulator.faults([])


class Peer:
    """A server that is not HubSpot: keeps what it was sent and answers as told."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.answer_headers: dict[str, str] = {}
        self.body = b"{}"
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator[Peer]:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                peer.headers.append(dict(self.headers))
                self.send_response(peer.status)
                for name, value in peer.answer_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(peer.body)))
                self.end_headers()
                self.wfile.write(peer.body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
                """Keep quiet."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer().serving() as serving:
        yield serving


class TestEveryMethod:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_speaks_the_version_it_is_told(self, emulator: EmulatorProcess, version: str) -> None:
        hubspot = HubSpot(emulator.url, TOKEN, version, 20)
        before = emulator.state()["requests"]["total"]
        assert hubspot.account().body["portalId"] == 12345678
        list_id = str(hubspot.create_list(f"Made with {version}").body["list"]["listId"])  # type: ignore[index]
        replies = [
            hubspot.list_by_id(list_id),
            hubspot.list_by_name(f"Made with {version}"),
            hubspot.read_contacts(["ann@example.com"]),
            hubspot.read_properties(["40001"], ["nickname"]),
            hubspot.property_definitions(),
            hubspot.property_definitions(archived=True),
            hubspot.update_contacts([("40001", {"nickname": version})]),
            hubspot.change_members(list_id, add=["40001", "40002"], remove=[]),
            hubspot.change_members(list_id, add=[], remove=["40002"]),
            hubspot.members_page(list_id, None),
            hubspot.memberships(["40001"]),
            hubspot.daily_usage(),
        ]
        assert [reply.status for reply in replies] == [200] * 12
        log = [(each["method"], each["path"].partition("?")[0]) for each in emulator.requests(after=before)]
        assert len(log) == 14
        assert all(f"/{version}" in path for _, path in log)
        # The allow-list is as short as it can be: each of its routes is one that is used.
        for method, pattern in ALLOWED:
            assert any(method == used and re.fullmatch(pattern, path) for used, path in log)
        assert hubspot.requests == 14
        assert hubspot.contact_requests == 3

    def test_none_of_them_ever_created_a_contact(self, emulator: EmulatorProcess) -> None:
        hubspot = HubSpot(emulator.url, TOKEN, "v3", 20)
        hubspot.read_contacts(["nobody@example.com"])
        hubspot.update_contacts([("99999", {"nickname": "x"})])
        list_id = str(hubspot.create_list("No strangers").body["list"]["listId"])  # type: ignore[index]
        hubspot.change_members(list_id, add=["99999"], remove=[])
        state = emulator.state()
        assert (state["contacts"], state["contacts_created"]) == (len(PEOPLE), 0)

    def test_a_lookup_names_who_was_found_and_who_was_not(self, hubspot: HubSpot) -> None:
        reply = hubspot.read_contacts(["ann@example.com", "nobody@example.com"])
        assert reply.status == 207
        assert [each.primary_email for each in answers.contacts_of(reply)] == ["ann@example.com"]
        assert answers.missing_ids(reply) == {"nobody@example.com"}

    def test_an_update_writes_properties_and_names_what_is_missing(self, hubspot: HubSpot) -> None:
        reply = hubspot.update_contacts([("40001", {"nickname": "Annie"}), ("99999", {"nickname": "x"})])
        assert reply.status == 207
        assert [each.contact_id for each in answers.contacts_of(reply)] == ["40001"]
        assert answers.missing_ids(reply) == {"99999"}

    @pytest.mark.parametrize("name", ["Sale @ 50 % / day?", "Ünïcode ☂", "a&b=c#d;e+f", "..\\..", " x "])
    def test_any_list_name_is_found_whatever_its_case(self, hubspot: HubSpot, name: str) -> None:
        made = answers.list_of(hubspot.create_list(name))
        assert made is not None
        for asked in (name, name.upper(), name.lower()):
            assert answers.list_of(hubspot.list_by_name(asked)) == made
        assert made.processing_type == "MANUAL"
        assert made.size == 0

    def test_a_list_that_is_not_there(self, hubspot: HubSpot) -> None:
        assert hubspot.list_by_id("999999").status == 404
        assert hubspot.list_by_name("No such list").status == 404

    def test_members_come_page_by_page(self, emulator: EmulatorProcess) -> None:
        with EmulatorProcess(contacts=[{"email": f"c{n}@example.com"} for n in range(601)]) as crowd:
            hubspot = HubSpot(crowd.url, TOKEN, "v3", 20)
            list_id = str(hubspot.create_list("Crowd").body["list"]["listId"])  # type: ignore[index]
            everybody = [str(40001 + n) for n in range(601)]
            hubspot.change_members(list_id, add=everybody, remove=[])
            pages: list[list[str]] = []
            after: str | None = None
            while not pages or after:
                page = answers.page_of(hubspot.members_page(list_id, after))
                assert page is not None
                ids, after = page
                pages.append(ids)
        assert [len(page) for page in pages] == [250, 250, 101]
        assert [contact_id for page in pages for contact_id in page] == everybody


CREATES = [
    ("POST", "/crm/v3/objects/contacts"),
    ("POST", "/crm/v3/objects/contacts/batch/create"),
    ("POST", "/crm/v3/objects/contacts/batch/upsert"),
    ("POST", "/crm/objects/2026-09/contacts/batch/create"),
    ("POST", "/crm/objects/2026-09/contacts/batch/upsert"),
    ("POST", "/crm/v3/imports"),
    ("POST", "/crm/v3/imports/"),
    ("POST", "/contacts/v1/contact/batch/"),
    ("POST", "/contacts/v1/contact/createOrUpdate/email/ann@example.com"),
    ("POST", "/crm/v3/objects/contacts/merge"),
    ("POST", "/crm/v3/objects/contacts/batch/read/../create"),
    ("POST", "/crm/v3/objects/contacts/batch/readcreate"),
    ("POST", "/crm/v3/objects/contacts/batch/read\n/crm/v3/objects/contacts"),
]
DESTROYS = [
    ("POST", "/crm/v3/objects/contacts/batch/archive"),
    ("POST", "/crm/v3/objects/contacts/gdpr-delete"),
    ("POST", "/crm/v3/objects/contacts/batch/gdpr-delete"),
    ("DELETE", "/crm/v3/objects/contacts/40001"),
    ("PATCH", "/crm/v3/objects/contacts/40001"),
    ("DELETE", "/crm/v3/lists/811"),
    ("DELETE", "/crm/v3/lists/811/memberships"),
    ("PUT", "/crm/v3/lists/811/memberships/add-from/812"),
    ("PUT", "/crm/v3/lists/811/update-list-name"),
    ("PUT", "/crm/v3/lists/811/restore"),
    ("GET", "/crm/v3/lists/811/../../objects/contacts"),
    ("GET", "https://example.com/account-info/v3/details"),
]


class TestTheAllowList:
    @pytest.mark.parametrize(("method", "path"), CREATES + DESTROYS)
    def test_refuses_every_route_that_could_create_or_destroy(
        self, emulator: EmulatorProcess, hubspot: HubSpot, method: str, path: str
    ) -> None:
        before = emulator.state()["requests"]["total"]
        with pytest.raises(SyncError) as refused:
            hubspot._send(method, path, {"inputs": []})
        assert refused.value.code == "route"
        assert refused.value.exit_code == 1
        assert emulator.state()["requests"]["total"] == before
        assert hubspot.requests == 0

    @pytest.mark.parametrize("list_id", ["", "811/memberships/../..", "811 ", "x", "811?a=b", "８１１/"])
    def test_a_list_id_cannot_become_another_path(self, hubspot: HubSpot, list_id: str) -> None:
        with pytest.raises(SyncError, match="may not call"):
            hubspot.change_members(list_id, add=["1"], remove=[])


class TestTheToken:
    def test_goes_in_the_header_and_nowhere_else(self, peer: Peer) -> None:
        HubSpot(peer.url, TOKEN, "v3", 20).account()
        (headers,) = peer.headers
        assert headers["Authorization"] == f"Bearer {TOKEN}"
        assert headers["User-Agent"] == "hubspot-sync"
        assert [name for name, value in headers.items() if TOKEN in value] == ["Authorization"]

    def test_a_netrc_file_does_not_replace_it(
        self, peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login a password b\n")
        monkeypatch.setenv("NETRC", str(netrc))
        HubSpot(peer.url, TOKEN, "v3", 20).account()
        assert [each["Authorization"] for each in peer.headers] == [f"Bearer {TOKEN}"]

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_an_answer_and_is_not_followed(self, peer: Peer, status: int) -> None:
        with Peer().serving() as other:
            peer.status = status
            peer.answer_headers = {"Location": f"{other.url}/account-info/v3/details"}
            reply = HubSpot(peer.url, TOKEN, "v3", 20).read_contacts(["ann@example.com"])
            assert reply.status == status
            assert other.headers == []

    def test_a_wrong_one_is_refused(self, emulator: EmulatorProcess) -> None:
        assert HubSpot(emulator.url, "another", "v3", 20).account().status == 401


class TestAnswersThatAreNone:
    def test_nobody_listens(self) -> None:
        assert HubSpot("http://127.0.0.1:9", TOKEN, "v3", 20).account() == Reply(0, {})

    @pytest.mark.parametrize("trouble", [{"reset": "before"}, {"reset": "after"}, {"hang": 5}])
    def test_a_broken_or_silent_connection(
        self, emulator: EmulatorProcess, hubspot: HubSpot, trouble: dict[str, object]
    ) -> None:
        emulator.faults([{"route": READ, **trouble}])
        impatient = HubSpot(emulator.url, TOKEN, "v3", 0.2)
        reply = impatient.read_contacts(["ann@example.com"])
        assert reply == Reply(0, {}, timed_out="hang" in trouble)
        assert impatient.requests == 1

    def test_a_page_of_html(self, emulator: EmulatorProcess, hubspot: HubSpot) -> None:
        emulator.faults([{"route": READ, "html": True, "status": 502}])
        reply = hubspot.read_contacts(["ann@example.com"])
        assert (reply.status, reply.body, reply.timed_out) == (502, {}, False)

    @pytest.mark.parametrize("status", [504, 524])
    def test_one_that_took_too_long_by_hubspots_own_word(
        self, emulator: EmulatorProcess, hubspot: HubSpot, status: int
    ) -> None:
        emulator.faults([{"route": READ, "status": status}])
        assert hubspot.read_contacts(["ann@example.com"]).timed_out

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"a": NaN, ', b"[" * 3000]
    )
    def test_a_body_that_is_no_json_object(self, peer: Peer, body: bytes) -> None:
        peer.body = body
        assert HubSpot(peer.url, TOKEN, "v3", 20).account() == Reply(200, {}, is_garbled=True)

    def test_what_no_warehouse_can_store_is_replaced(self, peer: Peer) -> None:
        peer.body = rb'{"message": "a\u0000b\ud800c", "errors": [{"context": {"ids": ["\udfff", 7, null]}}]}'
        assert HubSpot(peer.url, TOKEN, "v3", 20).account().body == {
            "message": "a?b?c",
            "errors": [{"context": {"ids": ["?", 7, None]}}],
        }

    def test_an_answer_cut_short(self, peer: Peer) -> None:
        peer.answer_headers = {"Content-Length": "1000"}
        assert HubSpot(peer.url, TOKEN, "v3", 0.3).account().status == 0


class TestTheLimit:
    MAX, REMAINING, INTERVAL = (
        f"X-HubSpot-RateLimit-{name}" for name in ("Max", "Remaining", "Interval-Milliseconds")
    )

    def told(self, peer: Peer, **headers: str) -> RateLimit | None:
        peer.answer_headers = {getattr(self, name): value for name, value in headers.items()}
        return HubSpot(peer.url, TOKEN, "v3", 20).account().limit

    def test_is_what_the_headers_say(self) -> None:
        with EmulatorProcess(arguments=("--burst", "50")) as emulator:
            hubspot = HubSpot(emulator.url, TOKEN, "v3", 20)
            assert hubspot.account().limit == RateLimit(50, 49, 10.0)
            assert hubspot.list_by_id("999999").limit == RateLimit(50, 48, 10.0)

    def test_may_be_told_in_part_or_not_at_all(self, peer: Peer) -> None:
        assert self.told(peer) is None
        assert self.told(peer, REMAINING="5") is None
        assert self.told(peer, MAX="100") == RateLimit(100, None, 10.0)
        assert self.told(peer, MAX="11", REMAINING="0", INTERVAL="1000") == RateLimit(11, 0, 1.0)

    @pytest.mark.parametrize("value", ["0", "-1", "many", "", "1e3", "99999999999999999999"])
    def test_nonsense_tells_nothing(self, peer: Peer, value: str) -> None:
        assert self.told(peer, MAX=value) is None
        assert self.told(peer, MAX="100", REMAINING=value) in (
            RateLimit(100, None, 10.0),
            RateLimit(100, 0, 10.0),
        )
        assert self.told(peer, MAX="100", INTERVAL=value) == RateLimit(100, None, 10.0)

    def test_an_interval_of_hours_is_not_believed(self, peer: Peer) -> None:
        """A run that paced itself by it would stand still for days without a word."""
        assert self.told(peer, MAX="100", INTERVAL="60000") == RateLimit(100, None, 60.0)
        assert self.told(peer, MAX="100", INTERVAL="999999999") is None


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("3", 3.0),
            ("0.5", 0.5),
            ("0", 0.0),
            ("-3", 0.0),
            ("nan", 0.0),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
            ("", None),
        ],
    )
    def test_is_read_as_seconds(self, peer: Peer, header: str, seconds: float | None) -> None:
        peer.status = 429
        peer.answer_headers = {"Retry-After": header}
        assert HubSpot(peer.url, TOKEN, "v3", 20).account().retry_after == seconds

    def test_is_often_absent(self, hubspot: HubSpot) -> None:
        assert hubspot.account().retry_after is None


def test_an_error_keeps_its_correlation_id(hubspot: HubSpot) -> None:
    reply = hubspot.list_by_id("999999")
    assert reply.correlation_id
    assert reply.correlation_id == reply.body["correlationId"]


def test_threads_do_not_share_a_connection(emulator: EmulatorProcess, hubspot: HubSpot) -> None:
    emulator.faults([{"route": READ, "latency": 0.05, "times": None}])
    statuses: list[int] = []

    def read() -> None:
        statuses.append(hubspot.read_contacts(["ann@example.com"]).status)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert hubspot.requests == 8
