"""The limits of API keys: requests a minute, tokens a minute, requests at the same time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from math import isinf

from jobai_server.auth.caller import Caller
from jobai_server.auth.limits.concurrent_requests import ConcurrentRequests
from jobai_server.auth.limits.standing import PerMinute, Standing, Windows
from jobai_server.errors import RateLimited

# When another of the key's requests will end nobody knows.
CONCURRENT_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens counted before it is known how many will be used.

    Attributes:
        tokens: Counted.
        since: Monotonic time in seconds, just before.
        shared: As the standing said.
    """

    rule: PerMinute
    key_id: str
    tokens: int
    since: float
    shared: bool


class KeyLimits:
    """Admits requests of keys within their limits; all workers of a server count together."""

    def __init__(self, windows: Windows, concurrent: ConcurrentRequests) -> None:
        self._windows = windows
        self._concurrent = concurrent

    def enter(self, caller: Caller) -> bool:
        """Take a place among the key's concurrent requests; whether there is one to `leave`.

        Raises:
            RateLimited: All are taken.
        """
        limit = caller.max_concurrent_requests
        if limit is None:
            return False
        if not self._concurrent.enter(caller.key_id, limit):
            raise RateLimited(
                f"This key is at its limit of {limit} concurrent requests; try again when one of them has ended.",
                kind="requests",
                retry_seconds=CONCURRENT_RETRY_SECONDS,
            )
        return True

    def leave(self, caller: Caller) -> None:
        """Give the place back."""
        self._concurrent.leave(caller.key_id)

    async def count_request(self, caller: Caller) -> Standing | None:
        """Count one request; how the key stands then, or None without a limit. The standing says if it is refused."""
        if caller.rate_limit is None:
            return None
        return await self._windows.hit(_rule("requests", caller.rate_limit), caller.key_id, 1)

    async def token_standing(self, caller: Caller) -> Standing | None:
        """How the key stands against its token limit, or None without one."""
        if caller.tokens_per_minute is None:
            return None
        return await self._windows.look(_rule("tokens", caller.tokens_per_minute), caller.key_id)

    async def reserve(self, caller: Caller, tokens: int) -> tuple[Reservation, Standing] | None:
        """Count the tokens a request may use at most, or None without a limit. The standing says if it is refused."""
        if caller.tokens_per_minute is None:
            return None
        rule = _rule("tokens", caller.tokens_per_minute)
        since = time.monotonic()
        standing = await self._windows.hit(rule, caller.key_id, tokens)
        return Reservation(rule, caller.key_id, tokens, since, standing.shared), standing

    def settle(self, reservation: Reservation, used: int) -> None:
        """Give back what was reserved and not used."""
        rest = reservation.tokens - used
        if rest > 0:
            held = reservation
            self._windows.give_back(held.rule, held.key_id, rest, held.since, shared=held.shared)


def too_many_requests(standing: Standing) -> RateLimited:
    """The refusal of one request too many."""
    return RateLimited(
        f"Rate limit reached: this key may send {standing.limit} requests a minute. "
        f"Please try again in {standing.retry_seconds:.1f} s.",
        kind="requests",
        retry_seconds=standing.retry_seconds,
    )


def too_many_tokens(standing: Standing, prompt_tokens: int, answer_tokens: int) -> RateLimited:
    """The refusal of a request that may use more tokens than there are."""
    asked = f"{prompt_tokens + answer_tokens} requested ({prompt_tokens} in the prompt, up to {answer_tokens} to come)"
    limit = f"this key may use {standing.limit} tokens a minute"
    if isinf(standing.retry_seconds):
        message = f"Request too large: {limit}, {asked}. Ask for less: a shorter prompt or lower 'max_tokens'."
        return RateLimited(message, kind="tokens", retry_seconds=60.0, retryable=False)
    message = f"Rate limit reached: {limit}, {standing.remaining} are left, {asked}."
    return RateLimited(
        f"{message} Please try again in {standing.retry_seconds:.1f} s.",
        kind="tokens",
        retry_seconds=standing.retry_seconds,
    )


@lru_cache(maxsize=4096)
def _rule(kind: str, amount: int) -> PerMinute:
    return PerMinute(amount, namespace=kind)
