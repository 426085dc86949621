"""Progress for machines: JSON lines on stderr. Fields are ids and counts; text is masked."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from types import TracebackType

from sync.masking import mask_all


class JsonLog:
    """One JSON object a line: `at`, `event` and the event's fields."""

    def __enter__(self) -> JsonLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""

    def tell(self, event: str, **fields: object) -> None:
        """Log one event."""
        shown = {key: mask_all(value) if isinstance(value, str) else value for key, value in fields.items()}
        record = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **shown}
        sys.stderr.write(json.dumps(record) + "\n")
        sys.stderr.flush()

    def say(self, line: str) -> None:
        """Log one line that is meant for people."""
        self.tell("message", text=line)
