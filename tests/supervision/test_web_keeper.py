from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest
from tests.supervision.conftest import DEADLINE, Script, until

from jobai_server.supervision.web_keeper import WebKeeper

ENGINE = {"event": "engine", "name": "nano"}


@asynccontextmanager
async def kept(greeted: list[int | None] | None = None) -> AsyncIterator[tuple[WebKeeper, asyncio.Task[None]]]:
    """A running keeper and its task, which ends with the `with` block."""

    def greet(worker: WebKeeper) -> None:
        if greeted is not None:
            greeted.append(worker.process_id)

    with tempfile.TemporaryFile() as listener:
        worker = WebKeeper(
            0,
            environment={},
            first_message={"index": 0},
            listening_descriptor=listener.fileno(),
            greet=greet,
            changed=asyncio.Event(),
        )
        task = asyncio.create_task(worker.run())
        try:
            yield worker, task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_worker_that_listens_is_greeted_and_can_be_told(stand_in: Script) -> None:
    stand_in("ready")
    greeted: list[int | None] = []
    async with kept(greeted) as (worker, _):
        await until(worker.listening.is_set)
        assert greeted == [worker.process_id]
        worker.tell(ENGINE)
        await until(lambda: worker.connected == {"nano"})


async def test_worker_that_does_not_listen_yet_is_told_nothing(stand_in: Script) -> None:
    stand_in("silent")
    async with kept() as (worker, _):
        worker.tell(ENGINE)
        await until(lambda: worker.process_id)
        worker.tell(ENGINE)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await until(lambda: worker.connected)


async def test_killed_worker_is_replaced_and_greeted_again(stand_in: Script) -> None:
    stand_in("ready")
    greeted: list[int | None] = []
    async with kept(greeted) as (worker, _):
        await until(worker.listening.is_set)
        worker.tell(ENGINE)
        await until(lambda: worker.connected)
        assert greeted[0] is not None
        os.kill(greeted[0], signal.SIGKILL)
        await until(lambda: len(greeted) == 2)
        assert greeted[1] == worker.process_id != greeted[0]
        assert worker.listening.is_set()
        assert not worker.connected


async def test_dead_worker_neither_listens_nor_is_connected(stand_in: Script) -> None:
    stand_in("ready,silent")
    async with kept() as (worker, _):
        await until(worker.listening.is_set)
        worker.tell(ENGINE)
        await until(lambda: worker.connected)
        os.kill(worker.process_id or 0, signal.SIGKILL)
        await until(lambda: not worker.listening.is_set())
        assert not worker.connected


async def test_worker_that_never_listens_is_hopeless(stand_in: Script) -> None:
    stand_in("exit")
    async with kept() as (worker, _):
        await until(lambda: worker.hopeless)


async def test_worker_that_has_listened_is_never_hopeless(stand_in: Script) -> None:
    stand_in("ready,exit,exit,exit,exit,ready")
    greeted: list[int | None] = []
    async with kept(greeted) as (worker, _):
        await until(lambda: greeted)
        os.kill(worker.process_id or 0, signal.SIGKILL)
        await until(lambda: len(greeted) == 2)
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
