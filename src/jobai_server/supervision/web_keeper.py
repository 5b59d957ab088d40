"""Keeps one web worker process running."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from jobai_server.process import Child, Message, start_child
from jobai_server.supervision.backoff import Backoff
from jobai_server.supervision.start_errors import START_ERRORS

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0
# A worker that ends this often without ever having listened has a defect that no restart mends.
HOPELESS_STARTS = 3


class WebKeeper:
    """One web worker: started, told about the engines, and replaced when it dies.

    Args:
        index: Its number from 0.
        first_message: What a new worker is told before anything else.
        listening_descriptor: The shared listening socket.
        introduce: Gives the messages that tell a new worker about every engine.
        hear: Called with what the worker says of engines.
        changed: Set after every change of `listening` or `connected`.
        ended: Called with the process id of a worker that is gone.
    """

    def __init__(
        self,
        index: int,
        *,
        environment: dict[str, str],
        first_message: Message,
        listening_descriptor: int,
        introduce: Callable[[], list[Message]],
        hear: Callable[[Message], None],
        changed: asyncio.Event,
        ended: Callable[[int], None],
    ) -> None:
        self.index = index
        self.listening = asyncio.Event()
        self.connected: dict[str, str] = {}  # engine to which run of it
        self._environment = environment
        self._first_message = first_message
        self._descriptor = listening_descriptor
        self._introduce = introduce
        self._hear = hear
        self._changed = changed
        self._ended = ended
        self.hopeless = False
        self._has_listened = False
        self._draining = False
        self._child: Child | None = None
        self._backoff = Backoff()

    @property
    def process_id(self) -> int | None:
        return self._child.process.pid if self._child and self._child.alive else None

    def tell(self, message: Message) -> None:
        if self._child and self._child.alive:
            self._child.channel.send(message)

    async def run(self) -> None:
        """Until drained; cancel to stop."""
        try:
            while True:
                self._backoff.started()
                reason = await self._one_run()
                if self._draining:
                    return
                wait = self._backoff.ended()
                if not self._has_listened and self._backoff.failures >= HOPELESS_STARTS:
                    self.hopeless = True
                    self._changed.set()
                log.error("web worker %d: %s; next start in %.1f s", self.index, reason, wait)
                await asyncio.sleep(wait)
        finally:
            if self._child:
                await self._child.stop(STOP_SECONDS)

    async def drain(self) -> None:
        """Tell the worker to finish what it has, and wait for its end."""
        self._draining = True
        if self._child and self._child.alive:
            self._child.channel.send({"event": "drain"})
            await self._child.process.wait()

    async def _one_run(self) -> str:
        """Start the worker and stay with it to its end; how it ended, or why it could not be started."""
        try:
            self._child = child = await start_child(
                "jobai_server.web_process", self._environment, inherited=(self._descriptor,)
            )
        except START_ERRORS as error:
            return f"could not be started: {error}"
        child.channel.send({**self._first_message, "engines": self._introduce()})
        async for message in child.channel.messages():
            if message["event"] == "listening":
                log.info("web worker %d: listening, process %d", self.index, child.process.pid)
                self._has_listened = True
                self._backoff.of_use()
                self.listening.set()
            elif message["event"] == "connected":
                self.connected[message["engine"]] = message["run"]
            else:
                self._hear(message)
            self._changed.set()
        self.listening.clear()
        self.connected.clear()
        code = await child.process.wait()
        await child.stop(0)
        with contextlib.suppress(OSError):  # what it leaves behind is no reason to have no worker
            self._ended(child.process.pid)
        return f"ended with code {code}"
