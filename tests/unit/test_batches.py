"""Requests stay within HubSpot's limits, and a refused one costs only its bad rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.batches import CONTACTS_PER_REQUEST, chunks, cut, isolate
from sync.records import Change


def changes(*groups: tuple[str, str, int]) -> list[Change]:
    """Changes in sending order: so many of each action and list."""
    return [
        Change(number, list_name, action, str(number), None)  # type: ignore[arg-type]
        for action, list_name, count in groups
        for number in range(count)
    ]


class TestCut:
    @pytest.mark.parametrize(
        ("groups", "sizes"),
        [
            ([], []),
            ([("add", "A", 500)], [500]),
            ([("add", "A", 501)], [500, 1]),
            ([("remove", "A", 501)], [500, 1]),
            ([("update", "A", 100)], [100]),
            ([("update", "A", 101)], [100, 1]),
            ([("add", "A", 2), ("add", "B", 3)], [2, 3]),
            ([("remove", "A", 1), ("update", "A", 1), ("add", "A", 1)], [1, 1, 1]),
        ],
    )
    def test_goes_by_action_list_and_limit(
        self, groups: list[tuple[str, str, int]], sizes: list[int]
    ) -> None:
        assert [len(batch.changes) for batch in cut(changes(*groups), 500)] == sizes

    def test_updates_keep_to_hubspots_limit_whatever_the_membership_batch_is(self) -> None:
        (small, rest) = cut(changes(("update", "A", 101)), 10_000)
        assert (len(small.changes), len(rest.changes)) == (CONTACTS_PER_REQUEST, 1)

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["remove", "update", "add"]), st.sampled_from("AB"), st.integers(1, 250)
            ),
            max_size=6,
        ),
        st.integers(1, 120),
    )
    def test_keeps_every_change_once_and_in_order(
        self, groups: list[tuple[str, str, int]], membership_batch: int
    ) -> None:
        given_changes = changes(*groups)
        batches = list(cut(given_changes, membership_batch))
        assert [change for batch in batches for change in batch.changes] == given_changes
        for batch in batches:
            assert {(c.action, c.list_name) for c in batch.changes} == {(batch.action, batch.list_name)}
            limit = CONTACTS_PER_REQUEST if batch.action == "update" else membership_batch
            assert len(batch.changes) <= limit
        for one, following in pairwise(batches):
            if (one.action, one.list_name) == (following.action, following.list_name):
                assert len(one.changes) == (100 if one.action == "update" else membership_batch)

    def test_reads_no_further_than_the_batch_it_gives(self) -> None:
        read = 0

        def counted() -> Iterator[Change]:
            nonlocal read
            for change in changes(("add", "A", 50)):
                read += 1
                yield change

        next(cut(counted(), 10))
        assert read == 10


@given(st.lists(st.integers()), st.integers(1, 10))
def test_chunks_are_full_but_for_the_last(rows: list[int], size: int) -> None:
    pieces = list(chunks(rows, size))
    assert [row for piece in pieces for row in piece] == rows
    assert [len(piece) for piece in pieces[:-1]] == [size] * (len(pieces) - 1)
    assert all(1 <= len(piece) <= size for piece in pieces)


class Refuser:
    """HubSpot, as far as it refuses a request whole for any bad row in it."""

    def __init__(self, bad: set[int]) -> None:
        self.bad = bad
        self.refusals: list[list[int]] = []
        self.taken: list[list[int]] = []

    @property
    def calls(self) -> int:
        return len(self.refusals) + len(self.taken)

    def __call__(self, rows: Sequence[int]) -> bool:
        is_refused = not self.bad.isdisjoint(rows)
        (self.refusals if is_refused else self.taken).append(list(rows))
        return is_refused


@st.composite
def rows_with_bad_ones(draw: st.DrawFn) -> tuple[int, set[int]]:
    count = draw(st.integers(1, 600))
    few = st.sets(st.integers(0, count - 1), max_size=12)
    many = st.sets(st.integers(0, count - 1), min_size=count // 2)
    return count, draw(st.one_of(few, many, st.just(set(range(count)))))


class TestIsolate:
    @given(rows_with_bad_ones())
    def test_costs_at_most_1_and_2k_log_n_calls_and_no_good_row(self, case: tuple[int, set[int]]) -> None:
        count, bad = case
        refuser = Refuser(bad)
        assert isolate(range(count), refuser) == sorted(bad)
        assert refuser.calls <= 1 + 2 * len(bad) * ceil(log2(count))
        assert sorted(row for rows in refuser.taken for row in rows) == sorted(set(range(count)) - bad)
        assert sorted(rows[0] for rows in refuser.refusals if len(rows) == 1) == sorted(bad)

    @pytest.mark.parametrize("count", [1, 2, 100, 500])
    def test_without_bad_rows_it_is_one_call(self, count: int) -> None:
        refuser = Refuser(set())
        assert isolate(range(count), refuser) == []
        assert refuser.calls == 1

    @given(rows_with_bad_ones(), st.sampled_from([100, 500]))
    def test_a_whole_job_stays_within_the_promised_number_of_requests(
        self, case: tuple[int, set[int]], size: int
    ) -> None:
        """At most ⌈n/size⌉ + 2k⌈log2 size⌉ for k bad rows among n."""
        count, bad = case
        refuser = Refuser(bad)
        for piece in chunks(range(count), size):
            isolate(piece, refuser)
        assert refuser.calls <= ceil(count / size) + 2 * len(bad) * ceil(log2(size))
