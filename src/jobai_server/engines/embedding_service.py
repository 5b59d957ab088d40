"""The embedding engine's work: take in texts from all web workers, embed them in batches, send the vectors back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from jobai_server.engines.embedding_frames import Kind, frame, json_frame, read_frame, unpacked
from jobai_server.engines.embedding_queue import InputQueue, QueuedInput

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]


@dataclass(eq=False, slots=True)
class Request:
    """One request of one client: what is still to be done of it, and where its answer goes."""

    number: int
    writer: asyncio.StreamWriter
    vectors: Vectors
    missing: int
    over: bool = False

    def answer(self, message: bytes) -> None:
        self.over = True
        if not self.writer.is_closing():
            self.writer.write(message)


@dataclass(slots=True)
class EmbeddingService:
    """Any number of clients, one model.

    Args:
        model: Token ids of several texts to float32 vectors of shape (texts, dimensions); called in a thread.
        dimensions: Numbers in one vector.
        context_length: Tokens in the longest text.
        vocabulary: Token ids are below this.
        batch_tokens: See `InputQueue`.
        patience: Seconds after which a pass through the model counts as hung.
    """

    model: Callable[[Sequence[NDArray[np.int32]]], Vectors]
    dimensions: int
    context_length: int
    vocabulary: int
    batch_tokens: int
    patience: float
    _queue: InputQueue[Request] = field(init=False)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _pass_started: float | None = None

    def __post_init__(self) -> None:
        self._queue = InputQueue(self.batch_tokens)

    @property
    def hangs(self) -> bool:
        """Whether the pass through the model that is going on has taken too long."""
        return self._pass_started is not None and time.monotonic() - self._pass_started > self.patience

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its connection to its end."""
        requests: dict[int, Request] = {}
        writer.write(json_frame(Kind.HELLO, 0, dimensions=self.dimensions, context_length=self.context_length))
        while (message := await read_frame(reader)) is not None:
            kind, number, body = message
            requests = {number: request for number, request in requests.items() if not request.over}
            if kind is Kind.EMBED:
                requests[number] = self._accept(number, unpacked(body), writer)
            elif kind is Kind.CANCEL and number in requests:
                self._forget(requests.pop(number))
        for request in requests.values():
            self._forget(request)
        writer.close()

    async def work(self) -> None:
        """For ever.

        Raises:
            Exception: The model itself is broken: it fails with a text that it could embed before.
        """
        while True:
            await self._arrived.wait()
            while batch := self._queue.take():
                await self._embed(batch)
            self._arrived.clear()

    def _accept(self, number: int, inputs: Sequence[NDArray[np.int32]], writer: asyncio.StreamWriter) -> Request:
        request = Request(number, writer, np.empty((len(inputs), self.dimensions), np.float32), len(inputs))
        for index, token_ids in enumerate(inputs):
            # On a GPU an id outside the vocabulary would break the process, not only this request.
            if (
                not 0 < len(token_ids) <= self.context_length
                or token_ids.min() < 0
                or token_ids.max() >= self.vocabulary
            ):
                self._fail(request, index, "its token ids do not fit the model")
                return request
        self._queue.add(QueuedInput(request, index, token_ids) for index, token_ids in enumerate(inputs))
        self._arrived.set()
        return request

    def _forget(self, request: Request) -> None:
        request.over = True
        self._queue.drop(request)

    async def _embed(self, batch: Sequence[QueuedInput[Request]]) -> None:
        """Embed and answer; a batch that fails is halved until the one text is found.

        Raises:
            Exception: The model itself is broken, and no text is at fault.
        """
        batch = [one for one in batch if not one.owner.over]
        if not batch:
            return
        try:
            vectors = await self._pass([one.token_ids for one in batch])
        except Exception as error:
            if len(batch) == 1:
                await self._pass([np.zeros(1, np.int32)])  # it could embed this before
                log.warning("a text of %d tokens failed", len(batch[0].token_ids), exc_info=error)
                self._fail(batch[0].owner, batch[0].index, "the model failed with it")
            else:
                await self._embed(batch[: len(batch) // 2])
                await self._embed(batch[len(batch) // 2 :])
            return
        for one, vector in zip(batch, vectors, strict=True):
            if np.isfinite(vector).all():
                self._give(one, vector)
            else:
                self._fail(one.owner, one.index, "its numbers grow beyond what the model's dtype can hold")

    async def _pass(self, inputs: Sequence[NDArray[np.int32]]) -> Vectors:
        self._pass_started = time.monotonic()
        try:
            return await asyncio.to_thread(self.model, inputs)
        finally:
            self._pass_started = None

    def _give(self, one: QueuedInput[Request], vector: Vectors) -> None:
        request = one.owner
        request.vectors[one.index] = vector
        request.missing -= 1
        if not request.missing and not request.over:
            request.answer(frame(Kind.VECTORS, request.number, request.vectors.tobytes()))

    def _fail(self, request: Request, index: int, reason: str) -> None:
        if not request.over:
            request.answer(json_frame(Kind.FAILED, request.number, index=index, reason=reason))
            self._queue.drop(request)
