"""Processes that judge addresses beside this one. They import `sync.emails` and little else.

Not the standard library's pool: its workers hold both ends of their queue and outlive a parent that is killed.
Here each worker has one end of a pipe, sees it close, and ends.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from sync.emails import VerdictRow, judge_rows
from sync.errors import SyncError

_TASK = 1_000
"""Addresses a worker is given at a time: some 30 ms of work."""


class VerdictPool:
    """Up to `processes` workers, started as there is work for them, until `close`."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._workers: list[tuple[BaseProcess, Connection]] = []

    def judge_rows(self, emails: Sequence[str | None]) -> list[VerdictRow]:
        """Like `sync.emails.judge_rows`, in the same order, on all workers.

        Raises `SyncError` when a worker has died.
        """
        tasks = [emails[start : start + _TASK] for start in range(0, len(emails), _TASK)]
        self._start(len(tasks))
        done: list[list[VerdictRow]] = [[]] * len(tasks)
        at_work: dict[Connection, int] = {}
        idle = [connection for _, connection in self._workers]
        following = 0
        try:
            while following < len(tasks) or at_work:
                while idle and following < len(tasks):
                    connection = idle.pop()
                    connection.send(tasks[following])
                    at_work[connection] = following
                    following += 1
                for ready in wait(list(at_work)):
                    assert isinstance(ready, Connection)  # noqa: S101 nothing else was waited for
                    done[at_work.pop(ready)] = ready.recv()
                    idle.append(ready)
        except (EOFError, OSError) as error:
            raise SyncError(
                "judging",
                "A process that judges addresses has died.",
                "Make sure there is memory; run again.",
            ) from error
        return [row for rows in done for row in rows]

    def close(self) -> None:
        """End the workers."""
        for _, connection in self._workers:
            connection.close()
        for process, _ in self._workers:
            process.join()
        self._workers.clear()

    def _start(self, tasks: int) -> None:
        # A fork would copy the locks of our threads; only a spawned process is sure to run.
        context = multiprocessing.get_context("spawn")
        while len(self._workers) < min(self._processes, tasks):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._workers.append((process, ours))


def _serve(connection: Connection) -> None:
    """Answer each list of addresses with their verdicts, until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    while True:
        try:
            connection.send(judge_rows(connection.recv()))
        except (EOFError, OSError):
            return
