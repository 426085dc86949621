"""Hand pieces of work to a few threads and take their results on the calling thread, in bounded number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_LOOK_UP_SECONDS = 1.0
"""Longest pause between two calls of `between`."""


def work(
    pieces: Iterable[Piece],
    do: Callable[[Piece], Result],
    take: Callable[[Result], None],
    *,
    workers: int,
    stopped: Callable[[], bool],
    between: Callable[[], None],
) -> None:
    """Call `do` on each piece in a worker and `take` on each result here.

    `between` runs here before each piece and at least every second: for flushing and signs of life.
    Once `stopped` says so, or anything here raises, no further piece is begun; those under way are
    finished and their results taken, so that nothing that was sent goes unrecorded.
    """
    pending: set[Future[Result]] = set()
    with ThreadPoolExecutor(workers, thread_name_prefix="hubspot") as pool:
        try:
            for piece in pieces:
                between()
                if stopped():
                    break
                pending.add(pool.submit(do, piece))
                while len(pending) >= 2 * workers:
                    _collect(pending, take, between)
            while pending and not stopped():
                _collect(pending, take, between)
        finally:
            begun = [future for future in pending if not future.cancel()]
            for future in begun:
                take(future.result())


def _collect(
    pending: set[Future[Result]], take: Callable[[Result], None], between: Callable[[], None]
) -> None:
    done, _ = wait(pending, timeout=_LOOK_UP_SECONDS, return_when=FIRST_COMPLETED)
    for future in done:
        # Out of the set first: what is taken must not be taken again when something here raises.
        pending.remove(future)
        take(future.result())
    between()
