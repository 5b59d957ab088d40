"""Limits that several machines share through Redis, and what happens without it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from jobai_server.auth.limits import redis_windows
from jobai_server.auth.limits.local_windows import LocalWindows
from jobai_server.auth.limits.moving_windows import MovingWindowStorage
from jobai_server.auth.limits.redis_windows import RedisWindows
from jobai_server.auth.limits.standing import PerMinute

RULE = PerMinute(100, namespace="requests")


class PerTwoSeconds(PerMinute):
    """A minute that a test can wait for."""

    def get_expiry(self) -> int:
        return 2


class RedisServer:
    """A Redis of the test's own, on a socket file."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self.url = f"unix://{folder}/redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = [
            "--port",
            "0",
            "--unixsocket",
            f"{self._folder}/redis.sock",
            "--save",
            "",
            "--dir",
            str(self._folder),
        ]
        self.process = subprocess.Popen([self._program, *arguments], cwd=self._folder, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not (self._folder / "redis.sock").exists():
            assert time.monotonic() < deadline, "redis-server does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            (self._folder / "redis.sock").unlink(missing_ok=True)
            self.process = None


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server on this machine")
    server = RedisServer(program, tmp_path_factory.mktemp("r"))
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def machine(redis: RedisServer, folder: Path, name: str = "one") -> AsyncIterator[RedisWindows]:
    """A machine with counters of its own to fall back on."""
    with closing(MovingWindowStorage(f"shared-file://{folder}/{name}")) as storage:
        windows = RedisWindows(redis.url, LocalWindows(MovingWindowRateLimiter(storage)))
        try:
            yield windows
        finally:
            await windows.aclose()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is not to be taken for a Redis that does not answer."""
    monkeypatch.setattr(redis_windows, "ANSWER_SECONDS", 10)


@pytest.mark.usefixtures("patient")
async def test_exactly_the_limit_is_admitted_over_two_machines(redis: RedisServer, tmp_path: Path) -> None:
    async with machine(redis, tmp_path, "one") as one, machine(redis, tmp_path, "two") as two:
        hits = [windows.hit(RULE, "key", 1) for windows in (one, two) for _ in range(500)]
        standings = await asyncio.gather(*hits)
        assert sum(standing.admitted for standing in standings) == 100
        refused = await one.hit(RULE, "key", 1)
        assert (refused.admitted, refused.limit, refused.remaining) == (False, 100, 0)
        assert 55 < refused.retry_seconds <= 61
        assert 100 < refused.reset_seconds <= 120  # its counts fade during the minute after theirs
        too_large = await one.hit(RULE, "key", 101)
        assert too_large.retry_seconds == float("inf")
        other = await two.look(RULE, "other")
        assert (other.remaining, other.reset_seconds) == (100, 0)


@pytest.mark.usefixtures("patient")
async def test_what_is_given_back_can_be_used_on_another_machine(redis: RedisServer, tmp_path: Path) -> None:
    async with machine(redis, tmp_path, "one") as one, machine(redis, tmp_path, "two") as two:
        since = time.monotonic()
        assert (await one.hit(RULE, "key", 90)).admitted
        assert not (await two.hit(RULE, "key", 50)).admitted
        one.give_back(RULE, "key", 60, since, shared=True)
        await asyncio.gather(*one._tasks)
        assert (await two.look(RULE, "key")).remaining == 70
        one.give_back(RULE, "key", 1000, since, shared=True)
        await asyncio.gather(*one._tasks)
        assert (await two.look(RULE, "key")).remaining == 100


@pytest.mark.usefixtures("patient")
async def test_windows_fade_and_a_promised_retry_works(redis: RedisServer, tmp_path: Path) -> None:
    rule = PerTwoSeconds(100, namespace="requests")
    async with machine(redis, tmp_path) as windows:
        since = time.monotonic()
        assert (await windows.hit(rule, "key", 100)).admitted
        refused = await windows.hit(rule, "key", 20)
        assert 2 < refused.retry_seconds < 3
        await asyncio.sleep(refused.retry_seconds + 0.05)
        assert (await windows.hit(rule, "key", 20)).admitted
        # What was counted in the window before is taken from there, not from what others used since.
        windows.give_back(rule, "key", 100, since, shared=True)
        await asyncio.gather(*windows._tasks)
        assert (await windows.look(rule, "key")).remaining == 80


@pytest.mark.usefixtures("patient")
async def test_without_redis_each_machine_counts_for_itself_and_says_so_once(
    redis: RedisServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "jobai_server")
    async with machine(redis, tmp_path) as windows:
        assert (await windows.hit(RULE, "key", 1)).admitted
        redis.stop()
        standings = [await windows.hit(RULE, "key", 1) for _ in range(150)]
        assert sum(standing.admitted for standing in standings) == 100
        windows.give_back(RULE, "key", 1, time.monotonic(), shared=False)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        redis.start()
        await until_shared(windows, True)
        assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


@pytest.mark.usefixtures("patient")
async def test_what_was_counted_is_given_back_where_it_was_counted(redis: RedisServer, tmp_path: Path) -> None:
    async with machine(redis, tmp_path) as windows:
        since = time.monotonic()
        assert (await windows.hit(RULE, "in Redis", 90)).shared
        redis.stop()
        await until_shared(windows, False)
        assert not (await windows.hit(RULE, "here", 90)).shared
        assert not (await windows.hit(RULE, "in Redis", 20)).shared
        windows.give_back(RULE, "in Redis", 20, since, shared=True)
        await asyncio.gather(*windows._tasks)
        assert (await windows._fallback.look(RULE, "in Redis")).remaining == 80
        redis.start()
        await until_shared(windows, True)
        assert (await windows.hit(RULE, "here", 50)).shared
        windows.give_back(RULE, "here", 90, since, shared=False)
        await asyncio.gather(*windows._tasks)
        assert (await windows.look(RULE, "here")).remaining == 50
        assert (await windows._fallback.look(RULE, "here")).remaining == 100


@pytest.mark.usefixtures("patient")
async def test_what_is_counted_for_somebody_who_has_left_is_given_back(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(redis, tmp_path) as windows:
        count, counted, answer = windows._limiter.hit, asyncio.Event(), asyncio.Event()

        async def slow_count(rule: PerMinute, name: str, *, cost: int) -> bool:
            admitted = await count(rule, name, cost=cost)
            counted.set()
            await answer.wait()
            return admitted

        monkeypatch.setattr(windows._limiter, "hit", slow_count)
        hit = asyncio.create_task(windows.hit(RULE, "key", 90))
        await counted.wait()
        hit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hit
        assert (await windows.look(RULE, "key")).remaining == 10
        answer.set()
        await asyncio.gather(*windows._tasks)
        assert (await windows.look(RULE, "key")).remaining == 100


@pytest.mark.usefixtures("patient")
async def test_what_redis_has_counted_is_not_counted_again_when_it_goes_away(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machine(redis, tmp_path) as windows:

        async def gone(*_: object) -> None:
            raise RedisError

        with monkeypatch.context() as context:
            context.setattr(windows, "_standing", gone)
            standing = await windows.hit(RULE, "key", 90)
        assert (standing.admitted, standing.shared) == (True, True)
        assert (await windows._fallback.look(RULE, "key")).remaining == 100
        await until_shared(windows, True)
        assert (await windows.look(RULE, "key")).remaining == 10


async def until_shared(windows: RedisWindows, shared: bool) -> None:
    """Redis is asked again every second."""
    async with asyncio.timeout(20):
        while (await windows.look(RULE, "nobody")).shared != shared:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.05)


async def test_a_redis_that_hangs_holds_nobody_up(redis: RedisServer, tmp_path: Path) -> None:
    async with machine(redis, tmp_path) as windows:
        await windows.hit(RULE, "key", 1)
        assert redis.process is not None
        os.kill(redis.process.pid, signal.SIGSTOP)
        started = time.monotonic()
        standings = await asyncio.gather(*(windows.hit(RULE, "key", 1) for _ in range(100)))
        assert time.monotonic() - started < 1.5
        assert all(standing.admitted for standing in standings)
        os.kill(redis.process.pid, signal.SIGCONT)


async def test_a_redis_that_was_never_there(tmp_path: Path) -> None:
    redis = RedisServer("none", tmp_path)
    async with machine(redis, tmp_path) as windows:
        standings = [await windows.hit(RULE, "key", 1) for _ in range(101)]
    assert [standing.admitted for standing in standings] == [True] * 100 + [False]
