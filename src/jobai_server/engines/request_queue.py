"""The queue in front of each model: bounded, counted once over all web workers, fair between keys."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jobai_server.engines.content_digest import content_digest
from jobai_server.engines.fair_share import UNLIMITED, Sequences, end, note_presence, take_turns
from jobai_server.engines.owner import Owner
from jobai_server.engines.queue_limits import QueueLimits
from jobai_server.engines.queue_table import RUNNING, WAITING, QueueTable
from jobai_server.errors import EngineDied

if TYPE_CHECKING:
    from jobai_server.settings import ModelSettings

LOOK_SECONDS = 0.005
"""How soon a worker sees that another has ended a request, and so given a turn to one of its own."""
LOOKS_PER_TURN = 50
"""After so many looks it gives turns itself: time alone makes room, when a key stops being present."""
RANK_SHIFT = 48


class QueueLength(NamedTuple):
    """Requests at one model, over all web workers: waiting for their turn, with the tokens they may use, and running.

    Each answer of a request counts as one.
    """

    waiting: int
    waiting_tokens: int
    running: int


class RequestQueue:
    """One web worker's end of the queue of one model.

    Args:
        path: A file that all workers of one server map into memory.
        model: Its limits.
        worker: This worker's number, from 0; what a dead predecessor of that number had is gone with it.
        seconds: How long a request may wait for its first token.

    Attributes:
        sequences: How many the engine works on at a time; all of them until it has said so.
        limits: What is accepted.
        refused: Digests of contents (see `content_digest`) that are not tried again.
    """

    def __init__(self, path: Path, model: ModelSettings, worker: int, seconds: float) -> None:
        self.sequences: Sequences = UNLIMITED
        self._table = QueueTable(path, model.max_concurrent_requests)
        self.limits = QueueLimits(model, seconds)
        self._worker = worker
        self._places: set[Place] = set()
        self.refused: frozenset[str] = frozenset()
        self._lost: set[str] = set()
        self._turns: dict[int, asyncio.Future[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        with self._table:
            self._table.forget(worker)

    def length(self) -> QueueLength:
        """How many there are now."""
        rows = self._table.entries[self._table.live()]
        waiting = rows["state"] == WAITING
        answers = rows["answers"]
        return QueueLength(
            int(answers[waiting].sum()),
            int(rows["tokens"][waiting].sum()),
            int(answers[rows["state"] == RUNNING].sum()),
        )

    @property
    def table(self) -> QueueTable:
        """What all workers share."""
        return self._table

    @contextlib.contextmanager
    def place(
        self,
        owner: Owner,
        answers: int,
        tokens: int,
        content: Iterable[object] | None = None,
        *,
        least: int | None = None,
    ) -> Iterator[Place]:
        """Accept a request, or refuse it.

        Args:
            answers: How many it asks for.
            tokens: How many it may use in all, prompt and answers.
            content: All that the engine is given of it, as plain data; None is nothing worth to remember.
            least: With how many answers at a time it can do where there is less room; None is all of them.

        Raises:
            InvalidRequest: The engine has ended too often while it worked on this content.
            RateLimited: Its key would have more than one key may have.
            Overloaded: All keys together would.
        """
        if self.refused and content is not None and content_digest(content) in self.refused:
            raise self.limits.ends_engine()
        with self._table as table:
            key = table.key_row(owner.key_id)
            accepted = table.entries[table.live()]
            if least is not None:
                answers = self.limits.granted(accepted, key, answers, least)
            self.limits.check(accepted, key, answers, tokens)
            row = table.add(worker=self._worker, key=key, rank=owner.rank, answers=answers, tokens=tokens, start=0)
            if row is None:
                raise self.limits.full()
            note_presence(table, row)
            take_turns(table, self.sequences)
        place = Place(self, row, answers, asyncio.get_running_loop().time() + self.limits.seconds, content)
        self._places.add(place)
        try:
            yield place
        except EngineDied:
            if place.running and content is not None:
                self._lost.add(content_digest(content))
            raise
        finally:
            self._places.discard(place)
            with self._table as table:
                end(table, row, place.used)
                take_turns(table, self.sequences)
            self._look()

    def begin_run(self) -> None:
        """A new run of the engine begins; what was lost with earlier ones is no longer of interest."""
        self._lost.clear()

    def casualties(self) -> set[str]:
        """Digests of the contents that the engine is working on for this worker, or was when it died."""
        at_work = {content_digest(one.content) for one in self._places if one.running and one.content is not None}
        return at_work | self._lost

    def has_turn(self, row: int) -> bool:
        return bool(self._table.entries["state"][row] == RUNNING)

    async def turn(self, row: int) -> int:
        """Wait for a request's turn; its priority in the engine."""
        entries = self._table.entries
        if not self.has_turn(row):
            self._turns[row] = turn = asyncio.get_running_loop().create_future()
            if self._looking is None:
                self._looking = asyncio.create_task(self._keep_looking())
            try:
                await turn
            finally:
                del self._turns[row]
        start = 0 if self.sequences is UNLIMITED else int(entries["start"][row])
        return int(entries["rank"][row]) << RANK_SHIFT | start

    async def _keep_looking(self) -> None:
        looks = 0
        while self._turns:
            self._look()
            looks += 1
            if looks % LOOKS_PER_TURN == 0:
                with self._table as table:
                    take_turns(table, self.sequences)
            await asyncio.sleep(LOOK_SECONDS)
        self._looking = None

    def _look(self) -> None:
        """Tell those whose turn it is."""
        if self._turns:
            rows = np.fromiter(self._turns, np.intp)
            for row in rows[self._table.entries["state"][rows] == RUNNING].tolist():
                if not self._turns[row].done():
                    self._turns[row].set_result(None)


class Place:
    """One accepted request.

    Attributes:
        answers: How many it may have at the engine at a time.
        content: What the engine is given of it.
        used: Tokens it has used so far, to be counted by whoever reads the answer.
        waited: Seconds until its turn.
    """

    __slots__ = ("_deadline", "_queue", "_row", "answers", "content", "used", "waited")

    def __init__(
        self, queue: RequestQueue, row: int, answers: int, deadline: float, content: Iterable[object] | None
    ) -> None:
        self._queue = queue
        self._row = row
        self._deadline = deadline
        self.answers = answers
        self.content = content
        self.used = 0
        self.waited = 0.0

    @property
    def running(self) -> bool:
        """Whether it has had its turn."""
        return self._queue.has_turn(self._row)

    async def turn(self) -> int:
        """Wait until the engine may have the request; its priority there, lower goes first.

        Raises:
            Overloaded: The deadline came first.
        """
        began = time.monotonic()
        try:
            async with self.in_time():
                return await self._queue.turn(self._row)
        finally:
            self.waited = time.monotonic() - began

    @contextlib.asynccontextmanager
    async def in_time(self) -> AsyncIterator[asyncio.Timeout]:
        """Everything that comes before the first token; what goes on after it takes the deadline away itself.

        Raises:
            Overloaded: The deadline came first.
        """
        try:
            async with asyncio.timeout_at(self._deadline) as limit:
                yield limit
        except TimeoutError:
            raise self._queue.limits.late() from None
