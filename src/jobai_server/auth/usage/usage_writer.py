"""Takes what was used from memory to the store, once a second, off the path of requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from jobai_server.auth.usage.usage_counts import UsageCounts
from jobai_server.auth.usage.usage_table import add_usage
from jobai_server.errors import StoreUnavailable
from jobai_server.storage.database import Database

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.9
"""With the time a flush takes, what a killed worker loses stays under a second."""


class UsageWriter:
    """Flushes for as long as `running` is entered, and once more on leaving it."""

    def __init__(self, database: Database, counts: UsageCounts) -> None:
        self._database = database
        self._counts = counts
        self._reachable = True

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(stop))
        try:
            yield
        finally:
            stop.set()  # rather than cancel it: a flush under way is to finish
            await task

    async def flush(self) -> None:
        """Add everything to the store; what cannot be stored now is kept for the next time."""
        sums = self._counts.take()
        if not sums:
            return
        try:
            async with self._database.changing() as connection:
                await add_usage(connection, sums)
        except BaseException as error:
            self._counts.put_back(sums)
            if not isinstance(error, StoreUnavailable):
                raise
            self._note(reachable=False)
        else:
            self._note(reachable=True)

    async def _run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await stop.wait()
            try:
                await self.flush()
            except Exception:
                log.exception("usage could not be stored")

    def _note(self, *, reachable: bool) -> None:
        if reachable != self._reachable:
            self._reachable = reachable
            if reachable:
                log.info("usage: stored again")
            else:
                log.error("usage: the store is out of reach; counts are kept in memory until it is back")
