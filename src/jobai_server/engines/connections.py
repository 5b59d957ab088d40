"""One web worker's connections to the engines, opened and closed as the supervisor says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from jobai_server.engines.admission import RunningRequests
from jobai_server.engines.catalog import Catalog, EngineStatus
from jobai_server.engines.launch import EngineLaunch, Seat
from jobai_server.engines.vllm_engine import VllmTextEngine, open_vllm_engine

log = logging.getLogger(__name__)


class Connections:
    """Keeps the catalog's engines in step with the engine processes.

    Args:
        on_connected: Called with an engine's name when it can be used.
    """

    def __init__(self, catalog: Catalog, running: RunningRequests, on_connected: Callable[[str], None]) -> None:
        self._catalog = catalog
        self._running = running
        self._on_connected = on_connected
        self._locks = {name: asyncio.Lock() for name in catalog.entries}
        self._open: dict[str, VllmTextEngine] = {}

    async def apply(self, message: dict[str, Any]) -> None:
        """The supervisor's word on one engine: its status, and if it is ready how to reach it."""
        name: str = message["name"]
        entry = self._catalog.entries[name]
        status = EngineStatus(**message["status"])
        if status.state != "ready":
            # Before the lock: requests must not run into an engine that is gone while an older message is at work.
            self._close(name)
            entry.status = status
            return
        async with self._locks[name]:
            self._close(name)
            launch = EngineLaunch.model_validate(message["launch"])
            engine = await open_vllm_engine(launch, Seat.model_validate(message["seat"]), entry.card, self._running)
            self._open[name] = entry.engine = engine
            entry.card, entry.status = engine.card, status
            self._on_connected(name)

    def close(self) -> None:
        for name in list(self._open):
            self._close(name)

    def _close(self, name: str) -> None:
        self._catalog.entries[name].engine = None
        if engine := self._open.pop(name, None):
            engine.fail()
