"""Probes of a stand-in engine."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.stand_in_engine import StandInEngine

from jobai_server.engines.catalog import Catalog, EngineStatus
from jobai_server.engines.probes import FAILURES, Probes
from jobai_server.engines.queue_table import FREE, RUNNING, QueueTable
from jobai_server.engines.request_queues import RequestQueues
from jobai_server.errors import EngineDied
from jobai_server.settings import ModelSettings


@contextlib.asynccontextmanager
async def probed(
    engine: StandInEngine, folder: Path, seconds: float = 0.02, deadline: float = 0.1
) -> AsyncIterator[tuple[Any, RequestQueues, list[str]]]:
    """The engine's catalog entry, the queues, and the reasons it was called unwell for."""
    name = engine.card.name
    catalog = Catalog.of({name: engine.card})
    entry = catalog.entries[name]
    entry.engine, entry.status = engine, EngineStatus("ready", time.time())
    queues = RequestQueues(folder, {name: ModelSettings.model_validate({"name": name, "source": "/none"})}, 0, 1)
    unwell: list[str] = []
    probes = Probes(catalog, queues, seconds, deadline, lambda _, reason: unwell.append(reason))
    task = asyncio.create_task(probes.run())
    try:
        yield entry, queues, unwell
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(reached: Any) -> None:
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 - what is waited for has no event to wait on
            await asyncio.sleep(0.01)


async def test_an_idle_engine_is_asked_again_and_again(tmp_path: Path) -> None:
    engine = StandInEngine()
    async with probed(engine, tmp_path) as (entry, _, unwell):
        await until(lambda: engine.probes > 2)
        assert entry.probe.reason == ""
        assert unwell == []


async def test_one_that_is_at_work_is_left_alone(tmp_path: Path) -> None:
    engine = StandInEngine()
    async with probed(engine, tmp_path) as (entry, queues, _):
        for _ in range(30):
            queues.of(engine.card.name).table.note_progress()
            await asyncio.sleep(0.01)
        before = engine.probes
        assert before <= 1
        await until(lambda: entry.probe is not None)


def request(table: QueueTable) -> int:
    """A waiting request's row."""
    row = table.add(worker=0, key=0, rank=1, answers=1, tokens=1, start=0)
    assert row is not None
    return row


async def test_one_whose_answers_wait_for_slow_readers_is_asked_before_it_counts_as_stuck(tmp_path: Path) -> None:
    longest_silence = 0.0

    class Well(StandInEngine):
        async def probe(self) -> None:
            nonlocal longest_silence
            longest_silence = max(longest_silence, (time.monotonic_ns() - table.progress) / 1e9)
            table.note_progress()
            await super().probe()

    engine = Well()
    async with probed(engine, tmp_path, seconds=1000, deadline=0.9) as (_, queues, unwell):
        table = queues.of(engine.card.name).table
        table.note_progress()
        row = request(table)
        await asyncio.sleep(1)
        assert engine.probes == 0  # it waits for its turn
        table.note_progress()
        table.entries["state"][row] = RUNNING
        await until(lambda: engine.probes == 3)
        table.entries["state"][row] = FREE
        await asyncio.sleep(1)
        assert engine.probes == 3
    assert longest_silence < 0.9
    assert unwell == []


async def test_an_embedding_engine_that_works_on_a_large_request_is_left_alone(tmp_path: Path) -> None:
    engine = StandInEngine()
    async with probed(engine, tmp_path, seconds=1000, deadline=0.1) as (entry, queues, _):
        entry.engine, entry.embedding_engine = None, engine
        table = queues.of(engine.card.name).table
        table.note_progress()
        table.entries["state"][request(table)] = RUNNING
        await asyncio.sleep(0.3)
        assert engine.probes == 0


async def test_errors_in_a_row_make_it_unwell(tmp_path: Path) -> None:
    engine = StandInEngine()
    engine.fail_probe = ValueError("out of order")
    async with probed(engine, tmp_path) as (entry, _, unwell):
        await until(lambda: unwell)
        assert engine.probes == FAILURES
        assert unwell == ["a probe failed: ValueError: out of order"]
        assert entry.probe.reason == "ValueError: out of order"


async def test_no_answer_makes_it_unwell_at_once(tmp_path: Path) -> None:
    class Hanging(StandInEngine):
        async def probe(self) -> None:
            self.probes += 1
            await asyncio.Event().wait()

    engine = Hanging()
    async with probed(engine, tmp_path) as (_, __, unwell):
        await until(lambda: unwell)
        assert engine.probes == 1
        assert unwell == ["a probe failed: no answer within 0.1 s"]


async def test_an_end_that_the_supervisor_sees_is_not_reported(tmp_path: Path) -> None:
    class Ending(StandInEngine):
        async def probe(self) -> None:
            self.probes += 1
            entry.engine = None
            raise EngineDied("gone")

    engine = Ending()
    async with probed(engine, tmp_path) as (entry, _, unwell):
        for number in range(1, FAILURES + 2):
            entry.engine = engine
            await until(lambda number=number: engine.probes == number)
        await asyncio.sleep(0.1)
        assert unwell == []
        assert entry.probe is None


async def test_an_end_that_nobody_sees_is_reported(tmp_path: Path) -> None:
    engine = StandInEngine()
    engine.fail_probe = EngineDied("gone")
    async with probed(engine, tmp_path) as (entry, _, unwell):
        await until(lambda: unwell)
        assert entry.probe.reason == "EngineDied: gone"


async def test_one_that_gives_others_tokens_meanwhile_is_busy_and_not_unwell(tmp_path: Path) -> None:
    class Slow(StandInEngine):
        async def probe(self) -> None:
            self.probes += 1
            queues.of(self.card.name).table.note_progress()
            await asyncio.Event().wait()

    engine = Slow()
    async with probed(engine, tmp_path) as (entry, queues, unwell):
        await until(lambda: entry.probe is not None)
        assert entry.probe.reason == "no answer within 0.1 s"
        assert unwell == []
