"""The web app on a real socket with a stand-in engine behind it, inside the test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from tests.stand_in_engine import StandInEngine

from jobai_server.app import create_app
from jobai_server.engines.catalog import Catalog, EngineStatus
from jobai_server.settings import ServerSettings
from jobai_server.web.http_protocol import BoundedHttpProtocol
from jobai_server.web.in_flight import InFlight
from jobai_server.web.state import WebState

ADMIN_KEY = "k" * 40
CHAT = {"messages": [{"role": "user", "content": "hi"}]}


@dataclass(frozen=True)
class ServedApp:
    """The app's address, the engine behind it and what its routes see."""

    port: int
    engine: StandInEngine
    state: WebState
    client: httpx.AsyncClient

    async def chat(self, **changes: Any) -> httpx.Response:
        return await self.client.post("/v1/chat/completions", json=CHAT | changes)

    async def raw(self, body: bytes, **headers: str) -> httpx.Response:
        """A chat request with exactly this body."""
        named = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.client.post("/v1/chat/completions", content=body, headers=named)


@contextlib.asynccontextmanager
async def served_app(engine: StandInEngine, **settings: Any) -> AsyncIterator[ServedApp]:
    """Serve until the block ends; `settings` are fields of ServerSettings."""
    card = engine.card
    catalog = Catalog.of({card.name: card})
    catalog.entries[card.name].engine = engine
    catalog.entries[card.name].status = EngineStatus("ready", time.time())
    state = WebState(ServerSettings(**settings), catalog, ADMIN_KEY, InFlight(), time.time())
    server = uvicorn.Server(
        uvicorn.Config(create_app(state), http=BoundedHttpProtocol, ws="none", log_config=None, lifespan="off")
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve([listener]))
        headers = {"X-API-Key": ADMIN_KEY}
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=10) as client:
                yield ServedApp(port, engine, state, client)
        finally:
            server.should_exit = server.force_exit = True
            await serving


async def until(reached: Any, seconds: float = 5) -> None:
    """Wait until `reached()` is true; fails if it is not in time."""
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 - what is waited for has no event to wait on
            await asyncio.sleep(0.01)
