"""Requests stay within HubSpot's limits, and a refused one costs only its bad rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.batches import CONTACTS_PER_REQUEST, BatchSize, Isolation, Outcome, Refused, chunks, cut
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
    """HubSpot, as far as it refuses a request whole for any bad row in it. `names` are the bad rows it names."""

    def __init__(self, bad: set[int], names: Callable[[Sequence[int]], Sequence[int]] = lambda _: ()) -> None:
        self.bad = bad
        self.names = names
        self.most = 10_000
        self.odd: dict[int, Outcome[int]] = {}
        self.refusals: list[list[int]] = []
        self.taken: list[list[int]] = []
        self.calls = 0

    def __call__(self, rows: Sequence[int]) -> Outcome[int]:
        self.calls += 1
        if odd := self.odd.pop(self.calls, None):
            return odd
        if len(rows) > self.most:
            return "too_much"
        is_refused = not self.bad.isdisjoint(rows)
        (self.refusals if is_refused else self.taken).append(list(rows))
        return Refused(self.names(rows)) if is_refused else "taken"

    def isolate(self, count: int, size: int = 100) -> list[int]:
        """The rows found refused among `count`."""
        isolation = Isolation(self, BatchSize(size))
        assert isolation.run(range(count))
        return sorted(isolation.refused)

    def all_taken(self) -> list[int]:
        return sorted(row for rows in self.taken for row in rows)


@st.composite
def rows_with_bad_ones(draw: st.DrawFn) -> tuple[int, set[int]]:
    count = draw(st.integers(1, 600))
    few = st.sets(st.integers(0, count - 1), max_size=12)
    many = st.sets(st.integers(0, count - 1), min_size=count // 2)
    return count, draw(st.one_of(few, many))


class TestIsolation:
    @given(rows_with_bad_ones(), st.sampled_from([16, 100, 500]))
    def test_a_whole_job_stays_within_the_promised_number_of_requests(
        self, case: tuple[int, set[int]], size: int
    ) -> None:
        """At most ⌈n/size⌉ + 2k⌈log2 size⌉ for k bad rows among n."""
        count, bad = case
        refuser = Refuser(bad)
        sizes = BatchSize(size)
        for piece in chunks(range(count), size):
            isolation = Isolation(refuser, sizes)
            if isolation.run(piece):
                assert sorted(isolation.refused) == sorted(bad & set(piece))
                assert sorted(set(refuser.all_taken()) & set(piece)) == sorted(set(piece) - bad)
            else:
                assert len(bad & set(piece)) >= 3
        assert refuser.calls <= ceil(count / size) + 2 * len(bad) * ceil(log2(size))
        assert len(refuser.all_taken()) == len(set(refuser.all_taken())), "no good row is sent twice"

    @pytest.mark.parametrize("count", [1, 2, 100])
    def test_without_bad_rows_it_is_one_call(self, count: int) -> None:
        refuser = Refuser(set())
        assert refuser.isolate(count) == []
        assert refuser.calls == 1

    def test_nothing_to_send_is_no_call(self) -> None:
        refuser = Refuser(set())
        assert refuser.isolate(0) == []
        assert refuser.calls == 0

    @pytest.mark.parametrize("bad", [{0}, {57}, {99}])
    def test_a_row_that_is_named_costs_two_requests_more(self, bad: set[int]) -> None:
        refuser = Refuser(bad, names=lambda rows: sorted(bad))
        assert refuser.isolate(100) == sorted(bad)
        assert refuser.calls == 3

    def test_of_several_that_are_named_each_is_asked_for_alone(self) -> None:
        bad = {3, 40, 41, 99}
        refuser = Refuser(bad, names=lambda rows: sorted(bad))
        assert refuser.isolate(100) == sorted(bad)
        assert [rows for rows in refuser.refusals if len(rows) == 1]
        assert refuser.calls <= 1 + 4 * len(bad) + 1

    @given(st.sets(st.integers(0, 99), min_size=1, max_size=3), st.data())
    def test_a_wrong_name_is_believed_once_at_most(self, bad: set[int], data: st.DataObject) -> None:
        names = data.draw(st.lists(st.integers(0, 120), max_size=3))
        refuser = Refuser(bad, names=lambda rows: names)
        assert refuser.isolate(100) == sorted(bad)
        assert refuser.all_taken() == sorted(set(range(100)) - bad)
        assert refuser.calls <= 2 + 2 * len(bad) * 7

    @pytest.mark.parametrize("at", [1, 2, 3])
    @pytest.mark.parametrize("count", [1, 2, 5, 100])
    def test_one_odd_refusal_is_nobodys_fault(self, at: int, count: int) -> None:
        refuser = Refuser(set())
        refuser.odd = {at: Refused()}
        assert refuser.isolate(count) == []
        assert refuser.all_taken() == list(range(count))

    @given(st.sets(st.integers(0, 30), min_size=1, max_size=2), st.integers(1, 12))
    def test_not_even_beside_bad_rows(self, bad: set[int], at: int) -> None:
        refuser = Refuser(bad)
        refuser.odd = {at: Refused()}
        assert refuser.isolate(31) == sorted(bad)

    def test_what_is_unclear_is_neither_refused_nor_sent_again(self) -> None:
        refuser = Refuser({7})
        refuser.odd = {2: "unclear"}
        assert refuser.isolate(8) == [7]
        assert refuser.all_taken() == [4, 5, 6]


class TestWhenAllAreRefused:
    @pytest.mark.parametrize("count", [3, 10, 100])
    def test_it_stops_soon(self, count: int) -> None:
        refuser = Refuser(set(range(count)))
        assert not Isolation(refuser, BatchSize(100)).run(range(count))
        assert refuser.calls <= 40

    @pytest.mark.parametrize("count", [1, 2])
    def test_one_or_two_may_well_be_bad(self, count: int) -> None:
        assert Refuser(set(range(count))).isolate(count) == list(range(count))

    def test_some_that_pass_are_found_behind_many_that_do_not(self) -> None:
        bad = set(range(60))
        refuser = Refuser(bad)
        assert refuser.isolate(100) == sorted(bad)
        assert refuser.all_taken() == list(range(60, 100))


class TestBatchSize:
    def test_a_request_that_is_too_much_is_halved_for_all_that_follow(self) -> None:
        refuser = Refuser(set())
        refuser.most = 30
        size = BatchSize(100)
        assert Isolation(refuser, size).run(range(100))
        assert size.now == 25
        assert refuser.all_taken() == list(range(100))
        assert Isolation(refuser, size).run(range(100))
        assert refuser.calls == (1 + 1 + 4) + 4

    def test_so_is_one_of_which_each_half_passes(self) -> None:
        size = BatchSize(100)
        refuser = Refuser(set())
        refuser.odd = {1: Refused()}
        assert Isolation(refuser, size).run(range(100))
        assert size.now == 50

    def test_a_bad_row_changes_no_size(self) -> None:
        size = BatchSize(100)
        assert Isolation(Refuser({50}), size).run(range(100))
        assert size.now == 100

    def test_a_single_row_is_as_small_as_it_gets(self) -> None:
        size = BatchSize(2)
        size.shrink(1)
        size.shrink(1)
        assert size.now == 1

    def test_it_grows_back_after_enough_full_requests(self) -> None:
        size = BatchSize(100)
        size.shrink(50)
        for _ in range(9):
            size.taken(25)
            size.taken(5)
        assert size.now == 25
        size.taken(25)
        assert size.now == 50
        for _ in range(30):
            size.taken(size.now)
        assert size.now == 100
