"""The root of the process tree.

supervisor                 binds the port, starts and watches everything below
 ├─ engine × models        one vLLM EngineCore each, and one embedding model
 └─ web × WORKERS          uvicorn + FastAPI, attached to every engine over local sockets
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from jobai_server.engines.catalog import AWAY
from jobai_server.engines.checkpoint_digest import checkpoint_digest
from jobai_server.engines.platform import is_cpu
from jobai_server.engines.queue_table import QueueTable
from jobai_server.engines.request_queues import queue_path
from jobai_server.engines.vllm_settings import client_environment
from jobai_server.errors import ConfigurationError
from jobai_server.observability.dead_process import forget_gauges
from jobai_server.process import Message
from jobai_server.settings import Settings
from jobai_server.supervision.engine_keeper import EngineKeeper
from jobai_server.supervision.engine_load import EngineLoad
from jobai_server.supervision.run_directory import new_run_directory
from jobai_server.supervision.sleep_cycle import SleepCycle
from jobai_server.supervision.stall_watch import StallWatch
from jobai_server.supervision.web_keeper import WebKeeper

log = logging.getLogger(__name__)

# Replacements of web workers that one run of an engine can take before it has to be started again. Each costs the
# engine a little time at every step.
SPARE_SEATS = 8
DRAIN_GRACE_SECONDS = 5.0
# Paths of Unix sockets end at 107 bytes, and ours add a few folders and a name.
MAX_RUN_DIRECTORY = 80


class Supervisor:
    """Starts the tree, keeps it running, drains and ends it.

    Args:
        checkpoints: Engine name → the checkpoint's folder.
        listener: The bound and listening socket that all web workers share.
        on_ready: Called once, when every engine has started (or failed to) and every web worker is attached to it.
        planned_memory: Engine name → bytes that the memory plan has for it; empty where there is no plan.
    """

    def __init__(
        self,
        settings: Settings,
        checkpoints: Mapping[str, Path],
        listener: socket.socket,
        on_ready: Callable[[], Awaitable[None]],
        planned_memory: Mapping[str, int],
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._on_ready = on_ready
        self._stopping = asyncio.Event()
        self._hurrying = asyncio.Event()
        self._changed = asyncio.Event()
        self._code = 0
        self._run_directory = new_run_directory()
        if len(str(self._run_directory)) > MAX_RUN_DIRECTORY:
            shutil.rmtree(self._run_directory)
            raise ConfigurationError(
                "The folder for temporary files has too long a name for the sockets in it; "
                f"set TMPDIR to one of at most {MAX_RUN_DIRECTORY - 15} characters."
            )
        server = settings.server
        gate = asyncio.Semaphore(len(checkpoints) if is_cpu() else 1)
        self.engines = [
            EngineKeeper(
                model,
                checkpoints[name],
                kind="embedding" if "embedding" in roles else "text",
                seats=sys.maxsize if "embedding" in roles else server.workers + SPARE_SEATS,
                run_directory=self._run_directory / str(number),
                start_seconds=server.engine_start_seconds,
                debug=server.debug,
                variables=self._metrics_variables(),
                gate=gate,
                announce=self._announce,
                busy=EngineLoad(queue_path(self._run_directory, number)).busy,
                planned_memory=planned_memory.get(name),
                log_format=server.log_format,
            )
            for number, (name, (model, roles)) in enumerate(settings.models.engines().items())
        ]
        first_message: Message = {
            "settings": settings.model_dump(mode="json"),
            "listening_descriptor": listener.fileno(),
            "started": time.time(),
            "checkpoints": {name: checkpoint_digest(folder) for name, folder in checkpoints.items()},
            "queues": str(self._run_directory),
            "limits": str(self._limits_directory()),
        }
        self.workers = [
            WebKeeper(
                index,
                environment=self._web_environment(),
                first_message={**first_message, "index": index},
                listening_descriptor=listener.fileno(),
                introduce=self._introductions,
                hear=self._hear,
                changed=self._changed,
                ended=partial(self._forget, index),
            )
            for index in range(server.workers)
        ]

    async def run(self) -> int:
        """Until SIGTERM, SIGINT or SIGHUP, or until it is clear that no model can be served; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop)
        tasks: list[asyncio.Task[None]] = []
        try:
            # Web workers first: /health answers while the engines, which take far longer, start.
            tasks += [self._keep(worker.run()) for worker in self.workers]
            await self._until(lambda: all(worker.listening.is_set() or worker.hopeless for worker in self.workers))
            if any(worker.hopeless for worker in self.workers):
                log.error("the web workers do not start; their last words are above")
                return 1
            if not self._stopping.is_set():
                tasks += [self._keep(engine.run()) for engine in self.engines]
                tasks += [self._keep(watch.run()) for watch in self._stall_watches()]
                if seconds := self._settings.server.sleep_seconds:
                    tasks += [
                        self._keep(SleepCycle(engine, partial(self._attached, engine), seconds).run())
                        for engine in self.engines
                    ]
            await self._until(self._settled)
            if not self._stopping.is_set():
                if all(engine.status.state == "failed" for engine in self.engines):
                    log.error("no model could be started: %s", self.engines[0].status.reason)
                    return 1
                await self._on_ready()
            await self._stopping.wait()
            await self._drain()
            return self._code
        finally:
            # Engines last: what the web workers still have running ends with a word to the client.
            await _cancelled(tasks[: len(self.workers)])
            await _cancelled(tasks[len(self.workers) :])
            shutil.rmtree(self._run_directory, ignore_errors=True)

    def _stall_watches(self) -> list[StallWatch]:
        # The embedding engine watches itself and tells when it hangs.
        seconds = self._settings.server.stall_seconds
        return [
            StallWatch(engine, queue_path(self._run_directory, number), seconds)
            for number, engine in enumerate(self.engines)
            if engine.kind == "text"
        ]

    def _attached(self, engine: EngineKeeper) -> bool:
        """Whether every living web worker is connected to this run of a ready engine."""
        run = engine.launch.run if engine.launch else None
        return all(worker.connected.get(engine.name) == run for worker in self.workers if worker.process_id is not None)

    def _keep(self, running: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """A keeper's task. A keeper that ends by a defect of its own takes the server with it, in order."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                log.critical("a defect ends the server", exc_info=error)
                self._code = 1
                self._stopping.set()
                self._changed.set()

        task = asyncio.create_task(running)
        task.add_done_callback(ended)
        return task

    def _stop(self) -> None:
        if self._stopping.is_set():
            log.warning("stopping at once")
            self._hurrying.set()
        else:
            log.info("stopping: running requests have %g s to finish", self._settings.server.drain_seconds)
            self._stopping.set()
        self._changed.set()

    async def _until(self, reached: Callable[[], bool]) -> None:
        """Wait for a state of the tree, or for the order to stop."""
        while not reached() and not self._stopping.is_set():
            self._changed.clear()
            await self._changed.wait()

    def _settled(self) -> bool:
        """Whether every engine has failed or has every web worker attached."""
        return all(
            engine.status.state in {"failed", *AWAY} or all(engine.name in worker.connected for worker in self.workers)
            for engine in self.engines
        )

    async def _drain(self) -> None:
        """New requests are refused, running ones finish; bounded by the setting, cut short by a second signal."""
        self._listener.close()  # the workers hold their own; once they are gone, nobody must wait in the backlog
        drained = asyncio.create_task(_all(worker.drain() for worker in self.workers))
        hurried = asyncio.create_task(self._hurrying.wait())
        # The workers keep to the limit themselves; the grace is for telling their clients.
        limit = self._settings.server.drain_seconds + DRAIN_GRACE_SECONDS
        await asyncio.wait({drained, hurried}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        drained.cancel()
        hurried.cancel()

    def _web_environment(self) -> dict[str, str]:
        # The web process only encodes text; more threads would only get in the engine's way.
        return {
            **client_environment(self._settings.server.debug),
            "OMP_NUM_THREADS": "1",
            **self._metrics_variables(),
        }

    def _metrics_variables(self) -> dict[str, str]:
        # Counts add up in files: over processes, over those that died, and over several engines in one worker,
        # which would otherwise take each other's off the list.
        return {"PROMETHEUS_MULTIPROC_DIR": str(self._metrics_directory())}

    def _forget(self, worker: int, process_id: int) -> None:
        """What a web worker has left behind: its requests would look as if they ran, and its engine as if it hung."""
        for number in range(len(self.engines)):
            if (path := queue_path(self._run_directory, number)).exists():
                with QueueTable.existing(path) as table:
                    table.forget(worker)
        forget_gauges(self._metrics_directory(), process_id)

    def _metrics_directory(self) -> Path:
        directory = self._run_directory / "metrics"
        directory.mkdir(exist_ok=True)
        return directory

    def _limits_directory(self) -> Path:
        directory = self._run_directory / "limits"
        directory.mkdir(exist_ok=True)  # one folder for all workers
        return directory

    def _announce(self, engine: EngineKeeper) -> None:
        """Tell every web worker how an engine is doing."""
        for worker in self.workers:
            if worker.process_id is not None:
                worker.tell(engine_message(engine, worker.connected.get(engine.name)))
        self._changed.set()

    def _hear(self, message: Message) -> None:
        """What a web worker says of an engine."""
        [engine] = [one for one in self.engines if one.name == message["engine"]]
        if message["event"] == "unwell":
            engine.end_run(message["reason"])
        elif message["event"] == "sleep":
            engine.sleep()
        elif message["event"] == "wake":
            engine.wake()
        elif refused := engine.suspects.note(message["run"], message["contents"]):
            log.error("engine %s: %d requests that ended it twice are refused from now on", engine.name, len(refused))

    def _introductions(self) -> list[Message]:
        return [engine_message(engine, None) for engine in self.engines]


def engine_message(engine: EngineKeeper, connected: str | None) -> Message:
    """How an engine is doing, and where one worker can reach it if it is ready.

    Args:
        connected: Which run of it that worker is connected to; it needs no other seat there.
    """
    message: Message = {
        "event": "engine",
        "name": engine.name,
        "status": asdict(engine.status),
        "refused": sorted(engine.suspects.refused),
    }
    if engine.launch is None:
        return message
    message["launch"] = engine.launch.model_dump(mode="json")
    if connected == engine.launch.run:
        return message
    seat = engine.take_seat()
    if seat is None:
        engine.recycle()
        return message | {"status": asdict(replace(engine.status, state="restarting"))}
    return message | {"seat": seat.model_dump()}


async def _all(waits: Iterable[Coroutine[None, None, None]]) -> None:
    await asyncio.gather(*waits)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
