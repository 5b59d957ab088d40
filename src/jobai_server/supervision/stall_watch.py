"""Notices an engine that has work and gets nowhere: its process is alive, and no token comes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from jobai_server.engines.queue_table import QueueTable
from jobai_server.supervision.engine_keeper import EngineKeeper

LOOK_SECONDS = 0.5


class StallWatch:
    """Watches one text engine through the table in which the web workers keep its requests.

    Args:
        path: The table's file; the web workers make it.
        seconds: How long requests may run without a single token of any of them, nor of a probe: answers that are
            written and wait for slow readers look like work, so web workers ask the engine in time (engines/probes.py).
    """

    def __init__(self, engine: EngineKeeper, path: Path, seconds: float) -> None:
        self._engine = engine
        self._path = path
        self._seconds = seconds
        self._table: QueueTable | None = None
        self._progress = 0
        # Added up look by look, so that neither idle time nor a pause of this process counts.
        self._stalled = 0.0

    async def run(self) -> None:
        """For ever; cancel to stop."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Every LOOK_SECONDS."""
        if not self._engine.running:
            self._stalled = 0.0
            return
        if self._table is None:
            self._table = QueueTable.existing(self._path)
        if self._table.progress != self._progress:
            self._progress, self._stalled = self._table.progress, 0.0
            return
        running = self._table.running()
        self._stalled = self._stalled + LOOK_SECONDS if running else 0.0
        if self._stalled > self._seconds:
            self._stalled = 0.0
            self._engine.end_run(f"it is stuck: {running} requests are running, and no token for {self._seconds:g} s")
