"""The dbt tests over the sync's state pass on a sound state, and each fails on what it forbids."""

from __future__ import annotations

import pytest

from tests.edge.state_rows import (
    STATE,
    Given,
    Row,
    added,
    flat,
    found,
    judged,
    listed,
    looked_up,
    observed,
    removed,
    runs,
    updated,
    wanted,
)
from tests.edge.state_session import Session
from tests.host import MIRROR, Host

SOUND: Given = [
    runs(),
    wanted("a"),
    wanted("b"),
    wanted("b", customer="c-1"),
    wanted("c", address="c@"),
    wanted("d", MIRROR),
    wanted("e"),
    found("a", "A"),
    found("b", "B"),
    judged("d", "rejected", code="unknown_tld"),
    judged("e"),
    looked_up("e", None, outcome="refused"),
    added("A", "rejected"),
    updated("A", "{}", step=304),
    added("B"),
    removed("X", "in_doubt"),
    observed("Y", present=True),
    listed("Capped", None, 901),
    listed(MIRROR, None, 902),
    updated("B", "{}", list_name="Capped", step=504),
    updated("B", "{}", list_name=MIRROR, step=504),
]


def _done(run_no: int) -> Row:
    return Row(
        f"{STATE}.run_events", {"run_no": run_no, "run_id": "x", "event": "finished", "status": "done"}
    )


FORBIDDEN: dict[str, Given] = {
    "hubspot_every_candidate_has_one_status": [runs()[8]],
    "hubspot_rejected_rows_have_a_reason": [
        wanted("f"),
        found("f", "F"),
        [
            Row(row.table, {k: v for k, v in row.values.items() if k != "code"})
            for row in added("F", "rejected")
        ],
    ],
    "hubspot_intents_are_answered": [wanted("f"), found("f", "F"), added("F", "in_doubt")],
    "hubspot_done_runs_left_nothing": [added("F", "failed", step=904), _done(9)],
    "hubspot_changes_come_one_at_a_time": [added("F"), removed("F")],
    "hubspot_changes_belong_to_a_run": [added("F", step=1004)],
    "hubspot_lists_have_one_name": [listed(MIRROR, "10", 903)],
}


def _statuses(host: Host, *selection: str) -> dict[str, str]:
    outcome = host.warehouse._dbt("test", "--select", *selection)
    tests = [result for result in outcome.result if "test" in result.node.resource_type]
    return {result.node.name: str(result.status) for result in tests}


def _write(host: Host, rows: Given) -> None:
    session = Session(host)
    with session.transaction(keep=True):
        session.insert(flat(rows))
        session.rows(f"update {STATE}.run_events set occurred_at = timestamp '2020-01-01 00:00:00'")
    session.close()


def test_the_views_keep_their_examples(host: Host) -> None:
    statuses = _statuses(host, "test_type:unit")
    assert {"the_strongest_answer_counts", "a_missing_lookup_delays_a_removal"} < statuses.keys()
    assert set(statuses.values()) == {"pass"}


def test_a_sound_state_passes(host: Host) -> None:
    _write(host, SOUND)
    statuses = _statuses(host, "test_type:data")
    assert statuses.keys() > FORBIDDEN.keys()
    assert {name for name, status in statuses.items() if status != "pass"} == set()


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_dbt_test_finds_what_it_forbids(duckdb_host: Host, name: str) -> None:
    _write(duckdb_host, [*SOUND, *FORBIDDEN[name]])
    expected = "warn" if name == "hubspot_intents_are_answered" else "fail"
    assert _statuses(duckdb_host, name) == {name: expected}


def test_a_receipt_without_an_intent_is_found(duckdb_host: Host) -> None:
    _write(duckdb_host, [*SOUND, added("F")[1:]])
    name = "hubspot_changes_belong_to_a_run"
    assert _statuses(duckdb_host, name) == {name: "fail"}
