"""A web worker's app with a stand-in engine behind it, with or without authentication, limits and usage.

    PYTHONPATH=src:. python scripts/bench/access_server.py {open|guarded}

With JOBAI_REDIS_URL limits are counted there. Prints its port and two keys, one without limits and one with all of
them, as one line of JSON, and serves until killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
import uvloop
from fastapi import APIRouter, FastAPI, Request
from pydantic import SecretStr
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.stand_in_engine import StandInEngine

from jobai_server.app import create_app
from jobai_server.auth.access import Access
from jobai_server.auth.caller import Caller
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.store_opening import prepared_store
from jobai_server.auth.usage.usage_counts import UsageCounts
from jobai_server.auth.usage.usage_writer import UsageWriter
from jobai_server.engines.catalog import Catalog, EngineStatus
from jobai_server.engines.request_queues import RequestQueues
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.settings import ServerSettings
from jobai_server.web import error_responses
from jobai_server.web.dependencies import StateDependency
from jobai_server.web.door import Door
from jobai_server.web.http_protocol import BoundedHttpProtocol
from jobai_server.web.in_flight import InFlight
from jobai_server.web.routes.chat import ChatBody, create_chat_completion
from jobai_server.web.shared_limits import shared_limits
from jobai_server.web.state import WebState

PLENTY = 1_000_000_000
ANYBODY = Caller("anybody", "anybody", "client")


class NoMeter:
    """Lets everything pass and counts nothing."""

    failed = False

    async def reserve(self, model: str, usage: TokenUsage, answer_tokens: int) -> None:
        pass


class Unmetered:
    """Pure ASGI middleware in the place of the metering."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._meter = NoMeter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["meter"] = self._meter
        await self._app(scope, receive, send)


def open_app(state: WebState) -> FastAPI:
    """The chat route behind the door alone."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.web = state
    app.add_middleware(Unmetered)
    app.add_middleware(Door, settings=state.settings, in_flight=state.in_flight)
    error_responses.install(app)
    router = APIRouter()

    @router.post("/v1/chat/completions")
    async def chat(request: Request, body: ChatBody, state: StateDependency) -> Response:
        return await create_chat_completion(request, body, ANYBODY, state)

    app.include_router(router)
    return app


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[WebState, list[str]]]:
    """Everything a worker has, and the two keys."""
    redis_url = os.environ.get("JOBAI_REDIS_URL")
    settings = ServerSettings(data_directory=folder / "data", redis_url=SecretStr(redis_url) if redis_url else None)
    access = await Access.opened(await prepared_store(settings))
    _, plain = await access.create("bench", KeyFields(name="no limits"))
    limits = {"rate_limit": PLENTY, "tokens_per_minute": PLENTY, "max_concurrent_requests": PLENTY}
    _, limited = await access.create("bench", KeyFields(name="all limits", **limits))  # type: ignore[arg-type]
    engine, usage = StandInEngine(), UsageCounts()
    catalog = Catalog.of({engine.card.name: engine.card})
    [entry] = catalog.entries.values()
    entry.engine, entry.status = engine, EngineStatus("ready", time.time())
    engine.requests = engine.conversations = _Forgetful()
    async with shared_limits(settings, folder, 0) as shared, UsageWriter(access.store.database, usage).running():
        state = WebState(
            settings, catalog, access, InFlight(), time.time(), shared, usage, RequestQueues(folder, {}, 0, 1)
        )
        following = asyncio.create_task(access.follow())
        yield state, [plain, limited]
        following.cancel()


class _Forgetful(list):  # type: ignore[type-arg]
    """The stand-in remembers what it was asked, which over a million requests is too much."""

    def append(self, _: object) -> None:
        pass


async def serve(kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        async with opened(Path(folder)) as (state, keys):
            config = uvicorn.Config(
                open_app(state) if kind == "open" else create_app(state),
                http=BoundedHttpProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="off",
            )
            print(json.dumps({"port": listener.getsockname()[1], "keys": keys}), flush=True)
            await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1]))
