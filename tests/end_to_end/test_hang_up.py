"""Who leaves stops paying: the engine is free within a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx2
import psutil
import pytest
from openai import AsyncOpenAI, OpenAI
from tests.end_to_end.running_server import RunningServer
from tests.end_to_end.vocabulary import MODEL, endless

pytestmark = pytest.mark.engine

PATIENCE_SECONDS = 5.0
LONG: dict[str, Any] = {"model": MODEL, "max_tokens": 1900, "logit_bias": endless()}
CHAT: dict[str, Any] = LONG | {"messages": [{"role": "user", "content": "Write as much as you can."}]}
COMPLETION: dict[str, Any] = LONG | {"prompt": "Write as much as you can."}
BODIES = [("/v1/chat/completions", CHAT), ("/v1/completions", COMPLETION)]


@pytest.fixture(autouse=True)
def _idle_before(server: RunningServer) -> None:
    assert _becomes(lambda: server.running_requests() == 0, seconds=60)


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_closing_a_stream_frees_the_engine(server: RunningServer, http: httpx2.Client, path: str, body: Any) -> None:
    with http.stream("POST", path, json=body | {"stream": True}) as reply:
        lines = reply.iter_lines()
        next(lines)
        assert server.running_requests() == 1
        assert _computes(server)
        reply.close()
        _assert_freed(server)


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_leaving_before_the_answer_frees_the_engine(server: RunningServer, path: str, body: Any) -> None:
    with httpx2.Client(base_url=server.url, headers=server.headers, timeout=1) as http:
        with pytest.raises(httpx2.ReadTimeout):
            http.post(path, json=body)
        _assert_freed(server)


def test_closing_a_stream_of_several_answers_frees_all_places(server: RunningServer, client: OpenAI) -> None:
    stream = client.completions.create(
        model=MODEL, prompt=["One", "Two"], n=2, max_tokens=1900, logit_bias=endless(), stream=True
    )
    next(stream)
    assert server.running_requests() == 4
    stream.close()
    _assert_freed(server)


async def test_closing_the_asynchronous_clients_stream_frees_the_engine(
    server: RunningServer, async_client: AsyncOpenAI
) -> None:
    stream = await async_client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Write as much as you can."}],
        max_tokens=1900,
        logit_bias=endless(),
        stream=True,
    )
    await anext(stream)
    assert server.running_requests() == 1
    await stream.close()
    _assert_freed(server)


def test_an_answer_that_is_read_to_its_end_leaves_nothing_running(server: RunningServer, client: OpenAI) -> None:
    client.completions.create(model=MODEL, prompt=["One", "Two"], n=2)
    assert _becomes(lambda: server.running_requests() == 0, seconds=PATIENCE_SECONDS)


def _assert_freed(server: RunningServer) -> None:
    # By the server's own count, and by what the engine does: an answer this long would keep it busy for seconds.
    deadline = time.monotonic() + PATIENCE_SECONDS
    assert _becomes(lambda: server.running_requests() == 0, seconds=PATIENCE_SECONDS)
    assert _becomes(lambda: not _computes(server), seconds=deadline - time.monotonic())


def _computes(server: RunningServer) -> bool:
    """Whether the engine's process uses the processor."""
    [engine] = server.engines()
    process = psutil.Process(engine)
    before = sum(process.cpu_times()[:2])
    time.sleep(0.3)
    return bool(sum(process.cpu_times()[:2]) - before > 0.05)


def _becomes(condition: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
