"""What the supervisor tells a web worker, carried out."""

from __future__ import annotations

import asyncio
import contextlib
import importlib

import uvicorn

from jobai_server.engines.connections import Connections
from jobai_server.process import Channel, Message
from jobai_server.web.in_flight import InFlight

LINGER_SECONDS = 0.5


class Orders:
    """Carries out orders as they come; none waits for another.

    Attributes:
        attached: Set once every engine that was ready at this worker's start can be used.
    """

    def __init__(
        self,
        channel: Channel,
        connections: Connections,
        in_flight: InFlight,
        server: uvicorn.Server,
        drain_seconds: float,
    ) -> None:
        self.attached = asyncio.Event()
        self._channel = channel
        self._connections = connections
        self._in_flight = in_flight
        self._server = server
        self._drain_seconds = drain_seconds

    async def obey(self, engines: list[Message]) -> None:
        """First the messages about the engines as they are now, then what comes, until the supervisor is gone.

        An error ends the worker: a new one starts from a clean state.
        """
        async with asyncio.TaskGroup() as tasks:
            # Before the loop: a message that is here already must not overtake them.
            first = [tasks.create_task(self._connections.apply(message)) for message in engines]
            tasks.create_task(self._attach(first))
            tasks.create_task(asyncio.to_thread(_import_early))
            async for message in self._channel.messages():
                match message["event"]:
                    case "engine":
                        tasks.create_task(self._connections.apply(message))
                    case "drain":
                        tasks.create_task(self._drain())

    def end(self, _: object = None) -> None:
        """A worker that no longer hears the supervisor is of no use; ending, it is replaced."""
        self.attached.set()
        self._server.should_exit = True

    async def _attach(self, first: list[asyncio.Task[None]]) -> None:
        await asyncio.gather(*first)
        self.attached.set()

    async def _drain(self) -> None:
        await self._in_flight.drain(self._drain_seconds)
        await self._linger()
        self.end()

    async def _linger(self) -> None:
        """Answer the requests that are already on their way; new connections go to the workers that still run."""
        if not self._server.started:
            return
        for listener in self._server.servers:
            listener.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while self._server.server_state.connections:  # noqa: ASYNC110 - they tell nobody of their end
                    await asyncio.sleep(0.02)


def _import_early() -> None:
    """What the first requests need and what takes seconds to import, while the engines start."""
    for module in ("openai.types.chat", "vllm.v1.engine.async_llm"):
        importlib.import_module(module)
