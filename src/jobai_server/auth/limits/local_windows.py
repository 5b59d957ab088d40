"""Windows shared by the processes of one machine."""

from __future__ import annotations

from limits.strategies import MovingWindowRateLimiter, RateLimiter

from jobai_server.auth.limits.moving_windows import MovingWindowStorage
from jobai_server.auth.limits.standing import PerMinute, Standing


class LocalWindows:
    """Counts through `limits`; what it cannot say, when there will be room, its storage does.

    Args:
        limiter: A moving-window limiter over a MovingWindowStorage.
    """

    def __init__(self, limiter: RateLimiter) -> None:
        if not isinstance(limiter, MovingWindowRateLimiter) or not isinstance(limiter.storage, MovingWindowStorage):
            raise TypeError("needs a moving-window limiter over a MovingWindowStorage")
        self._limiter = limiter
        self._storage = limiter.storage

    async def hit(self, rule: PerMinute, name: str, cost: int) -> Standing:
        return self.hit_now(rule, name, cost)

    async def look(self, rule: PerMinute, name: str) -> Standing:
        return self._standing(rule, name, 0, admitted=True)

    def hit_now(self, rule: PerMinute, name: str, cost: int) -> Standing:
        """Like `hit`; nothing here has to be waited for."""
        admitted = self._limiter.hit(rule, name, cost=cost)
        return self._standing(rule, name, 0 if admitted else cost, admitted)

    def blocked_seconds(self, rule: PerMinute, name: str) -> float:
        """Until one more fits; 0 if it does."""
        return self._storage.read(rule.key_for(name), rule.amount, rule.get_expiry(), 1).fits_in

    def give_back(self, rule: PerMinute, name: str, amount: int, since: float, *, shared: bool = False) -> None:  # noqa: ARG002 - all is here
        self._storage.give_back(rule.key_for(name), rule.get_expiry(), amount, since)

    def _standing(self, rule: PerMinute, name: str, cost: int, admitted: bool) -> Standing:
        used, empty_in, fits_in = self._storage.read(rule.key_for(name), rule.amount, rule.get_expiry(), cost)
        # Between the hit and the reading time went on: what was refused may fit by now.
        retry_in = 0.0 if admitted else max(0.001, fits_in)
        return Standing(admitted, rule.amount, max(0, rule.amount - used), empty_in, retry_in)
