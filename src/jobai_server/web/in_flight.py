"""The requests a web worker is working on, and how they end when the server stops."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator


class ClientDisconnected(Exception):
    """The client hung up: its work is cancelled, and nobody reads what is answered."""


class InFlight:
    """Counts requests; once draining, says so, and cuts off at the deadline what is still running."""

    def __init__(self) -> None:
        self.draining = False
        self.count = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def cut(self) -> asyncio.Future[None]:
        """Done when running requests must end now."""
        return self._cut

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        self.count += 1
        self._idle.clear()
        try:
            yield
        finally:
            self.count -= 1
            if self.count == 0:
                self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Refuse new requests; return when the running ones have ended, by themselves or at the deadline."""
        self.draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        self._cut.set_result(None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._idle.wait()
