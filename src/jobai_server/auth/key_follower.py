"""Keeps a key ring as new as the store: looks at the store's revision, and loads what changed since."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from jobai_server.auth import key_rows
from jobai_server.auth.key_ring import KeyRing
from jobai_server.errors import StoreUnavailable
from jobai_server.observability.metrics import KEY_STORE_AGE_SECONDS
from jobai_server.storage.database import Database

log = logging.getLogger(__name__)

# With the time a look takes below one second: a change is in force everywhere within one.
POLL_SECONDS = 0.3
# A look that is late is still worth having: how old the keys may be is the ring's affair.
LOOK_SECONDS = 10.0
# Of one that requests wait for.
CATCH_UP_SECONDS = 1.0
# One poll is late whenever the machine is busy, and that is nobody's concern.
QUIET_SECONDS = 2.0


class KeyFollower:
    """Follows the store for as long as `follow` runs.

    Args:
        steady_clock: Seconds that only ever go forward.
    """

    def __init__(self, database: Database, ring: KeyRing, steady_clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._ring = ring
        self._steady_clock = steady_clock
        self._catching_up = asyncio.Lock()

    async def refresh(self, seconds: float = LOOK_SECONDS) -> None:
        """Load what is new.

        Raises:
            StoreUnavailable: The ring stays as it is.
        """
        known = self._ring.revision
        revision, records = await self._database.read(lambda connection: key_rows.news(connection, known), seconds)
        if revision < known:
            self._ring.replace(records)
        else:
            self._ring.apply(records)
        self._ring.confirm(revision)

    async def catch_up(self) -> None:
        """As `refresh`, one after another, so that many who ask at once take up one connection."""
        async with self._catching_up:
            await self.refresh(CATCH_UP_SECONDS)

    async def follow(self) -> None:
        """Until cancelled."""
        failing_since: float | None = None
        told = False
        while True:
            KEY_STORE_AGE_SECONDS.set(self._ring.age_seconds)
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.refresh()
            except StoreUnavailable:
                now = self._steady_clock()
                if failing_since is None:
                    failing_since = now
                elif not told and now - failing_since >= QUIET_SECONDS:
                    log.error("key store: out of reach; known keys are honoured for a minute")
                    told = True
            except Exception:
                log.exception("key store: keys could not be loaded")
            else:
                if told:
                    log.info("key store: back")
                failing_since, told = None, False
