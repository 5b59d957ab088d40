"""A second process of an engine, started ahead of need."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from jobai_server.process import Child
from jobai_server.supervision.start_errors import START_ERRORS

log = logging.getLogger(__name__)

# Its imports would only slow down the first requests after a start.
DELAY_SECONDS = 60.0


class SpareChild:
    """At most one; whoever takes it has to see to its end."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._starting: asyncio.Task[None] | None = None

    def prepare(self, start: Callable[[], Awaitable[Child]]) -> None:
        """Have one soon, unless there is one."""
        if self._starting is None and (self._child is None or not self._child.alive):
            self._starting = asyncio.create_task(self._start(start))

    def taken(self) -> Child | None:
        """The one that is there, which is the caller's from now on."""
        child, self._child = self._child, None
        return child if child and child.alive else None

    async def end(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._starting
        if self._child is not None:
            await self._child.stop(0)
            self._child = None

    async def _start(self, start: Callable[[], Awaitable[Child]]) -> None:
        try:
            await asyncio.sleep(DELAY_SECONDS)
            self._child = await start()
        except START_ERRORS as error:
            log.warning("a spare process could not be started, the next run does without: %s", error)
        finally:
            self._starting = None
