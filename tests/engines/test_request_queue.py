"""What a model accepts, counted over all web workers, and what becomes of those who wait."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engines.queues import GREEDY, POLITE, THIRD, one_queue, queues

from jobai_server.engines.content_digest import content_digest
from jobai_server.engines.fair_share import Sequences
from jobai_server.engines.owner import Owner, Rank
from jobai_server.engines.request_queue import QueueLength
from jobai_server.errors import EngineDied, Overloaded, RateLimited

ONE = Sequences(total=1, alone=1, contended=1)


async def test_every_worker_sees_the_requests_of_all(tmp_path: Path) -> None:
    workers = queues(tmp_path, workers=3)
    with workers[0].place(GREEDY, 1, 10) as first, workers[2].place(POLITE, 4, 20):
        assert [worker.length() for worker in workers] == [QueueLength(0, 0, 5)] * 3
        await first.turn()
    assert [worker.length() for worker in workers] == [QueueLength(0, 0, 0)] * 3


async def test_all_keys_together_are_limited_in_requests(tmp_path: Path) -> None:
    one, two = queues(tmp_path, workers=2, max_concurrent_requests=3)
    with one.place(GREEDY, 1, 10), two.place(POLITE, 2, 10):
        with pytest.raises(Overloaded, match="'large' is at its limit of 3") as refused, one.place(THIRD, 1, 10):
            pass
        assert refused.value.retry_after > 0
        assert two.length().running == 3
    with one.place(THIRD, 3, 10):
        pass


async def test_all_keys_together_are_limited_in_tokens(tmp_path: Path) -> None:
    one, two = queues(tmp_path, workers=2, max_queued_tokens=100)
    with one.place(GREEDY, 1, 60):
        with pytest.raises(Overloaded, match="100 tokens together"), two.place(POLITE, 1, 41):
            pass
        with two.place(POLITE, 1, 40):
            pass
    with one.place(GREEDY, 1, 1000):  # alone it may have what it needs
        pass


async def test_what_an_engine_was_working_on_when_it_died_is_remembered_until_its_next_run(tmp_path: Path) -> None:
    [queue] = queues(tmp_path, workers=1)

    async def ended_by(error: Exception, content: str) -> None:
        with queue.place(POLITE, 1, 10, content) as place:
            await place.turn()
            raise error

    with queue.place(GREEDY, 1, 10, "still there") as place:
        await place.turn()
        with pytest.raises(EngineDied):
            await ended_by(EngineDied("gone"), "lost")
        with pytest.raises(ValueError, match="its own"):
            await ended_by(ValueError("its own"), "not lost")
        assert queue.casualties() == {content_digest("still there"), content_digest("lost")}
    assert queue.casualties() == {content_digest("lost")}
    queue.begin_run()
    assert queue.casualties() == set()


async def test_a_key_is_limited_to_its_share(tmp_path: Path) -> None:
    one, two = queues(tmp_path, workers=2, max_concurrent_requests=10, max_queued_tokens=1000, key_share=0.5)
    with one.place(GREEDY, 4, 100):
        with pytest.raises(RateLimited, match="share of 5 concurrent requests") as refused, two.place(GREEDY, 2, 10):
            pass
        assert (refused.value.kind, refused.value.retryable) == ("requests", True)
        with pytest.raises(RateLimited, match="500 tokens together") as refused, two.place(GREEDY, 1, 401):
            pass
        assert refused.value.kind == "tokens"
        with two.place(GREEDY, 1, 400), two.place(POLITE, 5, 500):
            pass


async def test_what_can_do_with_less_takes_half_of_what_is_left_and_leaves_room_for_more(tmp_path: Path) -> None:
    one, two = queues(tmp_path, workers=2, max_concurrent_requests=256, key_share=0.8)
    granted = []
    with contextlib.ExitStack() as accepted:
        for number in range(10):
            place = accepted.enter_context((one, two)[number % 2].place(GREEDY, 32, 10, least=1))
            granted.append(place.answers)
        assert granted == [32, 32, 32, 32, 32, 22, 11, 6, 3, 1]
        assert two.length().running == sum(granted)
        with two.place(POLITE, 32, 10, least=1) as place:  # another key has its own share of what is left
            assert place.answers == (256 - sum(granted) + 1) // 2
        with one.place(GREEDY, 1, 10, least=1) as place:
            assert place.answers == 1
            with (
                pytest.raises(RateLimited, match="share of 204 concurrent requests"),
                two.place(GREEDY, 32, 10, least=1),
            ):
                pass
    with one.place(GREEDY, 32, 10, least=1) as place:  # what was taken is free again
        assert place.answers == 32


async def test_what_can_do_with_less_is_refused_where_nothing_is_left(tmp_path: Path) -> None:
    one, two = queues(tmp_path, workers=2, max_concurrent_requests=4, max_queued_tokens=100)
    with one.place(GREEDY, 3, 10):
        with two.place(POLITE, 32, 10, least=1) as place:
            assert place.answers == 1
            with pytest.raises(Overloaded, match="limit of 4"), one.place(THIRD, 32, 10, least=1):
                pass
        with pytest.raises(Overloaded, match="100 tokens together"), two.place(POLITE, 32, 91, least=1):
            pass
        with pytest.raises(Overloaded, match="limit of 4"), two.place(POLITE, 2, 10):  # needs all that it asks for
            pass
    assert one.length() == QueueLength(0, 0, 0)


async def test_all_that_is_asked_for_is_granted_where_all_is_needed(tmp_path: Path) -> None:
    [queue] = queues(tmp_path, max_concurrent_requests=10)
    with queue.place(GREEDY, 8, 10) as place:
        assert place.answers == 8
        assert queue.length().running == 8


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
async def test_a_place_is_free_again_after_an_error(tmp_path: Path, error: type[BaseException]) -> None:
    one, two = queues(tmp_path, workers=2)
    with contextlib.suppress(error), one.place(GREEDY, 2, 10):
        raise error
    assert two.length() == QueueLength(0, 0, 0)


async def test_a_turn_comes_when_another_worker_has_ended_its_request(tmp_path: Path) -> None:
    one, two = queues(tmp_path, workers=2, sequences=ONE)
    running = contextlib.ExitStack()
    first = running.enter_context(one.place(GREEDY, 1, 10))
    await first.turn()
    with two.place(POLITE, 1, 30) as waiting:
        turn = asyncio.create_task(waiting.turn())
        await asyncio.sleep(0.05)
        assert not turn.done()
        assert one.length() == QueueLength(1, 30, 1)
        running.close()
        async with asyncio.timeout(5):
            await turn


async def test_who_waits_too_long_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    [queue] = queues(tmp_path, sequences=ONE, seconds=0.05)
    with queue.place(GREEDY, 1, 10) as running:
        await running.turn()
        with pytest.raises(Overloaded, match=r"within 0\.05 s"), queue.place(POLITE, 1, 10) as waiting:
            await waiting.turn()
        assert queue.length() == QueueLength(0, 0, 1)


async def test_the_first_token_has_to_come_in_time_too(tmp_path: Path) -> None:
    [queue] = queues(tmp_path, seconds=0.05)
    with queue.place(GREEDY, 1, 10) as place:
        await place.turn()
        with pytest.raises(Overloaded):
            async with place.in_time():
                await asyncio.Event().wait()


async def test_what_goes_on_after_the_first_token_is_not_cut_off(tmp_path: Path) -> None:
    [queue] = queues(tmp_path, seconds=0.05)
    with queue.place(GREEDY, 1, 10) as place:
        await place.turn()
        async with place.in_time() as limit:
            limit.reschedule(None)
            await asyncio.sleep(0.2)


async def test_what_ranks_higher_has_the_lower_priority_number(tmp_path: Path) -> None:
    [queue] = queues(tmp_path, sequences=Sequences(9, 9, 9))
    numbers = []
    for rank in (Rank.FLEX, Rank.PRIORITY, Rank.DEFAULT):
        with queue.place(Owner("key", rank), 1, 1000) as place:
            numbers.append(await place.turn())
            place.used = 1000
    flex, priority, default = numbers
    assert priority < default < flex < 2**63


async def test_what_a_killed_worker_had_is_free_once_it_is_replaced(tmp_path: Path) -> None:
    dying = f"""
import asyncio, os, pathlib
from tests.engines.queues import *
async def main():
    _, queue = queues(pathlib.Path({str(tmp_path)!r}), workers=2, sequences=Sequences(1, 1, 1))
    with queue.place(POLITE, 1, 50):
        with queue.place(POLITE, 1, 70):
            os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    [queue] = queues(tmp_path, sequences=ONE)
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", dying], check=False, timeout=60)
    assert queue.length() == QueueLength(1, 70, 1)
    with queue.place(GREEDY, 1, 10) as place:
        turn = asyncio.create_task(place.turn())
        await asyncio.sleep(0.05)
        assert not turn.done()
        one_queue(tmp_path, worker=1)
        async with asyncio.timeout(5):
            await turn
        assert queue.length() == QueueLength(0, 0, 1)


async def test_a_worker_that_dies_under_the_lock_leaves_it_open(tmp_path: Path) -> None:
    dying = f"""
import os, pathlib
from jobai_server.engines.queue_table import QueueTable
with QueueTable.existing(pathlib.Path({str(tmp_path / "queue")!r})):
    os.kill(os.getpid(), 9)
"""
    [queue] = queues(tmp_path)
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", dying], check=False, timeout=60)
    with queue.place(GREEDY, 1, 10) as place:
        await place.turn()
