"""Progress for people, on stderr. The job works the same without it."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console as RichConsole
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_TITLES = {
    "building": "Building models",
    "judging": "Judging new addresses",
    "looking_up": "Looking up contacts",
    "reading": "Reading a list in HubSpot",
    "sending": "Sending changes",
}
_LINE_SECONDS = 5.0
"""Between two lines about the same work where there is no terminal."""


class Console:
    """A bar per kind of work on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._console = RichConsole(stderr=True, highlight=False)
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._lines: dict[str, float] = {}

    def __enter__(self) -> Console:
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._progress = Progress(*columns, console=self._console)
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def tell(self, event: str, *, done: int = 0, total: int | None = None, **fields: object) -> None:
        """Show how far a kind of work is: `done` of `total` rows."""
        title = _TITLES.get(event, event) + (f" {fields['list_id']}" if "list_id" in fields else "")
        if self._progress is not None:
            task = self._tasks.get(title)
            if task is None:
                task = self._tasks[title] = self._progress.add_task(title, total=total)
            self._progress.update(task, completed=done, total=total)
            return
        now = time.monotonic()
        is_last = total is not None and done >= total
        if now - self._lines.get(title, float("-inf")) >= _LINE_SECONDS or is_last:
            self._lines[title] = now
            counted = f": {done:,}" + (f" of {total:,}" if total is not None else "") if done else ""
            self.say(f"{title}{counted}")

    def say(self, line: str) -> None:
        """Print one line for people."""
        self._console.print(line, markup=False, soft_wrap=True)
