"""Keeps one engine process running."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from jobai_server.engines.catalog import EngineState, EngineStatus, Failure
from jobai_server.engines.launch import EngineKind, EngineLaunch, Seat
from jobai_server.engines.programs import PROGRAMS
from jobai_server.logs import LogFormat
from jobai_server.process import Child, start_child
from jobai_server.settings import ModelSettings
from jobai_server.supervision.backoff import Backoff
from jobai_server.supervision.engine_run import until_over, until_ready
from jobai_server.supervision.spare_child import SpareChild
from jobai_server.supervision.start_errors import START_ERRORS
from jobai_server.supervision.suspects import Suspects

log = logging.getLogger(__name__)

# Starts in a row that never became ready before the engine counts as failed; tries go on, far apart.
STARTS_BEFORE_FAILED = 3
# Runs in a row that became ready and ended within a minute.
ENDS_BEFORE_FAILED = 6
STOP_SECONDS = 10.0
# A process that falls asleep or wakes copies memory; one that takes longer hangs.
NAP_SECONDS = 120.0
# A request has no place in the queue yet while its texts are read; and one that hangs must not keep an engine awake.
QUIET_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 600.0


class EngineKeeper:
    """One engine: started, announced, watched, and started again with back-off when it dies.

    Args:
        model: Its settings, and `path`, its checkpoint's folder; `kind`, what it is used for.
        seats: Clients a run of the engine serves at most.
        run_directory: Where this engine's sockets go, one folder a run.
        variables: Environment variables for its process, whatever its kind.
        busy: Tells whether a web worker has a request there.
        planned_memory: Bytes that the memory plan has for it; None where there is no plan.
        gate: Held while the engine starts, so that engines that share a GPU start one after another.
        announce: Called after every change of `status` or `launch`.
    """

    def __init__(
        self,
        model: ModelSettings,
        path: Path,
        *,
        kind: EngineKind,
        seats: int,
        run_directory: Path,
        start_seconds: float,
        debug: bool,
        variables: Mapping[str, str],
        gate: asyncio.Semaphore,
        announce: Callable[[EngineKeeper], None],
        busy: Callable[[], bool],
        planned_memory: int | None = None,
        log_format: LogFormat | None = None,
    ) -> None:
        self.name = model.name[0]
        self.status = EngineStatus("starting", time.time(), planned_memory=planned_memory)
        self.launch: EngineLaunch | None = None  # set while a run is ready
        self.suspects = Suspects()
        self._model = model
        self._path = path
        self.kind: EngineKind = kind
        self._seats = seats
        self._seats_taken = 0
        self._run_directory = run_directory
        self._start_seconds = start_seconds
        self._debug = debug
        self._log_format = log_format
        self._variables = variables
        self._gate = gate
        self._announce = announce
        self.busy = busy
        self._planned_memory = planned_memory
        self._runs = 0
        self._restarts = 0
        self._last_failure: Failure | None = None
        self._running = False  # from ready to its end, also while it falls asleep
        self._sleepy = asyncio.Event()  # told to sleep, until it does
        self._wanted = asyncio.Event()
        self._dozed_off = asyncio.Event()  # its process says that it sleeps
        self._awake = asyncio.Event()  # and that it no longer does
        self._child: Child | None = None
        self._spare = SpareChild()
        self._backoff = Backoff()
        self._end_reason: str | None = None

    @property
    def process_id(self) -> int | None:
        return self._child.process.pid if self._child and self._child.alive else None

    def take_seat(self) -> Seat | None:
        """A seat no client has used yet, or None when this run has none left."""
        if self.launch is None or self._seats_taken >= self._seats:
            return None
        self._seats_taken += 1
        return self.launch.seat(self._seats_taken - 1)

    def recycle(self) -> None:
        """End the running engine; the next run has seats again."""
        log.warning("engine %s: restarting it, its seats for web workers are used up", self.name)
        if self._child:
            self._child.signal(signal.SIGTERM)

    @property
    def running(self) -> bool:
        """Whether a run is ready, or was and ends what it has before it sleeps."""
        return self._running

    def end_run(self, reason: str) -> None:
        """Kill a running engine that is no good, whatever its process thinks of itself; the next run begins at once."""
        if self._child and self._running and self._end_reason is None:
            self._end_reason = reason
            self._child.kill()

    def sleep(self) -> None:
        """Have a ready engine sleep as soon as nobody has work there, and stay away until it is wanted."""
        if self.launch is not None:
            self._wanted.clear()
            self._sleepy.set()

    def wake(self) -> None:
        """Have a sleeping engine start, or start again as soon as it has fallen asleep."""
        self._wanted.set()

    async def run(self) -> None:
        """For ever; cancel to stop."""
        failed_starts = 0
        try:
            while True:
                self._backoff.started()
                reason, was_ready = await self._one_run()
                if self._sleepy.is_set():
                    if reason:
                        self._last_failure = Failure(time.time(), reason)
                        log.error("engine %s: %s, while it was asleep or about to be", self.name, reason)
                    await self._stay_asleep()
                    continue
                self._last_failure = Failure(time.time(), reason)
                failed_starts = 0 if was_ready else failed_starts + 1
                wait = self._backoff.ended()
                hopeless = failed_starts >= STARTS_BEFORE_FAILED or self._backoff.failures >= ENDS_BEFORE_FAILED
                self._change("failed" if hopeless else "restarting", reason, self.process_id)
                log.error("engine %s: %s; next start in %.1f s", self.name, reason, wait)
                await asyncio.sleep(wait)
                self._restarts += 1
        finally:
            await self._stop()
            self._change("stopped", "the server is stopping", self.process_id)

    async def _one_run(self) -> tuple[str, bool]:
        """Start the engine and stay with it to its end: why it ended, and whether it was ready before."""
        async with self._gate:
            self._runs += 1
            started = time.monotonic()
            program = PROGRAMS[self.kind]
            try:
                launch = self._next_launch()
                self._child = child = self._spare.taken() or await self._new_child(launch)
            except START_ERRORS as error:
                return f"it could not be started: {error}", False
            child.channel.send(launch.model_dump(mode="json"))
            log.info("engine %s: starting, process %d", self.name, child.process.pid)
            failure = await until_ready(child, self.name, self._start_seconds)
        if failure is not None:
            await child.stop(STOP_SECONDS)
            return failure, False
        log.info("engine %s: ready after %.1f s", self.name, time.monotonic() - started)
        self.launch, self._seats_taken, self._running = launch, 0, True
        self._backoff.of_use()
        self._change("ready", "", self.process_id)
        if program.spare:
            self._spare.prepare(lambda: self._new_child(launch))
        over = asyncio.create_task(until_over(child, program.silence_seconds, self._hear))
        asleep = asyncio.create_task(self._until_process_may_end(child, launch))
        try:
            await asyncio.wait({over, asleep}, return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                reason = over.result()
            else:
                asleep.result()  # raises what went wrong there
                reason = ""
        finally:
            over.cancel()
            asleep.cancel()
            self.launch, self._running = None, False
        reason, self._end_reason = self._end_reason or reason, None
        await child.stop(STOP_SECONDS if self._sleepy.is_set() else 0)
        return reason, True

    async def _new_child(self, launch: EngineLaunch) -> Child:
        program = PROGRAMS[self.kind]
        return await start_child(program.module, {**program.environment(launch, self._debug), **self._variables})

    def _next_launch(self) -> EngineLaunch:
        """A run with a folder of its own.

        Raises:
            OSError: There is no room for one.
        """
        # The folder of the run before stays for one more: a slow web worker may be about to bind its sockets there.
        shutil.rmtree(self._run_directory / str(self._runs - 2), ignore_errors=True)
        folder = self._run_directory / str(self._runs)
        folder.mkdir(parents=True)
        return EngineLaunch(
            kind=self.kind,
            name=self.name,
            model=self._model,
            path=self._path,
            seats=self._seats,
            run_directory=folder,
            debug=self._debug,
            log_format=self._log_format,
        )

    async def _until_process_may_end(self, child: Child, launch: EngineLaunch) -> None:
        """Until it is told to sleep, has nothing left to do and the web workers have let go.

        A process that can itself sleep does, and wakes, as often as it is told to; it may end only where requests still
        run after the longest wait, and where it hangs on its way.
        """
        while True:
            await self._sleepy.wait()
            await self._fall_quiet()
            if not self._model.sleep_level or self.busy():  # what still runs must not wait in a sleeping process
                self._change("dozing", "")
                return
            try:
                await self._nap(child)
            except TimeoutError:
                self.end_run(f"it did not fall asleep or wake up within {NAP_SECONDS:g} s")
                return
            self.launch = launch
            self._change("ready", "", self.process_id)

    async def _nap(self, child: Child) -> None:
        """Have the process sleep until the engine is wanted."""
        self._dozed_off.clear()
        self._awake.clear()
        child.channel.send({"event": "sleep"})
        async with asyncio.timeout(NAP_SECONDS):
            await self._dozed_off.wait()
        log.info("engine %s: asleep, its process has given its memory back", self.name)
        self._change("asleep", "", self.process_id)
        await self._wanted.wait()
        log.info("engine %s: waking", self.name)
        self._sleepy.clear()
        self._change("waking", "", self.process_id)
        child.channel.send({"event": "wake"})
        async with asyncio.timeout(NAP_SECONDS):
            await self._awake.wait()

    def _hear(self, event: str) -> None:
        """What a ready engine's process says."""
        if event == "asleep":
            self._dozed_off.set()
        elif event == "awake":
            self._awake.set()

    async def _fall_quiet(self) -> None:
        """Let nobody in any more, and wait for those who are."""
        self.launch = None
        self._change("dozing", "", self.process_id)
        loop = asyncio.get_running_loop()
        limit, quiet_since = loop.time() + LONGEST_WAIT_SECONDS, loop.time()
        while loop.time() < min(limit, quiet_since + QUIET_SECONDS):
            await asyncio.sleep(0.05)
            if self.busy():
                quiet_since = loop.time()

    async def _stay_asleep(self) -> None:
        self._sleepy.clear()
        await self._spare.end()
        log.info("engine %s: asleep, its process has ended", self.name)
        self._change("asleep", "")
        await self._wanted.wait()
        log.info("engine %s: waking", self.name)
        self._change("waking", "")

    def _change(self, state: EngineState, reason: str, process_id: int | None = None) -> None:
        self.status = EngineStatus(
            state, time.time(), self._restarts, reason, process_id, self._planned_memory, self._last_failure
        )
        self._announce(self)

    async def _stop(self) -> None:
        self.launch = None
        await self._spare.end()
        if self._child:
            with contextlib.suppress(ProcessLookupError):
                await self._child.stop(STOP_SECONDS)
