"""Windows that several machines share through Redis; while it cannot be reached, each machine counts for itself."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from jobai_server.auth.limits.standing import PerMinute, Standing, Windows

log = logging.getLogger(__name__)

ANSWER_SECONDS = 0.1
PROBE_SECONDS = 1.0
# Commands under way at a time. More would only wait for each other, and take that for Redis being slow.
PARALLEL = 16

# Uncounts in the window in which it was counted: the current one (KEYS[2]) if that is old enough, else the one before.
# The time to live tells a window's age, it is twice the window's length at its beginning; a second of slack is for the
# way to Redis. ARGV: amount, age of the count in milliseconds, length of a window in milliseconds.
GIVE_BACK = """
local age = 2 * tonumber(ARGV[3]) - redis.call('pttl', KEYS[2])
local key = tonumber(ARGV[2]) <= age + 1000 and KEYS[2] or KEYS[1]
local given = math.min(tonumber(ARGV[1]), tonumber(redis.call('get', key)) or 0)
if given > 0 then redis.call('decrby', key, given) end
return given
"""


class RedisWindows:
    """Counts in Redis, on its clock. A failure is logged once, and so is the return; Redis is asked again every second.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
        fallback: Counts while Redis cannot.
    """

    def __init__(self, url: str, fallback: Windows) -> None:
        client = Redis.from_url(
            url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=2 * PARALLEL,
        )
        # The URL is the client's affair; the storage only has to see that it is one of Redis.
        self._storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix="jobai",
            connection_pool=client.connection_pool,  # type: ignore[arg-type]
        )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        assert isinstance(self._storage.bridge, RedispyBridge)
        self._give_back: Any = client.register_script(GIVE_BACK)
        self._client = client
        self._fallback = fallback
        self._turn = asyncio.Semaphore(PARALLEL)
        self._down_until: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def hit(self, rule: PerMinute, name: str, cost: int) -> Standing:
        since = time.monotonic()
        hit = asyncio.create_task(self._hit(rule, name, cost))
        try:
            return await asyncio.shield(hit)
        except asyncio.CancelledError:
            # Redis may have counted already, and nobody will be there to give it back.
            self._later(self._undo(hit, rule, name, cost, since))
            raise

    async def look(self, rule: PerMinute, name: str) -> Standing:
        async def ask() -> Standing:
            return await self._standing(rule, name, 0, admitted=True)

        return await self._answer(ask) or await self._fallback.look(rule, name)

    def give_back(self, rule: PerMinute, name: str, amount: int, since: float, *, shared: bool) -> None:
        if shared:  # nobody waits for it: the request it belongs to is over
            self._later(self._give_back_shared(rule, name, amount, since))
        else:
            self._fallback.give_back(rule, name, amount, since, shared=False)

    async def aclose(self) -> None:
        """Finish what is under way and hang up."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hit(self, rule: PerMinute, name: str, cost: int) -> Standing:
        counted = False

        async def ask() -> Standing:
            nonlocal counted
            counted = await self._limiter.hit(rule, name, cost=cost)
            return await self._standing(rule, name, 0 if counted else cost, counted)

        standing: Standing | None = await self._answer(ask)
        if standing is None and counted:  # it went away in between: what is left there is not known
            return (await self._fallback.look(rule, name))._replace(shared=True)
        return standing or await self._fallback.hit(rule, name, cost)

    async def _undo(self, hit: asyncio.Task[Standing], rule: PerMinute, name: str, cost: int, since: float) -> None:
        standing = await hit
        if not standing.admitted:
            return
        if standing.shared:
            await self._give_back_shared(rule, name, cost, since)
        else:
            self._fallback.give_back(rule, name, cost, since, shared=False)

    async def _give_back_shared(self, rule: PerMinute, name: str, amount: int, since: float) -> None:
        async def ask() -> bool:
            prefixed = self._storage.bridge.prefixed_key
            key = rule.key_for(name)
            keys = [prefixed(self._storage._previous_window_key(key)), prefixed(self._storage._current_window_key(key))]
            age = int((time.monotonic() - since) * 1000)
            await self._give_back(keys, [amount, age, rule.get_expiry() * 1000])
            return True

        await self._answer(ask)

    async def _answer(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What Redis says, or None while it is away."""
        async with self._turn:
            if self._down_until is not None:
                if time.monotonic() < self._down_until:
                    return None
                self._down_until = time.monotonic() + PROBE_SECONDS  # one request probes, the others do not wait
            try:
                answer = await ask()
            except (RedisError, OSError, TimeoutError) as error:
                if self._down_until is None:
                    log.error("limits: no answer from Redis (%s); machines count for themselves", type(error).__name__)
                self._down_until = time.monotonic() + PROBE_SECONDS
                return None
            if self._down_until is not None:
                log.info("limits: Redis is back")
                self._down_until = None
            return answer

    async def _standing(self, rule: PerMinute, name: str, cost: int, admitted: bool) -> Standing:
        window = rule.get_expiry()
        before, before_ends, current, current_ends = await self._storage.get_sliding_window(rule.key_for(name), window)
        used = math.floor(before * before_ends / window) + current
        reset = current_ends if current else before_ends if before else 0.0
        retry = _fits_in(window, (before, before_ends), (current, current_ends), rule.amount - cost) if cost else 0.0
        return Standing(admitted, rule.amount, max(0, rule.amount - used), reset, retry, shared=True)


def _fits_in(window: float, before: tuple[int, float], current: tuple[int, float], room: int) -> float:
    """Seconds until the weighted count is down to `room`; each window is its count, and when it stops to matter.

    The count of the window before fades while the current one lasts, and after that the current one's does.
    """
    count, fades_for = before
    if room < 0:
        return math.inf
    if count and current[0] <= room:
        return max(0.001, fades_for - (room - current[0]) * window / count)
    if not current[0]:
        return 0.001
    return max(0.001, current[1] - room * window / current[0])
