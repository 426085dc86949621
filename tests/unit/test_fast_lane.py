"""The fast lane says yes only where the library does, and the batch is what single verdicts are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync import fast_lane, verdict_pool
from sync.domains import provider_slips
from sync.emails import judge
from sync.errors import SyncError
from sync.fast_lane import VERDICTS, FastLane, FastLaneError, judge_batch
from sync.records import Verdict
from sync.verdict_pool import VerdictPool
from tests.data.labelled import labelled_addresses
from tests.data.strategies import encodable_addresses

BORDER = [
    *("jo@example.com", "JO@EXAMPLE.COM", "o'lee+x@sub-1.example.de", None, "", "n/a"),
    *(" jo@example.com\t", "mailto:jo@example.com", "<jo@example.com>", "MAILTO:<\u200bJo@Example.com >"),
    *("mailto:mailto:jo@example.com", "<mailto:jo@example.com>", "<<jo@example.com>>", "mailto:", "<>", "<"),
    *(
        "\u212ao@example.com",
        "jo@\u212aexample.com",
        "jo@example.\u212aim",
        "\u017fue@example.com",
        "jo@\u017fo.com",
    ),
    *(
        "jo@example.com\n",
        "jo@example.com\x00",
        "jo\x00@example.com",
        "jo@example.com\x85",
        "jo@example.com\ufeff",
    ),
    *(
        "jo@ab--cd.com",
        "jo@xn--mller-kva.de",
        "jo@a--b.com",
        "jo@-a.com",
        "jo@a-.com",
        "jo@1.2.3.4",
        "jo@1.com",
    ),
    *(
        "jo@com",
        "jo@example.arpa",
        "jo@example.test",
        "jo@example.con",
        "jo@example.xn--p1ai",
        "jo@example.рф",
    ),
    *("j..o@example.com", ".jo@example.com", "jo.@example.com", "@example.com", "jo@@example.com", "jo@.com"),
    *("jo@gmial.com", "jo@gmail.com", "Jo@YAHOOO.com", "jo@mail.com", "jo@hotmial.co.uk", '"jo"@example.com'),
    *(
        "a" * 52 + "@example.com",
        "a" * 53 + "@example.com",
        "a" * 64 + "@example.com",
        "a" * 65 + "@example.com",
    ),
    *(
        "jo@" + "a" * 57 + ".com",
        "jo@" + "a" * 63 + ".com",
        "jo@" + "a" * 64 + ".com",
        "a@" + "b." * 31 + "de",
    ),
    *(
        "jo@" + "a." * 123 + "com",
        "jo@" + "a." * 124 + "com",
        "jo@müller.de",
        "jo@example。com",
        "jösé@example.com",
    ),
]


@pytest.fixture(scope="module")
def lane() -> Any:
    with FastLane() as lane:
        yield lane


def _single(emails: list[str | None]) -> list[Verdict]:
    return [judge(email) for email in emails]


def _rows(table: pa.Table) -> list[Verdict]:
    return [Verdict(**row) for row in table.to_pylist()]


@pytest.mark.parametrize("fast", [True, False])
def test_batch_equals_single_verdicts(fast: bool) -> None:
    """In order, with every field, whether the lane is on or off."""
    table = judge_batch(pa.array(BORDER), fast=fast)
    assert table.schema == VERDICTS
    assert _rows(table) == _single(BORDER)


@pytest.mark.parametrize("fast", [True, False])
def test_labelled_addresses(fast: bool) -> None:
    """The lane, on or off, says what the labelled set says."""
    rows = [row for row in labelled_addresses() if row.is_unicode]
    table = judge_batch([row.address for row in rows], fast=fast).select(
        ["email", "verdict", "code", "wire_email"]
    )
    names = ("address", "verdict", "code", "wire_email")
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        tuple(getattr(row, name) for name in names) for row in rows
    ]


@pytest.mark.parametrize("kind", [pa.array, pa.chunked_array, list])
def test_takes_arrays_chunks_and_lists(kind: Any) -> None:
    """Strings of any Arrow width, in any number of chunks, none included."""
    emails = ["jo@example.com", None, "x"]
    given = {
        pa.array: pa.array(emails, pa.large_string()),
        pa.chunked_array: pa.chunked_array([emails[:1], emails[1:]], pa.string()),
        list: emails,
    }[kind]
    assert _rows(judge_batch(given)) == _single(emails)
    assert judge_batch(pa.chunked_array([], pa.string())).num_rows == 0
    assert judge_batch([None]).num_rows == 1


@settings(max_examples=150)
@given(st.lists(encodable_addresses(), min_size=1, max_size=40))
@example(["mailto:mailto:jo@example.com", "<mailto:jo@example.com>"])
def test_whatever_the_lane_accepts_the_library_accepts(lane: Any, emails: list[str]) -> None:
    """Verdict, code, wire form and suggestion are the library's, for a mix of sound and broken texts."""
    assert _rows(lane.judge_batch(emails)) == _single(list(emails))


def test_lane_alone_is_no_guess(lane: FastLane) -> None:
    """Every wire form that the expression yields is the one of the single verdict, and most are yielded."""
    emails = [email for email in BORDER if email is not None]
    wires = lane._accepted(pa.array(emails)).to_pylist()
    assert [wire for wire in wires if wire] == [
        judge(email).wire_email for email, wire in zip(emails, wires, strict=True) if wire
    ]
    assert sum(wire is not None for wire in wires) >= 12


def test_every_slip_is_left_to_the_suggestions(lane: FastLane) -> None:
    """The lane accepts no domain for which a provider is suggested."""
    emails = [f"jo@{slip}" for slip in provider_slips()]
    assert lane._accepted(pa.array(emails)).null_count == len(emails)


def test_order_is_kept_over_many_rows(lane: FastLane) -> None:
    """DuckDB reads on several threads and still answers row by row."""
    emails = [f"user{number}@example.com" if number % 3 else f"user{number}" for number in range(400_000)]
    table = lane.judge_batch(pa.array(emails))
    expected = [email if number % 3 else None for number, email in enumerate(emails)]
    assert table["wire_email"].to_pylist() == expected


def test_sample_catches_a_wrong_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that accepts too much stops the run; the sentence shows no address in full."""
    monkeypatch.setattr(fast_lane, "_LANE", "select lower(email) as wire, null::varchar as domain from batch")
    with pytest.raises(FastLaneError) as error, FastLane() as lane:
        lane.judge_batch(["joanna.lee@example.con"])
    assert "joanna" not in str(error.value)
    assert "jo***@example.con" in str(error.value)


@pytest.mark.parametrize("position", [0, 1000, 3000])
def test_sample_is_one_in_a_thousand(position: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first accepted row and every thousandth after it are judged again."""
    monkeypatch.setattr(fast_lane, "_LANE", "select email as wire, null::varchar as domain from batch")
    emails = [f"user{number}@example.com" for number in range(4_000)]
    with FastLane() as lane:
        lane.judge_batch(emails)
        emails[position] = "nobody"
        with pytest.raises(FastLaneError):
            lane.judge_batch(emails)


def test_processes_give_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a number of texts on they are judged in processes; order and verdicts stay."""
    monkeypatch.setattr(fast_lane, "_POOL_FROM", 150)
    monkeypatch.setattr(fast_lane, "_SHARE_FROM", 50)
    monkeypatch.setattr(verdict_pool, "_TASK", 7)
    with FastLane(fast=False) as lane:
        emails = BORDER + [f"user{number}@example.com" for number in range(60)]
        assert _rows(lane.judge_batch(emails)) == _single(emails)
        assert not lane._pool._workers
        assert _rows(lane.judge_batch(emails)) == _single(emails)
        assert lane._pool._workers
        assert _rows(lane.judge_batch(emails[:40])) == _single(emails[:40])


def test_dead_process_is_an_error_not_a_hang() -> None:
    """When a worker is gone, the batch fails with a sentence."""
    pool = VerdictPool(1)
    pool.judge_rows(["jo@example.com"])
    process, _ = pool._workers[0]
    process.kill()
    process.join()
    with pytest.raises(SyncError, match="died"):
        pool.judge_rows(["jo@example.com"])
    pool.close()


def test_processes_end_with_the_pool() -> None:
    """No process is left behind."""
    pool = VerdictPool(2)
    pool.judge_rows(["jo@example.com"] * 1500)
    processes = [process for process, _ in pool._workers]
    assert len(processes) == 2
    pool.close()
    assert [process.exitcode for process in processes] == [0, 0]
