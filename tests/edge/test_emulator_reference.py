"""What endpoints declare of themselves is so, and the page about them says it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.behaviour import SWITCHES, WHOLE_NUMBER, Behaviour, Switchboard
from emulator.clock import Clock, Moment
from emulator.crm import Portal
from emulator.endpoints import ENDPOINTS, VERSIONS, prefix
from emulator.limits import Limits
from emulator.reference import PAGE, page
from emulator.service import Request, Service
from emulator.tokens import Tokens
from emulator.world import World
from tests.edge.emulator_cases import PARTS, Case, cases

NOON = "2026-06-01T12:00:00.000Z"
CASES = list(cases())
DECLARED = {f"{each.method} {each.api} {each.rest}": each for each in ENDPOINTS}


def portal() -> Portal:
    """Ann, Bob and one merged into Ann; a list with Ann on it, a DYNAMIC one, and two that were deleted, one
    of which has lost its name to the first.
    """
    made = Portal(1)
    ann, _, cat = (made.put_by_hand({"email": f"{name}@example.com"}, NOON) for name in ("ann", "bob", "cat"))
    made.merge(ann, cat, NOON)
    made.lists.delete(made.lists.create("Static", "MANUAL", NOON), NOON)
    made.lists.create("Static", "MANUAL", NOON).put([ann.id], NOON)
    made.lists.create("Dynamic", "DYNAMIC", NOON)
    made.lists.delete(made.lists.create("Gone", "MANUAL", NOON), NOON)
    return made


def ask(case: Case, version: str = "v3", flipped: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """Status and body of a new emulator's answer, without what is random in it."""
    method, api, rest = case.endpoint.split(" ")
    path = prefix(api, version) + rest
    for name, value in (PARTS | dict(case.parts)).items():
        path = path.replace(f"{{{name}}}", value)
    behaviour = Behaviour().with_values({**case.switches, **(flipped or {})})
    limits = Limits(burst=10, daily=10, portal_id=1)
    service = Service(World(portal(), Clock(), limits, Switchboard(behaviour), Tokens(None, None, None)))
    headers = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    raw = b"" if case.body is None else json.dumps(case.body).encode()
    moment = Moment(0, datetime.fromisoformat(NOON).astimezone(UTC))
    answer = service.answer(service.arrive(Request(method, path, case.query, headers, raw, moment)), "")
    body = answer.body
    return answer.status, {**body, "correlationId": ""} if isinstance(body, dict) else body


def test_the_page_is_as_the_code_declares() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m emulator.reference"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_declared_status_is_answered_and_no_other(version: str) -> None:
    seen: dict[str, set[int]] = defaultdict(set)
    for case in CASES:
        status, body = ask(case, version)
        assert status == case.status, (case, body)
        seen[case.endpoint].add(status)
    assert seen == {name: set(map(int, each.answers.split())) for name, each in DECLARED.items()}


def test_exactly_the_declared_switches_change_an_answer() -> None:
    seen: dict[str, set[str]] = {name: set() for name in DECLARED}
    for case in CASES:
        before = ask(case)
        for name, switch in SWITCHES.items():
            for value in switch.values[1:]:
                other = "1" if value == WHOLE_NUMBER else value
                if ask(case, flipped={name: other}) != before:
                    seen[case.endpoint].add(name)
    assert seen == {name: set(each.switches.split()) for name, each in DECLARED.items()}


def test_every_switch_but_those_of_every_answer_is_declared_by_an_endpoint() -> None:
    declared = {name for each in ENDPOINTS for name in each.switches.split()}
    assert set(SWITCHES) - declared == {"rate_limit_headers", "retry_after"}
