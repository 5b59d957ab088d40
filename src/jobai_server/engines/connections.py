"""One web worker's connections to the engines, opened and closed as the supervisor says."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from jobai_server.engines.catalog import AWAY, Catalog, EngineStatus, Entry
from jobai_server.engines.embedding_client import EmbeddingClient, open_embedding_engine
from jobai_server.engines.launch import EngineLaunch, Seat
from jobai_server.engines.report import reason
from jobai_server.engines.request_queues import RequestQueues
from jobai_server.engines.vllm_engine import VllmTextEngine, open_vllm_engine
from jobai_server.errors import EngineDied

log = logging.getLogger(__name__)

VLLM_CLIENT = "vllm.v1.engine.async_llm"


class Connections:
    """Keeps the catalog's engines in step with the engine processes.

    Args:
        on_connected: Called with an engine's name and which run of it that is, when it can be used.
        on_casualties: Called when an engine has ended: its name, which run of it that was, and digests of what it was
            working on for this worker.
        on_unwell: Called with the name of an engine that this worker cannot be attached to, and why.
        attach_seconds: How long an engine may take to be attached to and to do its first work.
    """

    def __init__(
        self,
        catalog: Catalog,
        queues: RequestQueues,
        on_connected: Callable[[str, str], None],
        on_casualties: Callable[[str, str, set[str]], None],
        on_unwell: Callable[[str, str], None],
        attach_seconds: float,
    ) -> None:
        self._catalog = catalog
        self._queues = queues
        self._on_connected = on_connected
        self._on_casualties = on_casualties
        self._on_unwell = on_unwell
        self._attach_seconds = attach_seconds
        self._runs: dict[str, str] = {}
        self._open: dict[str, VllmTextEngine | EmbeddingClient] = {}
        self._opening: dict[str, asyncio.Task[VllmTextEngine | EmbeddingClient]] = {}
        self._latest: dict[str, EngineStatus] = {}

    async def apply(self, message: dict[str, Any]) -> None:
        """The supervisor's word on one engine: its status, and if it is ready how to reach it."""
        name: str = message["name"]
        entry = self._catalog.entries[name]
        status = EngineStatus(**message["status"])
        self._latest[name] = status
        if opening := self._opening.get(name):
            opening.cancel()  # an engine that has fallen asleep or ended meanwhile would never answer
        if (
            status.state in {"restarting", "failed"}
            and name in self._open
            and (lost := self._queues.of(name).casualties())
        ):
            self._on_casualties(name, self._runs[name], lost)
        self._queues.of(name).refused = frozenset(message.get("refused", ()))
        if status.state in AWAY and status.process_id is not None:
            entry.engine = entry.embedding_engine = None  # it ends what it has or sleeps, and gets nothing new
            entry.note(status)
            return
        launch = EngineLaunch.model_validate(message["launch"]) if status.state == "ready" else None
        if launch and name in self._open and self._runs[name] == launch.run:
            self._offer(entry, self._open[name], status)  # it has slept
            return
        self._close(name)
        if launch is None:
            entry.note(status)
            return
        seat = Seat.model_validate(message["seat"])
        self._opening[name] = opening = asyncio.create_task(self._opened(launch, seat, entry))
        try:
            engine = await opening
        except asyncio.CancelledError:
            if self._latest[name] is status:
                raise
            return
        except Exception as error:
            if self._latest[name] is not status or isinstance(error, EngineDied):
                log.info("engine %s: it ended before this worker was attached to it", name)
                return
            # The other models are served all the same; this one is started again, which is all there is to try.
            why = f"a web worker could not be attached to it: {reason(error)}"
            log.error("engine %s: %s", name, why, exc_info=error)
            entry.note(replace(status, state="restarting", reason=why))
            self._on_unwell(name, why)
            return
        if self._latest[name] is not status:  # the engine has ended meanwhile
            engine.close()
            return
        self._queues.of(name).begin_run()
        entry.probe = None  # of an earlier run
        self._open[name] = engine
        self._runs[name] = launch.run
        self._offer(entry, engine, status)
        self._on_connected(name, self._runs[name])

    async def _opened(self, launch: EngineLaunch, seat: Seat, entry: Entry) -> VllmTextEngine | EmbeddingClient:
        """
        Raises:
            TimeoutError: The engine is alive, but does nothing.
        """
        queue = self._queues.of(launch.name)
        if any("embedding" not in other.card.roles for other in self._catalog.entries.values()):
            # Seconds in a worker that has just been started, and none of the engine's fault. Two threads that import
            # what this and the embedding tokenizer have in common could find it half done.
            await asyncio.to_thread(importlib.import_module, VLLM_CLIENT)
        try:
            async with asyncio.timeout(self._attach_seconds):
                if launch.kind == "embedding":
                    return await open_embedding_engine(launch, entry.card, queue)
                return await open_vllm_engine(launch, seat, entry.card, queue)
        except TimeoutError as error:
            raise TimeoutError("it does not do its first work") from error

    def _offer(self, entry: Entry, engine: VllmTextEngine | EmbeddingClient, status: EngineStatus) -> None:
        if isinstance(engine, EmbeddingClient):
            entry.embedding_engine = engine
        else:
            entry.engine = engine
        entry.card = engine.card
        entry.note(status)

    def close(self) -> None:
        for name in list(self._open):
            self._close(name)

    def _close(self, name: str) -> None:
        entry = self._catalog.entries[name]
        entry.engine = entry.embedding_engine = None
        if engine := self._open.pop(name, None):
            engine.fail()
