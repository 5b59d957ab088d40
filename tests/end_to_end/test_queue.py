"""The queue of a model on the real engine, over two web workers: bounds, order, deadline, and streams that wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openai import APIError, AsyncOpenAI, InternalServerError, RateLimitError
from tests.end_to_end.running_server import RunningServer, running_server
from tests.end_to_end.vocabulary import MODEL, endless

pytestmark = pytest.mark.engine

CONFIG = Path(__file__).parents[2] / "configs" / "embedded.yaml"
QUESTION: list[Any] = [{"role": "user", "content": "Count."}]
LONG: dict[str, Any] = {"model": MODEL, "messages": QUESTION, "max_tokens": 1900, "logit_bias": endless()}
SHORT: dict[str, Any] = {"model": MODEL, "messages": QUESTION, "max_tokens": 4}
KEEP_ALIVE = ": keep-alive"


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A key may have one answer at a time and five in all, everybody together ten."""
    config = yaml.safe_load(CONFIG.read_text())
    del config["embedding_model"]
    config["primary_model"] |= {"max_concurrent_requests": 10, "key_share": 0.5}
    config["primary_model"]["engine_args"]["max_num_seqs"] = 1
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(yaml.safe_dump(config))
    with running_server(
        WORKERS="2", CONFIG_FILE=str(path), JOBAI_QUEUE_SECONDS="8", JOBAI_KEEP_ALIVE_SECONDS="0.3"
    ) as server:
        yield server


async def until(reached: Callable[[], bool], seconds: float = 7) -> None:
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 - what is waited for has no event to wait on
            await asyncio.sleep(0.01)


@asynccontextmanager
async def new_client(server: RunningServer) -> AsyncIterator[AsyncOpenAI]:
    """With a key of its own, once nothing is left of what was before."""
    await until(lambda: server.running_requests() == 0, seconds=60)
    body = {"name": "queued", "role": "client"}
    async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=60) as http:
        key = (await http.post("/api-keys/create", json=body)).json()["key"]
    async with AsyncOpenAI(base_url=server.base_url, api_key=key, max_retries=0, timeout=60) as client:
        yield client


@asynccontextmanager
async def holding(client: AsyncOpenAI, server: RunningServer, count: int) -> AsyncIterator[None]:
    """So many long requests, in flight until the block ends."""
    before = server.running_requests()
    tasks = [asyncio.create_task(client.chat.completions.create(**LONG)) for _ in range(count)]
    await until(lambda: server.running_requests() == before + count)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_greedy_key_is_told_to_wait_and_another_is_served(queued: RunningServer, stream: bool) -> None:
    async with new_client(queued) as greedy, new_client(queued) as polite, holding(greedy, queued, 5):
        with pytest.raises(RateLimitError, match="share of 5") as refused:
            await greedy.chat.completions.create(**SHORT, stream=stream)
        assert refused.value.code == "rate_limit_exceeded"
        assert int(refused.value.response.headers["retry-after"]) > 0
        answer = await polite.chat.completions.create(**SHORT)
        assert answer.usage is not None
        assert answer.usage.completion_tokens > 0


@pytest.mark.parametrize("stream", [True, False])
async def test_a_full_queue_is_a_503_for_everybody(queued: RunningServer, stream: bool) -> None:
    async with (
        new_client(queued) as one,
        new_client(queued) as two,
        new_client(queued) as three,
        holding(one, queued, 5),
        holding(two, queued, 5),
    ):
        with pytest.raises(InternalServerError, match="limit of 10") as refused:
            await three.chat.completions.create(**SHORT, stream=stream)
        assert refused.value.status_code == 503
        assert refused.value.code == "server_is_overloaded"
        assert int(refused.value.response.headers["retry-after"]) > 0
        async with httpx.AsyncClient(base_url=queued.url, headers=queued.headers, timeout=60) as http:
            metrics = (await http.get("/metrics")).text
    assert f'jobai_queue_requests{{model="{MODEL}",state="running"}} 2.0' in metrics
    assert f'jobai_queue_requests{{model="{MODEL}",state="waiting"}} 8.0' in metrics
    assert f'jobai_queue_limit_requests{{model="{MODEL}"}} 10.0' in metrics


async def test_flex_goes_last_and_says_so(queued: RunningServer) -> None:
    ended: list[str | None] = []

    async def ask(tier: Any) -> None:
        answer = await client.chat.completions.create(**(LONG | {"max_tokens": 50}), service_tier=tier)
        ended.append(answer.service_tier)

    async with new_client(queued) as client:
        async with holding(client, queued, 1):
            asking = [asyncio.create_task(ask("flex"))]
            await until(lambda: queued.running_requests() == 2)
            asking += [asyncio.create_task(ask("auto")), asyncio.create_task(ask("priority"))]
            await until(lambda: queued.running_requests() == 4)
        await asyncio.gather(*asking)
    assert ended == ["default", "default", "flex"]


async def test_who_waits_too_long_gets_a_503(queued: RunningServer) -> None:
    async with new_client(queued) as client, holding_for_long(client, queued):
        with pytest.raises(InternalServerError, match="did not come to this request") as refused:
            await client.chat.completions.create(**SHORT)
        assert refused.value.status_code == 503
        assert int(refused.value.response.headers["retry-after"]) > 0
        assert queued.running_requests() == 4


async def test_a_stream_that_waits_too_long_ends_in_an_error_event(queued: RunningServer) -> None:
    async with new_client(queued) as client, holding_for_long(client, queued):
        headers = {"Authorization": f"Bearer {client.api_key}"}
        async with httpx.AsyncClient(base_url=queued.url, headers=headers, timeout=60) as http:
            by_hand = http.post("/v1/chat/completions", json=SHORT | {"stream": True})
            stream = await client.completions.create(model=MODEL, prompt="Count.", stream=True, max_tokens=4)
            with pytest.raises(APIError) as refused:
                [chunk async for chunk in stream]
            response = await by_hand
    assert refused.value.code == "server_is_overloaded"
    events = response.text.strip().split("\n\n")
    assert response.status_code == 200
    assert set(events[:-1]) == {KEEP_ALIVE}
    assert json.loads(events[-1].removeprefix("data: "))["error"]["code"] == "server_is_overloaded"


@asynccontextmanager
async def holding_for_long(client: AsyncOpenAI, server: RunningServer) -> AsyncIterator[None]:
    """Four answers at a time take longer than any deadline here."""
    task = asyncio.create_task(client.chat.completions.create(**LONG, n=4))
    await until(lambda: server.running_requests() == 4)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_clients_skip_the_comments_of_a_stream_that_waits(queued: RunningServer) -> None:
    async with new_client(queued) as client:
        async with holding(client, queued, 1):
            # The answer's head is there while the request still waits.
            stream = await client.chat.completions.create(**SHORT, stream=True)
            assert queued.running_requests() == 2
        chunks = [chunk async for chunk in stream]
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")
    assert all(chunk.object == "chat.completion.chunk" for chunk in chunks)
