"""A Llama quantised with AWQ and a Mistral quantised with GPTQ behind one server: they answer as their weights say,
the death of one engine is no matter to the other, and an order to stop lets both finish.

The tests run in this order on one server; the last one ends it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import APIError, AsyncOpenAI, InternalServerError
from tests.end_to_end.quantised_checkpoints import CONTEXT_LENGTH, QuantisedCheckpoint, llama_awq, mistral_gptq
from tests.end_to_end.running_server import START_SECONDS, STOP_SECONDS, RunningServer, running_server

pytestmark = pytest.mark.engine

QUESTION: Any = {"role": "user", "content": "Is a nurse a job in health care?"}
STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
SYSTEM: Any = {"role": "system", "content": "Answer yes or no."}
# Rounding in 16-bit arithmetic stays well below; a single misread group of weights is far above.
TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Pair:
    server: RunningServer
    checkpoints: dict[str, QuantisedCheckpoint]

    def endless(self, model: str, max_tokens: int) -> dict[str, Any]:
        """A chat that goes on until max_tokens, because the end of the text is as good as ruled out."""
        end = self.checkpoints[model].tokenizer.eos_token_id
        shape = {"temperature": 0, "logit_bias": {str(end): -100}, "max_tokens": max_tokens}
        return {"model": model, "messages": [QUESTION], **shape}

    def state(self, model: str) -> dict[str, Any]:
        health = httpx2.get(f"{self.server.url}/health").json()
        return {"overall": health["status"], **health["models"][model]}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("quantised")
    checkpoints = {"llama": llama_awq(folder / "llama"), "mistral": mistral_gptq(folder / "mistral")}
    config = config_file(folder, llama="awq", mistral="gptq")
    with running_server(CONFIG_FILE=str(config), WORKERS="2", JOBAI_DRAIN_SECONDS="120") as server:
        yield Pair(server, checkpoints)


@pytest.fixture
async def client(pair: Pair) -> AsyncIterator[AsyncOpenAI]:
    server = pair.server
    async with AsyncOpenAI(base_url=server.base_url, api_key=server.admin_key, max_retries=0, timeout=120) as client:
        yield client


def config_file(folder: Path, **quantization: str) -> Path:
    """The config of a server with both models."""
    roles = {"llama": "primary_model", "mistral": "classification_model"}
    engine_args = {"enforce_eager": True, "kv_cache_memory_bytes": "64MiB", "max_num_batched_tokens": 2048}
    common = {"context_length": CONTEXT_LENGTH, "threads": 1, "engine_args": engine_args}
    models = {
        roles[name]: {"name": name, "source": str(folder / name), "quantization": method, **common}
        for name, method in quantization.items()
    }
    models["classification_model"]["sleep_level"] = 1
    path = folder / "config.json"
    path.write_text(json.dumps(models))
    return path


async def counted(stream: Any, arrived: Counter[int], index: int) -> None:
    """Keep count of the chunks that arrive."""
    async for _ in stream:
        arrived[index] += 1


async def collected(stream: Any) -> tuple[int, str | None]:
    """How many tokens the answer had, and how it ended."""
    tokens, reason = 0, None
    async for chunk in stream:
        tokens = chunk.usage.completion_tokens if chunk.usage else tokens
        for choice in chunk.choices:
            reason = choice.finish_reason or reason
    return tokens, reason


@pytest.mark.parametrize(
    ("model", "sent", "rendered"),
    [
        ("llama", [QUESTION], [QUESTION]),
        ("llama", [SYSTEM, QUESTION], [SYSTEM, QUESTION]),
        ("mistral", [QUESTION], [QUESTION]),
        # Mistral's template has no system role: the system message goes before the user's text.
        (
            "mistral",
            [SYSTEM, QUESTION],
            [{"role": "user", "content": f"{SYSTEM['content']}\n\n{QUESTION['content']}"}],
        ),
        ("classification", [QUESTION], [QUESTION]),
    ],
)
async def test_answers_have_the_probabilities_of_the_dequantised_model(
    pair: Pair, client: AsyncOpenAI, model: str, sent: list[Any], rendered: list[dict[str, str]]
) -> None:
    checkpoint = pair.checkpoints["mistral" if model == "classification" else model]
    prompt = checkpoint.prompt(rendered)
    answer = await client.chat.completions.create(
        model=model, messages=sent, temperature=0, max_tokens=6, logprobs=True, top_logprobs=5
    )
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == len(prompt)
    assert answer.choices[0].logprobs is not None
    positions = answer.choices[0].logprobs.content or []
    assert len(positions) == 6
    for position in positions:
        likeliest = checkpoint.likeliest(prompt)
        assert [top.logprob for top in position.top_logprobs] == pytest.approx(list(likeliest.values()), abs=TOLERANCE)
        assert position.logprob == pytest.approx(max(likeliest.values()), abs=TOLERANCE)
        # Along what the server chose: of two tokens that are about as likely, rounding picks one.
        written = {checkpoint.tokenizer.decode([one]): one for one in likeliest}
        prompt = [*prompt, written.get(position.token, next(iter(likeliest)))]


async def test_death_of_an_engine_ends_its_own_requests_and_no_others(pair: Pair, client: AsyncOpenAI) -> None:
    server, chat = pair.server, client.chat.completions
    workers = server.web_workers()
    dying = [await chat.create(**pair.endless("llama", 12_000), **STREAMED) for _ in range(4)]
    living = [await chat.create(**pair.endless("mistral", 12_000), **STREAMED) for _ in range(2)]
    arrived = Counter[int]()
    going = [asyncio.create_task(counted(stream, arrived, index)) for index, stream in enumerate(living)]
    whole = asyncio.create_task(chat.create(**pair.endless("llama", 12_000)))
    endings = [asyncio.create_task(collected(stream)) for stream in dying]
    await until(lambda: server.running_requests() == 7, server)
    os.kill(engine_process(server, "llama"), signal.SIGKILL)

    for ending in endings:
        with pytest.raises(APIError) as cut:
            await ending
        assert cut.value.code == "engine_restarting"
    with pytest.raises(InternalServerError) as refused:
        await whole
    assert (refused.value.status_code, refused.value.code) == (503, "engine_restarting")

    with pytest.raises(InternalServerError) as refused:
        await chat.create(model="llama", messages=[QUESTION], max_tokens=1)
    assert (refused.value.status_code, refused.value.code) == (503, "model_unavailable")
    assert int(refused.value.response.headers["retry-after"]) > 0
    state = pair.state("llama")
    assert (state["overall"], state["state"]) == ("degraded", "restarting")
    assert "signal 9" in state["reason"]
    assert (await chat.create(model="mistral", messages=[QUESTION], max_tokens=1)).usage

    before = arrived.copy()
    await until(lambda: all(arrived[index] >= before[index] + 50 for index in range(2)), server)
    for one in going:
        one.cancel()
    # Each on a connection of its own, so that no web worker is left out.
    await until(lambda: all(pair.state("llama")["state"] == "ready" for _ in range(30)), server)
    assert (await chat.create(model="llama", messages=[QUESTION], max_tokens=1)).usage
    assert pair.state("llama")["restarts"] == 1
    assert pair.state("mistral")["restarts"] == 0
    assert server.web_workers() == workers


def engine_process(server: RunningServer, model: str) -> int:
    """The process id of a model's engine, as the log names it."""
    return int(re.findall(rf"engine {model}: starting, process (\d+)", server.log())[-1])


async def until(reached: Callable[[], object], server: RunningServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if reached():
            return
        assert time.monotonic() < deadline, server.log()
        await asyncio.sleep(0.05)


async def test_a_model_with_a_sleep_level_sleeps_in_its_process(pair: Pair, client: AsyncOpenAI) -> None:
    # On a CPU that frees nothing; all the rest is as on a GPU.
    server, process = pair.server, engine_process(pair.server, "mistral")
    chat: Any = {"model": "mistral", "messages": [QUESTION], "temperature": 0, "max_tokens": 4}
    before = await client.chat.completions.create(**chat)
    for _ in range(2):
        url = f"{server.base_url}/models/mistral/sleep"
        answer = await asyncio.to_thread(httpx2.post, url, headers=server.headers, timeout=60)
        assert answer.json()["state"] == "asleep"
        # Each on a connection of its own, so that both web workers have to hear of it.
        await until(lambda: all(pair.state("mistral")["state"] == "asleep" for _ in range(20)), server)
        assert pair.state("mistral")["overall"] == "ok"
        again = await client.chat.completions.create(**chat)
        assert again.choices[0].message.content == before.choices[0].message.content
    assert engine_process(server, "mistral") == process
    assert process in server.engines()
    assert pair.state("mistral")["restarts"] == 0


async def test_order_to_stop_lets_running_streams_finish(pair: Pair, client: AsyncOpenAI) -> None:
    server, chat = pair.server, client.chat.completions
    streams = [await chat.create(**pair.endless(model, 800), **STREAMED) for model in pair.checkpoints]
    endings = [asyncio.create_task(collected(stream)) for stream in streams]
    server.family()
    os.kill(server.pid, signal.SIGTERM)

    async with asyncio.timeout(STOP_SECONDS):
        refused = await refusal(client)
    assert (refused.status_code, refused.code) == (503, "server_shutting_down")
    assert int(refused.response.headers["retry-after"]) > 0
    assert not any(ending.done() for ending in endings)
    assert await asyncio.gather(*endings) == [(800, "length")] * 2

    assert await asyncio.to_thread(server.process.wait, STOP_SECONDS) == 0
    assert server.orphans() == []


async def refusal(client: AsyncOpenAI) -> InternalServerError:
    """The answer to the first chat that is refused."""
    while True:
        try:
            await client.chat.completions.create(model="mistral", messages=[QUESTION], max_tokens=1)
        except InternalServerError as error:
            return error
