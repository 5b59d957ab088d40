"""How long to wait before the next try."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic


@dataclass(slots=True)
class Backoff:
    """Doubling waits, in seconds, that start over once a run has been of use for long enough.

    Attributes:
        failures: Runs in a row that were not of use for `stable_seconds`.
    """

    first: float = 0.5
    longest: float = 60.0
    stable_seconds: float = 60.0
    failures: int = 0
    _since: float | None = None

    def started(self) -> None:
        """A run begins; while it loads it is of no use yet."""
        self._since = None

    def of_use(self) -> None:
        """The run is of use from now on."""
        self._since = monotonic()

    def ended(self) -> float:
        """A run ended; the wait before the next one, in seconds."""
        if self._since is not None and monotonic() - self._since >= self.stable_seconds:
            self.failures = 0
        self.failures += 1
        return min(self.longest, self.first * 2.0 ** min(self.failures - 1, 60))
