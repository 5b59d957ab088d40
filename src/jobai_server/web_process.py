"""A web worker process: the web app on the shared port, attached to every engine."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import uvicorn
import uvloop
from fastapi import FastAPI

from jobai_server.app import create_app
from jobai_server.auth.access import Access
from jobai_server.auth.store_opening import attached_store
from jobai_server.auth.usage.usage_counts import UsageCounts
from jobai_server.auth.usage.usage_writer import UsageWriter
from jobai_server.engines.catalog import Catalog
from jobai_server.engines.connections import Connections
from jobai_server.engines.platform import vllm_version
from jobai_server.engines.probes import Probes
from jobai_server.engines.protocol import ModelCard
from jobai_server.engines.request_queues import RequestQueues
from jobai_server.logs import configure_logging
from jobai_server.observability.event_loop_lag import measure_lag
from jobai_server.observability.tracing import tracing
from jobai_server.openai_format.identity import fingerprint
from jobai_server.process import Channel, Message, adopt
from jobai_server.settings import ModelSettings, Settings
from jobai_server.versions import server_version
from jobai_server.web.http_protocol import BoundedHttpProtocol
from jobai_server.web.in_flight import InFlight
from jobai_server.web.orders import Orders
from jobai_server.web.shared_limits import shared_limits
from jobai_server.web.state import SleepOrder, WebState

log = logging.getLogger(__name__)

# Longer than proxies keep theirs (nginx and AWS's load balancers: 60 s), so that it is they who close: what they send
# just as this end closes is a 502 to their client. Draining does not wait for it.
IDLE_CONNECTION_SECONDS = 75
# Of an engine that says that it is ready; on a busy machine the first connection to it takes a while.
ATTACH_SECONDS = 300.0


class Server(uvicorn.Server):
    """uvicorn, with a word when it listens and without a hand on the process's signals."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn would end the process by the signal it was told to stop with, before anything is put away.
        yield


def main() -> None:
    control = adopt(sys.argv)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(control))
    logging.shutdown()
    os._exit(0)  # the interpreter's own end would spend seconds collecting vLLM's objects


async def work(control: socket.socket) -> None:
    channel = await Channel.open(control)
    first = await channel.receive()
    assert first is not None
    settings = Settings.model_validate(first["settings"])
    configure_logging(debug=settings.server.debug, log_format=settings.server.log_format)
    usage = UsageCounts()
    with tracing(server_version()) as tracer:  # the last to be put away: a collector that is gone takes its time
        access = await Access.opened(attached_store(settings.server))
        try:
            async with (
                shared_limits(settings.server, Path(first["limits"]), first["index"]) as limits,
                UsageWriter(access.store.database, usage).running(),
            ):
                state = WebState(
                    settings.server,
                    Catalog.of(model_cards(settings, int(first["started"]), first["checkpoints"])),
                    access,
                    InFlight(),
                    first["started"],
                    limits,
                    usage,
                    request_queues(settings, Path(first["queues"]), first["index"]),
                    tracer,
                    EngineNews(channel).order,
                )
                await _serve(channel, first, state)
        finally:
            await access.close()


async def _serve(channel: Channel, first: Message, state: WebState) -> None:
    """Until drained, or until the supervisor is gone."""
    server = Server(server_config(create_app(state)), lambda: channel.send({"event": "listening"}))
    tell = EngineNews(channel)
    settings = state.settings
    attach_seconds = max(ATTACH_SECONDS, settings.stall_seconds)
    connections = Connections(state.catalog, state.queues, tell.connected, tell.casualties, tell.unwell, attach_seconds)
    probes = Probes(state.catalog, state.queues, settings.probe_seconds, settings.stall_seconds, tell.unwell)
    listener = socket.socket(fileno=first["listening_descriptor"])
    orders = Orders(channel, connections, state.in_flight, server, state.settings.drain_seconds)
    follow = asyncio.create_task(state.access.follow())
    obeying = asyncio.create_task(orders.obey(first["engines"]))
    obeying.add_done_callback(orders.end)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, orders.end)
    beside = [asyncio.create_task(measure_lag()), asyncio.create_task(probes.run())]
    try:
        # At the server's start no engine is ready, and /health says so; a replacement is attached before it listens.
        await orders.attached.wait()
        await server.serve([listener])
    finally:
        obeying.cancel()
        for task in beside:
            task.cancel()
        follow.cancel()
        connections.close()
        await asyncio.gather(follow, return_exceptions=True)
        with contextlib.suppress(asyncio.CancelledError):
            await obeying


def server_config(app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves the app."""
    return uvicorn.Config(
        app,
        http=BoundedHttpProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # uvicorn believes X-Forwarded-For of every local peer
        timeout_keep_alive=IDLE_CONNECTION_SECONDS,
        timeout_graceful_shutdown=1,
        lifespan="off",
    )


class EngineNews:
    """What this worker has to tell the supervisor about engines."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def connected(self, engine: str, run: str) -> None:
        # What vLLM has loaded stays for good: a full collection that looked at all of it would stop streams for long.
        # But what an earlier run of the engine has left, frozen by then, goes now.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._channel.send({"event": "connected", "engine": engine, "run": run})

    def casualties(self, engine: str, run: str, contents: set[str]) -> None:
        self._channel.send({"event": "casualties", "engine": engine, "run": run, "contents": sorted(contents)})

    def order(self, event: SleepOrder, engine: str) -> None:
        self._channel.send({"event": event, "engine": engine})

    def unwell(self, engine: str, reason: str) -> None:
        self._channel.send({"event": "unwell", "engine": engine, "reason": reason})


def request_queues(settings: Settings, directory: Path, worker: int) -> RequestQueues:
    """This worker's ends of the queues of all models."""
    models = {name: engine.model for name, engine in settings.models.engines().items()}
    return RequestQueues(directory, models, worker, settings.server.queue_seconds)


def model_cards(settings: Settings, created: int, checkpoints: Mapping[str, str]) -> dict[str, ModelCard]:
    """What clients see of each engine, before the engines themselves can say more.

    Args:
        settings: Of the server.
        created: When it was started, in Unix seconds.
        checkpoints: Each engine's `checkpoint_digest`.
    """
    return {
        name: ModelCard(
            name=name,
            aliases=model.name[1:],
            context_length=model.context_length or 0,
            default_max_tokens=model.max_tokens,
            created=created,
            roles=roles,
            fingerprint=fingerprint(
                server_version(), vllm_version() or "", model.source, checkpoints[name], *_decisive_settings(model)
            ),
        )
        for name, (model, roles) in settings.models.engines().items()
    }


def _decisive_settings(model: ModelSettings) -> list[str]:
    """What in a model's settings changes its answers to equal requests."""
    template = model.chat_template.read_text() if model.chat_template else ""
    return [template, *(str(model.engine_args.get(name)) for name in ("dtype", "kv_cache_dtype"))]


if __name__ == "__main__":
    main()
