"""Windows in shared memory."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from jobai_server.auth.limits import shared_table
from jobai_server.auth.limits.moving_windows import MovingWindowStorage
from jobai_server.auth.limits.shared_table import SharedTable

LIMIT = RateLimitItemPerMinute(100)
WORKERS = 4


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[MovingWindowStorage]:
    storage = _open(tmp_path)
    yield storage
    storage.close()


def _open(folder: Path) -> MovingWindowStorage:
    storage = storage_from_string(f"shared-file://{folder}/counters")
    assert isinstance(storage, MovingWindowStorage)
    return storage


def _hit_many(folder: Path, times: int, start: Connection, result: Connection) -> None:
    limiter = MovingWindowRateLimiter(_open(folder))
    start.recv()
    result.send(sum(limiter.hit(LIMIT, "key") for _ in range(times)))


def test_exactly_the_limit_of_parallel_hits_of_several_processes_is_admitted(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    pipes = [(context.Pipe(), context.Pipe()) for _ in range(WORKERS)]
    processes = [
        context.Process(target=_hit_many, args=(tmp_path, 1000 // WORKERS, start[1], result[1]))
        for start, result in pipes
    ]
    for process in processes:
        process.start()
    for start, _ in pipes:
        start[0].send("now")
    admitted = [result[0].recv() for _, result in pipes]
    for process in processes:
        process.join()
        process.close()
    for start, result in pipes:
        for end in (*start, *result):
            end.close()
    assert sum(admitted) == LIMIT.amount


def _die_with_the_lock(folder: Path) -> None:
    storage = _open(folder)
    MovingWindowRateLimiter(storage).hit(LIMIT, "key")
    storage._table.__enter__()
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_holding_the_lock_stops_nobody(tmp_path: Path, storage: MovingWindowStorage) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die_with_the_lock, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    process.close()
    started = time.monotonic()
    assert storage.read(LIMIT.key_for("key"), 100, 60).used == 1
    assert time.monotonic() - started < 0.5


def test_no_minute_ever_sees_more_than_the_limit(storage: MovingWindowStorage, clock: Clock) -> None:
    limiter = MovingWindowRateLimiter(storage)
    admitted: list[float] = []
    for _ in range(3000):  # five minutes, ten tries a second
        clock.now += 0.1
        if limiter.hit(LIMIT, "key"):
            admitted.append(clock.now)
    busiest = max(sum(first <= moment < first + 60 for moment in admitted) for first in admitted)
    assert busiest == LIMIT.amount
    assert len(admitted) >= 4.8 * LIMIT.amount  # and it does not lose more than a sixtieth


def test_a_window_moves_on_by_itself(storage: MovingWindowStorage, clock: Clock) -> None:
    limiter = MovingWindowRateLimiter(storage)
    assert limiter.hit(LIMIT, "key", cost=60)
    clock.now += 30
    assert limiter.hit(LIMIT, "key", cost=40)
    assert not limiter.hit(LIMIT, "key")
    reading = storage.read(LIMIT.key_for("key"), LIMIT.amount, 60, amount=10)
    assert reading.used == 100
    assert 30 <= reading.fits_in <= 31
    assert 60 <= reading.empty_in <= 61
    clock.now += reading.fits_in
    assert limiter.hit(LIMIT, "key", cost=60)
    clock.now += 61
    assert storage.get(LIMIT.key_for("key")) == 0


def test_what_can_never_fit_is_never_promised(storage: MovingWindowStorage) -> None:
    assert storage.read("fresh", 10, 60, amount=11).fits_in == float("inf")
    storage.incr("used", 60, 5)
    assert storage.read("used", 10, 60, amount=11).fits_in == float("inf")


def test_what_is_given_back_can_be_used_again(storage: MovingWindowStorage, clock: Clock) -> None:
    storage.acquire_entry("key", 100, 60, 100)
    reserved_at = clock.now
    clock.now += 20
    storage.acquire_entry("key", 100, 60, 1)
    storage.give_back("key", 60, 70, reserved_at)
    assert storage.read("key", 100, 60).used == 30
    storage.give_back("key", 60, 1000, reserved_at)  # never more than was counted then
    assert storage.read("key", 100, 60).used == 0
    clock.now += 1
    storage.acquire_entry("key", 100, 60, 100)
    storage.give_back("key", 60, 100, reserved_at)
    storage.give_back("unknown", 60, 100, reserved_at)
    assert storage.read("key", 100, 60).used == 100


def test_what_left_the_window_cannot_be_given_back(storage: MovingWindowStorage, clock: Clock) -> None:
    storage.acquire_entry("key", 100, 60, 50)
    reserved_at = clock.now
    clock.now += 61 * 3
    storage.acquire_entry("key", 100, 60, 50)
    storage.give_back("key", 60, 50, reserved_at)
    assert storage.read("key", 100, 60).used == 50


def test_the_rest_of_what_limits_asks_of_a_storage(storage: MovingWindowStorage, clock: Clock) -> None:
    limiter = MovingWindowRateLimiter(storage)
    per_second = RateLimitItemPerSecond(3, 10)
    assert [limiter.hit(per_second, "key") for _ in range(4)] == [True, True, True, False]
    assert not limiter.test(per_second, "key")
    statistics = limiter.get_window_stats(per_second, "key")
    assert statistics.remaining == 0
    assert statistics.reset_time - time.time() == pytest.approx(10, abs=0.3)
    key = per_second.key_for("key")
    assert storage.get_expiry(key) - time.time() == pytest.approx(10, abs=0.3)
    limiter.clear(per_second, "key")
    assert limiter.test(per_second, "key")
    assert storage.incr(key, 10) == 1
    assert storage.check()
    assert storage.reset() == 1
    assert storage.get(key) == 0


def test_a_full_table_forgets_what_was_used_longest_ago(tmp_path: Path, clock: Clock) -> None:
    table = SharedTable(tmp_path / "table", capacity=shared_table.PROBES, width=1)
    with table:
        for number in range(shared_table.PROBES):
            table.cells[table.take(str(number), lambda _: 0.0)] = number + 10
        assert table.cells[table.take("new", lambda row: table.cells[row])] == 0
        assert table.find("0") is None
        kept = table.find("1")
        assert kept is not None
        assert table.cells[kept] == 11
    table.close()


def test_a_hit_is_cheap(storage: MovingWindowStorage) -> None:
    limiter = MovingWindowRateLimiter(storage)
    plenty = RateLimitItemPerMinute(1_000_000)
    limiter.hit(plenty, "key")
    started = time.process_time()
    for _ in range(10_000):
        limiter.hit(plenty, "key")
    assert (time.process_time() - started) / 10_000 < 50e-6  # it is about 4 µs; machines differ
