"""Asks every engine for the least it can do, when nobody else has asked it for anything for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from jobai_server.engines.catalog import Catalog, Entry, Probe
from jobai_server.engines.queue_table import QueueTable
from jobai_server.engines.request_queues import RequestQueues

# Errors in a row, of an engine that answers: it is broken, and a new start is the one thing left to try.
FAILURES = 3
NO_ANSWER = "no answer within"
# After this share of the time in which an engine that has work must give a token; the rest is for its answer.
WORKING_SHARE = 1 / 3


class Probed(Protocol):
    """An engine that can be asked."""

    async def probe(self) -> None: ...


class Probes:
    """One web worker's. An engine that is starting, restarting or asleep is left alone.

    Args:
        seconds: An engine that gave no sign of life for so long is asked; sooner where it seems to have work.
        deadline: How long it may take to answer, in seconds, unless it gives others tokens meanwhile; also how long the
            supervisor lets a text engine have work and give nothing.
        on_unwell: Called with the name of an engine that should be started again, and why.
    """

    def __init__(
        self,
        catalog: Catalog,
        queues: RequestQueues,
        seconds: float,
        deadline: float,
        on_unwell: Callable[[str, str], None],
    ) -> None:
        self._catalog = catalog
        self._queues = queues
        self._seconds = seconds
        self._deadline = deadline
        self._working_seconds = min(seconds, deadline * WORKING_SHARE)
        self._on_unwell = on_unwell

    async def run(self) -> None:
        """For ever; cancel to stop."""
        async with asyncio.TaskGroup() as tasks:
            for name, entry in self._catalog.entries.items():
                tasks.create_task(self._watch(name, entry))

    async def _watch(self, name: str, entry: Entry) -> None:
        table = self._queues.of(name).table
        failures = 0
        asked = 0
        while True:
            await asyncio.sleep(self._working_seconds)
            engine: Probed | None = entry.engine or entry.embedding_engine
            before = table.progress
            if engine is None or time.monotonic_ns() - max(before, asked) < self._patience(entry, table) * 1e9:
                continue
            asked = time.monotonic_ns()
            probe = await self._ask(engine)
            if engine not in (entry.engine, entry.embedding_engine):
                failures = 0  # the supervisor has seen its end
                continue
            entry.probe = probe
            failures = failures + 1 if probe.reason else 0
            # What gives others tokens meanwhile is busy, no more.
            hangs = probe.reason.startswith(NO_ANSWER) and table.progress == before
            if hangs or failures >= FAILURES:
                failures = 0
                self._on_unwell(name, f"a probe failed: {probe.reason}")

    def _patience(self, entry: Entry, table: QueueTable) -> float:
        """How many seconds the engine may give nothing before it is asked."""
        # The supervisor ends a text engine that has work and gives nothing (supervision/stall_watch.py). Answers that
        # are written and wait for slow readers look like work to it; this one tells it that the engine is well.
        return self._working_seconds if entry.engine and table.running() else self._seconds

    async def _ask(self, engine: Probed) -> Probe:
        began = time.time()
        reason = ""
        try:
            async with asyncio.timeout(self._deadline):
                await engine.probe()
        except TimeoutError:
            reason = f"{NO_ANSWER} {self._deadline:g} s"
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:300]
        return Probe(began, time.time() - began, reason)
