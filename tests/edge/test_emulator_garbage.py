"""Whatever a client sends, the emulator answers in HubSpot's shape: never a 500, never a traceback."""

import copy
import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.endpoints import COMMON
from emulator.routes import ROUTES
from tests.edge.emulator_fixtures import MANY_SEARCHES, NO_LIMITS
from tests.emulator_process import EmulatorProcess

V3 = [name for name in ROUTES if "/v3/" in name]
_RECORD = {"objectTypeId": "0-1", "recordId": "40001"}
DEFINITION = {
    "name": "shoe_size",
    "label": "Shoe size",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "contactinformation",
    "options": [{"label": "39", "value": "39", "displayOrder": 1, "hidden": False}],
}
VALID: dict[str, Any] = {
    "contacts/batch/read": {
        "idProperty": "email",
        "properties": ["email"],
        "propertiesWithHistory": [],
        "inputs": [{"id": "ann@example.com"}],
    },
    "contacts/batch/update": {
        "inputs": [{"id": "40001", "properties": {"city": "x", "last_order_date": "2026-01-01"}}]
    },
    "contacts/batch/create": {
        "inputs": [{"properties": {"email": "new@example.com"}, "objectWriteTraceId": "1"}]
    },
    "contacts/batch/upsert": {
        "inputs": [{"id": "up@example.com", "idProperty": "email", "properties": {"lifetime_value": "1"}}]
    },
    "contacts/batch/archive": {"inputs": [{"id": "40009"}]},
    "objects/contacts": {"properties": {"email": "one@example.com", "lifecyclestage": "lead"}},
    "contacts/{contactId}": {"properties": {"phone": "1"}, "objectWriteTraceId": "1"},
    "contacts/search": {
        "filterGroups": [
            {
                "filters": [
                    {"propertyName": "createdate", "operator": "BETWEEN", "value": "1", "highValue": "9"},
                    {"propertyName": "email", "operator": "IN", "values": ["ann@example.com"]},
                    {"propertyName": "city", "operator": "CONTAINS_TOKEN", "value": "x*"},
                ]
            }
        ],
        "query": "ann",
        "sorts": [{"propertyName": "email", "direction": "DESCENDING"}],
        "properties": ["email"],
        "limit": 10,
        "after": "0",
    },
    "properties/contacts": DEFINITION,
    "properties/0-1": DEFINITION,
    "properties/contacts/batch/create": {"inputs": [DEFINITION]},
    "properties/0-1/batch/create": {"inputs": [DEFINITION]},
    "properties/contacts/batch/read": {"inputs": [{"name": "email"}], "archived": False},
    "properties/0-1/batch/read": {"inputs": [{"name": "email"}], "archived": False},
    "contacts/merge": {"primaryObjectId": "40001", "objectIdToMerge": "40002"},
    "lists/search": {
        "query": "a",
        "objectTypeId": "0-1",
        "processingTypes": ["MANUAL"],
        "listIds": ["811"],
        "additionalProperties": ["hs_list_size"],
        "offset": 0,
        "count": 10,
    },
    "v3/lists": {"name": "a", "objectTypeId": "0-1", "processingType": "MANUAL"},
    "memberships/batch/read": {"inputs": [_RECORD]},
    "memberships/add": ["40001"],
    "memberships/remove": ["40001"],
    "memberships/add-and-remove": {"recordIdsToAdd": ["40001"], "recordIdsToRemove": ["40002"]},
}

BODILESS = ("/restore", "/update-list-name", "/add-from/{sourceListId}")
"""Ends of the routes that write and take no body."""
WITH_A_BODY = [
    name for name in V3 if name.startswith(("POST", "PUT", "PATCH")) and not name.endswith(BODILESS)
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
segment = st.text(st.characters(), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    """Its end fails the module when the process wrote a traceback."""
    people = [{"email": f"{name}@example.com"} for name in ("ann", "bob")]
    with EmulatorProcess(contacts=people, arguments=[*NO_LIMITS, *MANY_SEARCHES]) as process:
        yield process


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.headers["Authorization"] = "Bearer x"
        yield made


def send(
    session: requests.Session, emulator: EmulatorProcess, route: str, parts: list[str], **options: Any
) -> requests.Response:
    """A request to a route whose ``{parts}`` are filled in; its status is one that the route declares."""
    method, _, template = route.partition(" ")
    pieces = ["{" in piece for piece in template.split("/")]
    filled = [
        quote(parts.pop().encode("utf-8", "surrogatepass"), safe="") if is_part else piece
        for piece, is_part in zip(template.split("/"), pieces, strict=True)
    ]
    answer = session.request(method, emulator.url + "/".join(filled), timeout=20, **options)
    assert answer.status_code in {*map(int, ROUTES[route].endpoint.answers.split()), *COMMON}, answer.text
    return answer


def assert_hubspots_shape(answer: requests.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        body = answer.json()
        assert body["status"] == "error"
        assert body["message"]
        assert body["correlationId"]


def valid_body(route: str) -> Any:
    """A body that fits the route. A route without one here fails the module."""
    return next(body for end, body in reversed(VALID.items()) if route.endswith(end))


def with_junk(valid: Any, junk: Any, choose: Any) -> Any:
    """``valid`` with one of its nodes replaced by ``junk``."""
    value = copy.deepcopy(valid)
    node = value
    while True:
        key = choose(list(node) if isinstance(node, dict) else list(range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or choose([True, False]):
            node[key] = junk
            return value
        node = node[key]


@pytest.mark.parametrize("route", WITH_A_BODY)
def test_what_junk_is_put_into_fits_without_it(
    emulator: EmulatorProcess, session: requests.Session, route: str
) -> None:
    part = "40001" if "contactId" in route else "811"
    answer = send(session, emulator, route, [part], json=valid_body(route))
    assert not answer.text.startswith('{"status":"error","message":"Invalid input JSON')


@pytest.mark.parametrize("route", WITH_A_BODY)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_junk_in_a_body(
    emulator: EmulatorProcess, session: requests.Session, route: str, data: st.DataObject
) -> None:
    junk = data.draw(anything)
    body = with_junk(valid_body(route), junk, lambda options: data.draw(st.sampled_from(options)))
    for each in (body, junk):
        text = json.dumps(each)
        headers = {"Content-Type": "application/json"}
        assert_hubspots_shape(
            send(
                session,
                emulator,
                route,
                ["40001" if "contactId" in route else "811"],
                data=text,
                headers=headers,
            )
        )


@pytest.mark.parametrize("route", V3)
@settings(max_examples=25, deadline=None)
@given(parts=st.lists(segment, min_size=2, max_size=2), query=st.dictionaries(segment, segment, max_size=2))
def test_junk_in_the_url(
    emulator: EmulatorProcess,
    session: requests.Session,
    route: str,
    parts: list[str],
    query: dict[str, str],
) -> None:
    drawn = itertools.cycle([*query.values(), *query, *parts, "9" * 30])
    known = {name: next(drawn) for name in sorted(ROUTES[route].query)}
    for asked in (query, known):
        encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in asked.items()}
        params = {name.encode("utf-8", "surrogatepass"): value for name, value in encoded.items()}
        assert_hubspots_shape(send(session, emulator, route, list(parts), params=params))


@pytest.mark.parametrize("route", WITH_A_BODY)
@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"NaN", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"[" + b"9" * 5000 + b"]", "application/json"),
        (b"\x1f\x8b\x08\x00", "application/json"),
        (b"null", "application/json"),
        (b"[]x", "application/json"),
        (b'["40001"]', "text/plain"),
        (b'["40001"]', ""),
    ],
    ids=[
        "empty",
        "cut",
        "not utf-8",
        "nan",
        "deep",
        "huge number",
        "gzip",
        "null",
        "tail",
        "text",
        "untyped",
    ],
)
def test_a_body_that_is_not_the_json_asked_for_is_a_400(
    emulator: EmulatorProcess, session: requests.Session, route: str, raw: bytes, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    answer = send(
        session, emulator, route, ["40001" if "contactId" in route else "811"], data=raw, headers=headers
    )
    assert answer.status_code == 400
    assert_hubspots_shape(answer)
    assert answer.json()["message"].startswith("Invalid input JSON on line ")


def test_a_body_that_is_not_compressed_as_it_says_is_a_400(
    emulator: EmulatorProcess, session: requests.Session
) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = send(session, emulator, "POST /crm/v3/lists", [], data=b"not gzip", headers=headers)
    assert answer.status_code == 400
    assert_hubspots_shape(answer)


@settings(max_examples=50, deadline=None)
@given(
    body=anything,
    path=st.sampled_from(
        [
            *("contacts", "faults", "lists/811/members", "state", "tokens", "clock", "reset", "behaviour"),
            "rules",
        ]
    ),
)
def test_junk_in_an_admin_call(
    emulator: EmulatorProcess, session: requests.Session, body: Any, path: str
) -> None:
    answer = session.post(f"{emulator.url}/_emulator/{path}", data=json.dumps(body), timeout=20)
    assert answer.status_code in (200, 400, 404)
    if answer.status_code != 200:
        assert answer.json()["error"]


@settings(max_examples=50, deadline=None)
@given(path=st.text(st.characters(), max_size=30))
def test_junk_paths_are_a_404(emulator: EmulatorProcess, session: requests.Session, path: str) -> None:
    answer = session.get(f"{emulator.url}/{quote(path.encode('utf-8', 'surrogatepass'))}", timeout=20)
    assert answer.status_code == 404
    assert_hubspots_shape(answer)
