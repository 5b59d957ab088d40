"""How a key stands against a limit, and the windows that know."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from limits import RateLimitItemPerMinute


class Standing(NamedTuple):
    """A key against one limit.

    Attributes:
        admitted: Whether what was asked for has been counted.
        limit: How much a minute.
        remaining: How much is left now.
        reset_seconds: Until nothing is counted any more.
        retry_seconds: Until what was asked for will fit; infinite if it never will.
        shared: Whether it was counted for several machines, rather than by this one for itself.
    """

    admitted: bool
    limit: int
    remaining: int
    reset_seconds: float
    retry_seconds: float
    shared: bool = False


class PerMinute(RateLimitItemPerMinute):
    """So much a minute of one kind, for a key whose limit may change: what is counted stays counted when it does."""

    def key_for(self, *identifiers: bytes | str | float) -> str:
        return f"{self.namespace}/{identifiers[0]!s}"


class Windows(Protocol):
    """Where limits are counted."""

    async def hit(self, rule: PerMinute, name: str, cost: int) -> Standing:
        """Count `cost` if it fits."""
        ...

    async def look(self, rule: PerMinute, name: str) -> Standing:
        """Count nothing."""
        ...

    def give_back(self, rule: PerMinute, name: str, amount: int, since: float, *, shared: bool) -> None:
        """Uncount what was counted at `since`, monotonic time in seconds, read just before it was; `shared` as then."""
        ...
