"""The emulator's own clock: it may run faster than real time, be stepped forward, and stand still.

Everything that depends on time reads it: timestamps, the limits' windows, the daily reset, the end of a token.
Only how long a scripted trouble keeps a client waiting is real time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in emulated time: ``milliseconds`` since the emulator started, never fewer than before, and UTC."""

    milliseconds: int
    utc: datetime

    @property
    def seconds(self) -> float:
        """Seconds since the emulator started."""
        return self.milliseconds / 1000

    def __str__(self) -> str:
        return stamp(self.utc)


def stamp(utc: datetime) -> str:
    """A time as HubSpot writes it: ISO 8601 in UTC, to the millisecond."""
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """Emulated time: starts at the real time, and runs ``factor`` seconds per real second.

    ``frozen`` tells whether it stands still; it can be stepped then as well.
    """

    def __init__(self, factor: float = 1.0, real: Callable[[], float] = time.monotonic) -> None:
        """``real``: any steady clock in seconds."""
        self.factor = factor
        self.frozen = False
        self._real = real
        self._began = datetime.now(UTC)
        self._counted = 0.0
        self._counted_at = real()

    def now(self) -> Moment:
        """The moment it is."""
        running = 0.0 if self.frozen else (self._real() - self._counted_at) * self.factor
        milliseconds = round((self._counted + running) * 1000)
        return Moment(milliseconds, self._began + timedelta(milliseconds=milliseconds))

    def step(self, seconds: float) -> None:
        """Jump forward."""
        self._counted += seconds

    def freeze(self, frozen: bool) -> None:
        """Stand still, or go on from there."""
        self._count()
        self.frozen = frozen

    def _count(self) -> None:
        """Add up what has run so far, so that what comes next starts from here."""
        real = self._real()
        if not self.frozen:
            self._counted += (real - self._counted_at) * self.factor
        self._counted_at = real
