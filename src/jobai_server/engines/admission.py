"""How many requests each model is working on, counted once over all web workers."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jobai_server.errors import Overloaded

COUNTER_BYTES = 8


class RunningRequests:
    """Shared counters, one for every engine and worker. A worker writes only its own, so no lock is needed and a
    worker that dies cannot leave one locked; two workers may both take the last place.

    Args:
        path: A file that all workers of one server map into memory.
        engines: Every engine's name, in the same order in every worker.
        worker: This worker's number, from 0.
        workers: How many there are.
    """

    def __init__(self, path: Path, engines: Sequence[str], worker: int, workers: int) -> None:
        size = COUNTER_BYTES * workers * len(engines)
        with path.open("a+b") as file:
            file.truncate(size)
            self._counters = memoryview(mmap.mmap(file.fileno(), size)).cast("q")
        self._engines = {name: number for number, name in enumerate(engines)}
        self._worker = worker
        self._workers = workers
        for name in engines:  # what a dead predecessor had running is gone with it
            self._counters[self._own(name)] = 0

    def total(self, engine: str) -> int:
        """Requests running or waiting at this engine, over all workers."""
        first = self._engines[engine] * self._workers
        return sum(self._counters[first : first + self._workers])

    @contextmanager
    def place(self, engine: str, count: int, limit: int) -> Iterator[None]:
        """Hold `count` places at an engine.

        Raises:
            Overloaded: That would be more than `limit` in all.
        """
        running = self.total(engine)
        if running + count > limit:
            raise Overloaded(
                f"Model '{engine}' is at its limit of {limit} concurrent requests; try again shortly.", retry_after=1
            )
        self._counters[self._own(engine)] += count
        try:
            yield
        finally:
            self._counters[self._own(engine)] -= count

    def _own(self, engine: str) -> int:
        return self._engines[engine] * self._workers + self._worker
