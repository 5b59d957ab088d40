"""Puts an engine to sleep that nobody has wanted anything from for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from jobai_server.supervision.engine_keeper import EngineKeeper

LOOK_SECONDS = 0.5


class SleepCycle:
    """Of one engine.

    Args:
        attached: Tells whether the web workers have got hold of it; who wants something may be waiting for that.
        seconds: How long it has to be idle.
    """

    def __init__(self, engine: EngineKeeper, attached: Callable[[], bool], seconds: float) -> None:
        self._engine = engine
        self._attached = attached
        self._seconds = seconds
        # Added up look by look, so that a pause of this process does not count.
        self._idle = 0.0

    async def run(self) -> None:
        """For ever; cancel to stop."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Every LOOK_SECONDS."""
        if self._engine.launch is None or self._engine.busy() or not self._attached():
            self._idle = 0.0
            return
        self._idle += LOOK_SECONDS
        if self._idle >= self._seconds:
            self._idle = 0.0
            self._engine.sleep()
