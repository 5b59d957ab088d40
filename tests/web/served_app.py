"""The web app on a real socket with a stand-in engine behind it, inside the test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from opentelemetry.trace import Tracer
from tests.stand_in_embedding import StandInEmbedding
from tests.stand_in_engine import StandInEngine

from jobai_server.app import create_app
from jobai_server.auth.access import Access
from jobai_server.auth.bootstrap import admit_given_key
from jobai_server.auth.store_opening import prepared_store
from jobai_server.auth.usage.usage_counts import UsageCounts
from jobai_server.auth.usage.usage_writer import UsageWriter
from jobai_server.engines.catalog import Catalog, EngineStatus
from jobai_server.engines.request_queues import RequestQueues
from jobai_server.settings import ModelSettings, ServerSettings
from jobai_server.web.in_flight import InFlight
from jobai_server.web.shared_limits import SharedLimits, shared_limits
from jobai_server.web.state import SleepOrder, WebState
from jobai_server.web_process import server_config

ADMIN_KEY = "k" * 40
CHAT = {"messages": [{"role": "user", "content": "hi"}]}


class Connection:
    """A client that writes bytes and reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Each as a segment of its own."""
        for piece in pieces:
            self._writer.write(piece)
            await asyncio.sleep(0.002)

    async def status(self) -> int:
        """The status of the next answer, which declares its length."""
        return (await self.answer())[0]

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer, which declares its length."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
        return int(head.split()[1]), await self._reader.readexactly(int(length or 0))

    async def rest(self) -> bytes:
        """What comes until the server closes."""
        return await self._reader.read()

    def end(self) -> None:
        """Send no more; the server closes when it sees that."""
        self._writer.write_eof()


@dataclass(frozen=True)
class ServedApp:
    """The app's address, the engine behind it and what its routes see."""

    port: int
    engine: StandInEngine
    state: WebState
    client: httpx.AsyncClient
    server: uvicorn.Server

    async def chat(self, **changes: Any) -> httpx.Response:
        return await self.client.post("/v1/chat/completions", json=CHAT | changes)

    async def raw(self, body: bytes, **headers: str) -> httpx.Response:
        """A chat request with exactly this body."""
        named = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.client.post("/v1/chat/completions", content=body, headers=named)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of its own, for a minute at most."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(60):
                yield Connection(reader, writer)
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def served_app(
    engine: StandInEngine,
    embedding: StandInEmbedding | None = None,
    *,
    tracer: Tracer | None = None,
    order: Callable[[SleepOrder, str], None] | None = None,
    **settings: Any,
) -> AsyncIterator[ServedApp]:
    """Serve until the block ends; `settings` are fields of ServerSettings, `order` takes the supervisor's place."""
    with tempfile.TemporaryDirectory() as folder:
        # Tests guess a lot, from one address.
        defaults: dict[str, Any] = {"data_directory": Path(folder) / "data", "failed_authentications_per_minute": 1000}
        given = ServerSettings(**(defaults | settings))
        store = await prepared_store(given)
        await admit_given_key(store, ADMIN_KEY)
        access = await Access.opened(store)
        following = asyncio.create_task(access.follow())
        try:
            async with (
                shared_limits(given, Path(folder), 0) as limits,
                _served(engine, embedding, access, given, limits, tracer, order) as served,
            ):
                yield served
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await access.close()


@contextlib.asynccontextmanager
async def _served(
    engine: StandInEngine,
    embedding: StandInEmbedding | None,
    access: Access,
    settings: ServerSettings,
    limits: SharedLimits,
    tracer: Tracer | None,
    order: Callable[[SleepOrder, str], None] | None,
) -> AsyncIterator[ServedApp]:
    card = engine.card
    catalog = Catalog.of({one.card.name: one.card for one in (engine, embedding) if one is not None})
    catalog.entries[card.name].engine = engine
    if embedding is not None:
        catalog.entries[embedding.card.name].embedding_engine = embedding
    for entry in catalog.entries.values():
        entry.status = EngineStatus("ready", time.time())
    usage = UsageCounts()
    models = {name: ModelSettings.model_validate({"name": name, "source": "/none"}) for name in catalog.entries}
    queues = RequestQueues(settings.data_directory, models, 0, 1)

    def obey(order: SleepOrder, name: str) -> None:
        """As a supervisor with the quickest of engines would."""
        catalog.entries[name].note(EngineStatus("asleep" if order == "sleep" else "ready", time.time()))

    state = WebState(settings, catalog, access, InFlight(), time.time(), limits, usage, queues, tracer, order or obey)
    server = uvicorn.Server(server_config(create_app(state)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve([listener]))
        headers = {"X-API-Key": ADMIN_KEY}
        try:
            async with (
                UsageWriter(access.store.database, usage).running(),
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=10) as client,
            ):
                yield ServedApp(port, engine, state, client, server)
        finally:
            server.should_exit = server.force_exit = True
            await serving


async def until(reached: Any, seconds: float = 5) -> None:
    """Wait until `reached()` is true; fails if it is not in time."""
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 - what is waited for has no event to wait on
            await asyncio.sleep(0.01)
