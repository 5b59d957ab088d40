"""Asks every engine for the least it can do, when nobody else has asked it for anything for a while."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Protocol

from jobai_server.engines.catalog import Catalog, Entry, Probe
from jobai_server.engines.queue_table import QueueTable
from jobai_server.engines.request_queues import RequestQueues
from jobai_server.errors import EngineDied

# Errors in a row, of an engine that answers: it is broken, and a new start is the one thing left to try.
FAILURES = 3


class Probed(Protocol):
    """An engine that can be asked."""

    async def probe(self) -> None: ...


class Probes:
    """One web worker's. An engine that is starting, restarting or asleep is left alone.

    Args:
        seconds: An engine that gave no sign of life for so long is asked.
        deadline: How long it may take to answer, in seconds, unless it gives others tokens meanwhile.
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
        self._on_unwell = on_unwell

    async def run(self) -> None:
        """For ever; cancel to stop."""
        async with asyncio.TaskGroup() as tasks:
            for name, entry in self._catalog.entries.items():
                tasks.create_task(self._watch(name, entry))

    async def _watch(self, name: str, entry: Entry) -> None:
        table = self._queues.of(name).table
        failures = 0
        while True:
            await asyncio.sleep(self._seconds)
            engine: Probed | None = entry.engine or entry.embedding_engine
            if engine is None or time.monotonic_ns() - table.progress < self._seconds * 1e9:
                continue
            reason = await self._ask(engine, entry, table)
            failures = failures + 1 if reason else 0
            still_there = engine in (entry.engine, entry.embedding_engine)
            if reason and still_there and (failures >= FAILURES or reason.startswith("no answer")):
                failures = 0
                self._on_unwell(name, f"a probe failed: {reason}")

    async def _ask(self, engine: Probed, entry: Entry, table: QueueTable) -> str:
        """Why it is not well, or nothing."""
        began, before = time.time(), table.progress
        reason = ""
        with contextlib.suppress(EngineDied):  # the supervisor knows
            try:
                async with asyncio.timeout(self._deadline):
                    await engine.probe()
            except TimeoutError:
                if table.progress == before:
                    reason = f"no answer within {self._deadline:g} s"
            except EngineDied:
                raise
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"[:300]
        entry.probe = Probe(began, time.time() - began, reason)
        return reason
