"""Memory and number of the processes that a benchmark starts."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType

_PAGE = os.sysconf("SC_PAGE_SIZE")


class PeakMemory:
    """Watches a process and all its descendants while the block runs. Linux only."""

    bytes: int = 0
    """Largest sum of resident memory seen; pages that processes share count once for each."""
    processes: int = 0
    """Largest number of processes seen, the watched one included."""

    def __init__(self, pid: int, every_seconds: float = 0.02) -> None:
        self._pid = pid
        self._every = every_seconds
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

    def __enter__(self) -> PeakMemory:
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(self._every):
            tree = _tree(self._pid)
            self.processes = max(self.processes, len(tree))
            self.bytes = max(self.bytes, sum(map(_resident, tree)))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0
