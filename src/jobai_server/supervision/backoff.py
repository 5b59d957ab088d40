"""How long to wait before the next try."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic


@dataclass(slots=True)
class Backoff:
    """Doubling waits, in seconds, that start over once a run has lasted long enough.

    Attributes:
        failures: Runs in a row that ended before they were `stable_seconds` old.
    """

    first: float = 0.5
    longest: float = 60.0
    stable_seconds: float = 60.0
    failures: int = 0
    _started: float = field(default_factory=monotonic)

    def started(self) -> None:
        """A run begins."""
        self._started = monotonic()

    def ended(self) -> float:
        """A run ended; the wait before the next one, in seconds."""
        if monotonic() - self._started >= self.stable_seconds:
            self.failures = 0
        self.failures += 1
        return min(self.longest, self.first * 2.0 ** min(self.failures - 1, 60))
