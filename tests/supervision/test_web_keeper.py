from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psutil
import pytest
from tests.supervision.conftest import DEADLINE, NO_ROOM, NoRoom, Script, until

from jobai_server.process import Message
from jobai_server.supervision.web_keeper import WebKeeper

ENGINE: Message = {"event": "engine", "name": "nano"}


@asynccontextmanager
async def kept(
    introduced: list[int | None] | None = None, ended: Callable[[int], None] = lambda _: None
) -> AsyncIterator[tuple[WebKeeper, asyncio.Task[None]]]:
    """A running keeper and its task, which ends with the `with` block.

    Args:
        introduced: Collects the new workers' ids.
        ended: Called with those of workers that are gone.
    """

    def introduce() -> list[Message]:
        if introduced is not None:
            introduced.append(worker.process_id)
        return [ENGINE]

    with tempfile.TemporaryFile() as listener:
        worker = WebKeeper(
            0,
            environment={},
            first_message={"index": 0},
            listening_descriptor=listener.fileno(),
            introduce=introduce,
            hear=lambda message: None,
            changed=asyncio.Event(),
            ended=ended,
        )
        task = asyncio.create_task(worker.run())
        try:
            yield worker, task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_worker_is_told_of_the_engines_at_its_start_and_later(stand_in: Script) -> None:
    stand_in("ready")
    introduced: list[int | None] = []
    async with kept(introduced) as (worker, _):
        await until(lambda: worker.connected == {"nano": "1"})
        assert introduced == [worker.process_id]
        worker.tell({"event": "engine", "name": "other"})
        await until(lambda: worker.connected == {"nano": "1", "other": "1"})


async def test_telling_a_worker_that_is_not_there_is_no_error(stand_in: Script) -> None:
    stand_in("silent")
    async with kept() as (worker, _):
        worker.tell(ENGINE)
        assert worker.process_id is None


async def test_killed_worker_is_replaced_and_told_again(stand_in: Script) -> None:
    stand_in("ready")
    introduced: list[int | None] = []
    ended: list[int] = []
    async with kept(introduced, ended.append) as (worker, _):
        await until(lambda: worker.connected)
        assert introduced[0] is not None
        assert ended == []
        os.kill(introduced[0], signal.SIGKILL)
        await until(lambda: len(introduced) == 2)
        assert ended == introduced[:1]
        assert introduced[1] == worker.process_id != introduced[0]
        await until(lambda: worker.listening.is_set() and worker.connected)


@pytest.mark.parametrize("error", NO_ROOM, ids=str)
async def test_a_machine_without_room_for_a_process_is_tried_again(
    stand_in: Script, no_room: NoRoom, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    stand_in("ready")
    introduced: list[int | None] = []
    async with kept(introduced) as (worker, task):
        await until(worker.listening.is_set)
        no_room(error, 4)
        os.kill(worker.process_id or 0, signal.SIGKILL)
        await until(lambda: len(introduced) == 2 and worker.listening.is_set())
        assert not worker.hopeless
        assert not task.done()
    assert caplog.text.count(f"web worker 0: could not be started: {error}; next start in") == 4


async def test_a_worker_is_replaced_although_what_it_leaves_cannot_be_removed(stand_in: Script) -> None:
    def ended(_: int) -> None:
        raise NO_ROOM[0]

    stand_in("ready")
    introduced: list[int | None] = []
    async with kept(introduced, ended) as (worker, _):
        await until(worker.listening.is_set)
        os.kill(worker.process_id or 0, signal.SIGKILL)
        await until(lambda: len(introduced) == 2 and worker.listening.is_set())


async def test_dead_worker_neither_listens_nor_is_connected(stand_in: Script) -> None:
    stand_in("ready,silent")
    async with kept() as (worker, _):
        await until(lambda: worker.listening.is_set() and worker.connected)
        os.kill(worker.process_id or 0, signal.SIGKILL)
        await until(lambda: not worker.listening.is_set())
        assert not worker.connected


async def test_worker_that_never_listens_is_hopeless(stand_in: Script) -> None:
    stand_in("exit")
    async with kept() as (worker, _):
        await until(lambda: worker.hopeless)


async def test_worker_that_has_listened_is_never_hopeless(stand_in: Script) -> None:
    stand_in("ready,exit,exit,exit,exit,ready")
    introduced: list[int | None] = []
    async with kept(introduced) as (worker, _):
        await until(worker.listening.is_set)
        os.kill(worker.process_id or 0, signal.SIGKILL)
        await until(lambda: len(introduced) == 6 and worker.listening.is_set())
        assert not worker.hopeless


async def test_drained_worker_ends_and_is_not_replaced(stand_in: Script) -> None:
    stand_in("ready")
    async with kept() as (worker, task):
        await until(worker.listening.is_set)
        process = psutil.Process(worker.process_id)
        async with asyncio.timeout(DEADLINE):
            await worker.drain()
            await task
        assert not process.is_running()
        assert worker.process_id is None


async def test_draining_a_dead_worker_does_not_wait(stand_in: Script) -> None:
    stand_in("exit")
    async with kept() as (worker, task):
        await until(lambda: worker.hopeless)
        async with asyncio.timeout(DEADLINE):
            await worker.drain()


@pytest.mark.parametrize("act", ["ready", "silent"])
async def test_stopping_leaves_no_process(stand_in: Script, act: str) -> None:
    stand_in(act)
    async with kept() as (worker, _):
        await until(lambda: worker.process_id and (worker.listening.is_set() or act == "silent"))
        process = psutil.Process(worker.process_id)
    assert not process.is_running()
