"""Limits and usage over several web workers, and what is left of them when a worker is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI, OpenAI, RateLimitError
from tests.end_to_end.running_server import RunningServer, running_server
from tests.end_to_end.vocabulary import MODEL, endless

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def limited() -> Iterator[RunningServer]:
    """A server of two web workers that may be killed."""
    with running_server(WORKERS="2") as server:
        yield server


def new_key(server: RunningServer, **limits: int) -> str:
    body = {"name": "limited", "role": "client", **limits}
    created = httpx.post(f"{server.url}/api-keys/create", json=body, headers=server.headers, timeout=30)
    assert created.status_code in (200, 201), created.text
    return str(created.json()["key"])


def usage(server: RunningServer, key: str) -> dict[str, Any]:
    """What the key has used, once everything that has ended is stored."""
    time.sleep(1.5)
    answer = httpx.get(f"{server.url}/v1/usage", headers={"X-API-Key": key}, timeout=30)
    return dict(answer.json()["total"])


async def test_exactly_the_limit_of_a_thousand_parallel_requests_is_admitted(limited: RunningServer) -> None:
    key = new_key(limited, rate_limit=100)
    head = f"GET /v1/models HTTP/1.1\r\nHost: test\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n".encode()

    async def statuses() -> list[int]:
        return [await _status(limited.port, head) for _ in range(4)]

    answers = [status for group in await asyncio.gather(*(statuses() for _ in range(250))) for status in group]
    assert (answers.count(200), answers.count(429)) == (100, 900)


async def _status(port: int, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(b" ", 2)[1])


def test_usage_is_what_the_answers_said(limited: RunningServer) -> None:
    key = new_key(limited)
    with OpenAI(base_url=limited.base_url, api_key=key, max_retries=0, timeout=60) as client:
        answers = [
            client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "Say something."}], max_tokens=8
            )
            for _ in range(6)
        ]
    told = [answer.usage for answer in answers if answer.usage is not None]
    used = usage(limited, key)
    assert used["prompt_tokens"] == sum(one.prompt_tokens for one in told)
    assert used["completion_tokens"] == sum(one.completion_tokens for one in told)
    assert used["errors"] == 0


async def test_a_killed_worker_holds_no_places(limited: RunningServer) -> None:
    key = new_key(limited, max_concurrent_requests=4)
    async with AsyncOpenAI(base_url=limited.base_url, api_key=key, max_retries=0, timeout=60) as client:
        streams = [
            await client.chat.completions.create(
                model=MODEL,
                messages=[{"role": "user", "content": "Count."}],
                max_tokens=1500,
                logit_bias=endless(),
                stream=True,
            )
            for _ in range(4)
        ]
        with pytest.raises(RateLimitError):
            await client.models.list()
        for worker in limited.web_workers():
            os.kill(worker, signal.SIGKILL)
        for stream in streams:
            with contextlib.suppress(Exception):
                async for _ in stream:
                    pass
        await asyncio.to_thread(limited.wait_until_ready)
        await client.models.list()
