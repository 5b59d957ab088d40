"""One web worker's connections to the engines, opened and closed as the supervisor says."""

from __future__ import annotations

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
        self._open: dict[str, VllmTextEngine] = {}
        self._latest: dict[str, EngineStatus] = {}

    async def apply(self, message: dict[str, Any]) -> None:
        """The supervisor's word on one engine: its status, and if it is ready how to reach it."""
        name: str = message["name"]
        entry = self._catalog.entries[name]
        status = EngineStatus(**message["status"])
        self._latest[name] = status
        self._close(name)
        if status.state != "ready":
            entry.status = status
            return
        launch, seat = EngineLaunch.model_validate(message["launch"]), Seat.model_validate(message["seat"])
        try:
            engine = await open_vllm_engine(launch, seat, entry.card, self._running)
        except Exception:
            if self._latest[name] is status:
                raise
            log.info("engine %s: it ended before this worker was attached to it", name)
            return
        if self._latest[name] is not status:  # the engine has ended meanwhile
            engine.close()
            return
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
