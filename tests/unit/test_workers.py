"""Work in threads: bounded, taken on the caller's thread, and nothing that was begun goes unrecorded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from sync.workers import work


class Desk:
    """Takes results, on which thread, and how often it was looked in between."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.threads: set[str] = set()
        self.looks = 0
        self.stopping = False

    def take(self, result: int) -> None:
        self.threads.add(threading.current_thread().name)
        self.taken.append(result)

    def between(self) -> None:
        self.looks += 1

    def work(self, pieces: Iterator[int], do: Callable[[int], int], workers: int = 3) -> None:
        work(
            pieces,
            do,
            self.take,
            workers=workers,
            stopped=lambda: self.stopping,
            between=self.between,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("workers", [1, 4])
def test_every_piece_is_done_once_and_taken_here(desk: Desk, workers: int) -> None:
    done_in: set[str] = set()

    def do(piece: int) -> int:
        done_in.add(threading.current_thread().name)
        return piece * 10

    desk.work(iter(range(50)), do, workers)
    assert sorted(desk.taken) == [piece * 10 for piece in range(50)]
    assert desk.threads == {threading.current_thread().name}
    assert threading.current_thread().name not in done_in
    assert 1 <= len(done_in) <= workers


def test_nothing_to_do_is_done(desk: Desk) -> None:
    desk.work(iter(()), lambda piece: piece)
    assert desk.taken == []


def test_as_many_at_once_as_there_are_workers(desk: Desk) -> None:
    # Only three that meet at the barrier let each other pass.
    together = threading.Barrier(3, timeout=20)

    def do(piece: int) -> int:
        together.wait()
        return piece

    desk.work(iter(range(9)), do, workers=3)
    assert sorted(desk.taken) == list(range(9))


def test_pieces_are_read_only_shortly_before_they_are_done(desk: Desk) -> None:
    read = 0
    ahead: list[int] = []

    def pieces() -> Iterator[int]:
        nonlocal read
        for piece in range(200):
            read += 1
            ahead.append(read - len(desk.taken))
            yield piece

    desk.work(pieces(), lambda piece: piece, workers=2)
    assert read == 200
    assert max(ahead) <= 4


def test_between_is_called_before_each_piece(desk: Desk) -> None:
    looks_at: list[int] = []

    def pieces() -> Iterator[int]:
        for piece in range(5):
            looks_at.append(desk.looks)
            yield piece

    desk.work(pieces(), lambda piece: piece)
    assert looks_at == sorted(set(looks_at))
    assert desk.looks > 5


def test_between_is_called_also_while_the_workers_are_busy(desk: Desk) -> None:
    """A long request must not cost the run its lease."""
    looked = threading.Event()
    busy = threading.Event()

    def do(piece: int) -> int:
        busy.set()
        assert looked.wait(20)
        return piece

    def between() -> None:
        if busy.is_set():
            looked.set()

    work(iter([1]), do, desk.take, workers=1, stopped=lambda: False, between=between)
    assert desk.taken == [1]


def test_once_stopped_nothing_is_begun_and_what_was_begun_is_taken(desk: Desk) -> None:
    begun: list[int] = []
    may_end = threading.Event()

    def do(piece: int) -> int:
        begun.append(piece)
        assert may_end.wait(20)
        return piece

    def pieces() -> Iterator[int]:
        yield 0
        yield 1
        desk.stopping = True
        may_end.set()
        yield from range(2, 100)

    desk.work(pieces(), do, workers=2)
    assert sorted(desk.taken) == sorted(begun)
    assert set(begun) <= {0, 1}


def test_what_raises_here_ends_the_work_after_what_was_begun_is_taken(desk: Desk) -> None:
    """The lease is lost between two batches: what was sent is still recorded."""
    begun: list[int] = []
    release = threading.Event()

    def do(piece: int) -> int:
        begun.append(piece)
        assert release.wait(20)
        return piece

    def between() -> None:
        if len(begun) == 2:
            release.set()
            raise InterruptedError

    with pytest.raises(InterruptedError):
        work(iter(range(100)), do, desk.take, workers=2, stopped=lambda: False, between=between)
    assert sorted(desk.taken) == sorted(begun)
    assert len(begun) < 100


def test_what_raises_in_a_worker_raises_here_and_the_others_are_taken_once(desk: Desk) -> None:
    together = threading.Barrier(3, timeout=20)

    def do(piece: int) -> int:
        if piece < 3:
            together.wait()
        if piece == 1:
            raise LookupError("a bug")
        return piece

    with pytest.raises(LookupError):
        desk.work(iter(range(3)), do, workers=3)
    assert sorted(desk.taken) == [0, 2]
