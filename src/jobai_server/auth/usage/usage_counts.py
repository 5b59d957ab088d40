"""What was used since the last time somebody asked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

HOUR = 3600


class UsageSlot(NamedTuple):
    """What usage is added up by.

    Attributes:
        key_id: The key's public id.
        model: The model's own name; empty where a request never got to one.
        route: Such as `/v1/chat/completions`.
        hour: Its first second, Unix time.
    """

    key_id: str
    model: str
    route: str
    hour: int


@dataclass(slots=True)
class UsageSum:
    """`latency` is the sum over all requests, in seconds from the request's head to the end of the answer."""

    requests: int = 0
    errors: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency: float = 0.0

    def add(self, other: UsageSum) -> None:
        self.requests += other.requests
        self.errors += other.errors
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.latency += other.latency


class UsageCounts:
    """Sums of one web worker."""

    def __init__(self) -> None:
        self._sums: dict[UsageSlot, UsageSum] = {}

    def add(self, key_id: str, model: str, route: str, used: UsageSum) -> None:
        """Add what a request that has just ended used."""
        self._add(UsageSlot(key_id, model, route, int(time.time()) // HOUR * HOUR), used)

    def take(self) -> dict[UsageSlot, UsageSum]:
        """All sums; counting starts over."""
        sums, self._sums = self._sums, {}
        return sums

    def put_back(self, sums: dict[UsageSlot, UsageSum]) -> None:
        """Undo a `take` whose sums could not be stored."""
        for slot, used in sums.items():
            self._add(slot, used)

    def _add(self, slot: UsageSlot, used: UsageSum) -> None:
        known = self._sums.get(slot)
        if known is None:
            self._sums[slot] = used
        else:
            known.add(used)
