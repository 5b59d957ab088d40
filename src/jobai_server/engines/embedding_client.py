"""An embedding engine as one web worker sees it: the tokenizer here, the model at the other end of a local socket."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from jobai_server.engines.embedding import EmbeddingFacts
from jobai_server.engines.embedding_checkpoint import embedding_facts
from jobai_server.engines.embedding_frames import Kind, frame, packed, read_frame
from jobai_server.engines.embedding_tokenizer import EmbeddingTokenizer
from jobai_server.engines.launch import EngineLaunch
from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import ModelCard
from jobai_server.engines.request_queue import RequestQueue
from jobai_server.errors import EngineDied, InputFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Below this many characters encoding takes less time than handing it to a thread.
INLINE_CHARACTERS = 8_192
ATTACH_SECONDS = 10.0
RETRY_SECONDS = 0.2


class EmbeddingClient:
    """Implements `embedding.EmbeddingEngine`."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        card: ModelCard,
        facts: EmbeddingFacts,
        tokenizer: EmbeddingTokenizer,
        queue: RequestQueue,
    ) -> None:
        self._writer = writer
        self._card = card
        self._facts = facts
        self._tokenizer = tokenizer
        self._queue = queue
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[NDArray[np.float32]]] = {}
        self._dead = False
        self._encoding = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._listening = asyncio.create_task(self._listen(reader))

    @property
    def card(self) -> ModelCard:
        return self._card

    @property
    def facts(self) -> EmbeddingFacts:
        return self._facts

    async def encode_texts(self, texts: Sequence[str]) -> list[list[int]]:
        if self._dead:
            raise self._died()
        if sum(map(len, texts)) < INLINE_CHARACTERS:
            return self._tokenizer.encode(texts)
        return await asyncio.get_running_loop().run_in_executor(self._encoding, self._tokenizer.encode, texts)

    def with_ends(self, token_ids: Sequence[int], param: str) -> list[int]:
        return self._tokenizer.with_ends(token_ids, param)

    def truncated(self, token_ids: Sequence[int], length: int | None = None) -> list[int]:
        return self._tokenizer.truncated(token_ids, length or self._card.context_length)

    async def embed(self, owner: Owner, inputs: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        if not inputs:
            return np.empty((0, self._facts.dimensions), np.float32)
        with self._queue.place(owner, 1, sum(map(len, inputs)), inputs) as place:
            await place.turn()
            async with place.in_time():
                return await self._answer(inputs)

    async def probe(self) -> None:
        """Have the engine embed one word, past the queue.

        Raises:
            ServerError: It does not.
        """
        await self._answer(self._tokenizer.encode(["ok"]))

    async def _answer(self, inputs: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        if self._dead:
            raise self._died()
        number = next(self._numbers)
        answer: asyncio.Future[NDArray[np.float32]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._writer.write(frame(Kind.EMBED, number, packed(inputs)))
        try:
            vectors = await answer
        finally:
            self._waiting.pop(number, None)
            if answer.cancelled():  # by a hang-up, or because it took too long
                self._writer.write(frame(Kind.CANCEL, number))
        self._queue.table.note_progress()
        return vectors

    def fail(self) -> None:
        """The engine process is gone: end every running request with EngineDied."""
        self.close()

    def close(self) -> None:
        """Let go of the engine; what still waits for it, or comes to it later, ends with EngineDied."""
        self._end_all()
        self._listening.cancel()
        self._writer.close()
        self._encoding.shutdown(wait=False)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while (message := await read_frame(reader)) is not None:
            kind, number, body = message
            answer = self._waiting.get(number)
            if answer is None or answer.done():  # nobody waits for it any more
                continue
            if kind is Kind.VECTORS:
                answer.set_result(np.frombuffer(body, np.float32).reshape(-1, self._facts.dimensions))
            else:
                answer.set_exception(_failure(body))
        self._end_all()

    def _end_all(self) -> None:
        self._dead = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._died())

    def _died(self) -> EngineDied:
        return EngineDied(f"The engine of model '{self._card.name}' stopped while it worked on this request.")


def _failure(body: bytes) -> InputFailed:
    failure = json.loads(body)
    index = failure["index"]
    return InputFailed(f"Input {index} could not be embedded: {failure['reason']}.", index=index)


async def open_embedding_engine(launch: EngineLaunch, card: ModelCard, queue: RequestQueue) -> EmbeddingClient:
    """Connect to a running engine; its tokenizer is loaded in a thread.

    Raises:
        TimeoutError, ConnectionError: There is no engine any more.
    """
    tokenizer = await asyncio.to_thread(EmbeddingTokenizer, launch.path)
    async with asyncio.timeout(ATTACH_SECONDS):
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(launch.socket_path))
            except OSError:  # it has just ended; the supervisor's word on that is on its way
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if hello := await read_frame(reader):
                break
            writer.close()
            await asyncio.sleep(RETRY_SECONDS)
    greeting = json.loads(hello[2])
    card = replace(card, context_length=greeting["context_length"])
    facts = embedding_facts(launch.model, launch.path, greeting["dimensions"])
    return EmbeddingClient(reader, writer, card, facts, tokenizer, queue)
