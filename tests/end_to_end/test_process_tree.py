"""The process tree seen from outside: what is shared, what is replaced, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from openai import APIError, AsyncOpenAI, InternalServerError
from tests.end_to_end.running_server import STOP_SECONDS, RunningServer, running_server

pytestmark = pytest.mark.engine

NANO = Path(__file__).parents[2] / "src/jobai_server/embedded/jobai_nano"
CONNECTIONS = 200

RUNNING = "vllm:num_requests_running"
COUNTS = (
    "jobai_tokens_total",
    "jobai_queue_wait_seconds_count",
    "vllm:prompt_tokens_total",
    "vllm:generation_tokens_total",
    "http_requests_total",
)


def endless(max_tokens: int) -> dict[str, Any]:
    """A streamed chat that goes on until max_tokens, because the end of the text is as good as ruled out."""
    ends = json.loads((NANO / "generation_config.json").read_text())["eos_token_id"]
    return {
        "model": "primary",
        "messages": [{"role": "user", "content": "Write a job description."}],
        "stream": True,
        "logit_bias": {str(end): -100 for end in ends},
        "max_tokens": max_tokens,
    }


def official_client(server: RunningServer) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=server.base_url, api_key=server.admin_key, max_retries=0, timeout=120)


async def consumed(stream: Any) -> None:
    async for _ in stream:
        pass


def short_chat(connection: httpx2.Client) -> int:
    """The status of a chat of one token."""
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    return connection.post("/chat/completions", json=body).status_code


def gauges_of(worker: int, server: RunningServer) -> list[Path]:
    """Where it keeps how things are, what it counts not included."""
    return list(server.folder.glob(f"run/jobai-*/metrics/gauge_*_{worker}.db"))


def until(reached: Callable[[], object], server: RunningServer) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while not reached():
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.02)


def serving(server: RunningServer, connection: httpx2.Client) -> int | None:
    """The web worker at the other end of a client's open connection."""
    [ours] = [
        own.laddr.port
        for own in psutil.Process().net_connections("tcp")
        if own.raddr and own.raddr.port == server.port and own.status == psutil.CONN_ESTABLISHED
    ]
    for worker in server.web_workers():
        for theirs in psutil.Process(worker).net_connections("tcp"):
            if theirs.raddr and theirs.raddr.port == ours and theirs.status == psutil.CONN_ESTABLISHED:
                return worker
    return None


def answering_workers(server: RunningServer, wanted: set[int]) -> set[int]:
    """The web workers that answered chats on new connections, one after another, until all the wanted ones did."""
    seen: set[int] = set()
    for _ in range(CONNECTIONS):
        with httpx2.Client(base_url=server.base_url, headers=server.headers, timeout=60) as connection:
            # A worker that has just started refuses while it is not attached to the engine.
            if short_chat(connection) == 200:
                seen |= {serving(server, connection) or 0}
        if seen >= wanted:
            break
    return seen


def test_both_web_workers_answer_from_one_engine_process(server: RunningServer) -> None:
    workers = set(server.web_workers())
    assert len(workers) == 2
    assert answering_workers(server, workers) == workers
    [engine] = server.engines()
    assert psutil.Process(engine).ppid() == server.pid


def test_killed_web_worker_is_replaced_and_a_killed_supervisor_leaves_nothing_behind() -> None:
    with running_server(WORKERS="2") as server:
        engines, workers = server.engines(), set(server.web_workers())
        victim = min(workers)
        [other] = workers - {victim}
        psutil.Process(other).suspend()
        with httpx2.Client(base_url=server.base_url, headers=server.headers, timeout=60) as connection:
            assert short_chat(connection) == 200
            assert serving(server, connection) == victim
            chat: dict[str, Any] = {"json": endless(2_000), "headers": server.headers, "timeout": 60}
            with httpx2.stream("POST", f"{server.base_url}/chat/completions", **chat) as answer:
                lines = answer.iter_lines()  # held: one that is let go hangs up
                next(lines)
                until(lambda: server.metrics()[RUNNING], server)
                before = server.metrics()
                assert gauges_of(victim, server)
                os.kill(victim, signal.SIGKILL)
                psutil.Process(other).resume()
            with pytest.raises(httpx2.TransportError):
                short_chat(connection)
            # Nobody has taken the dead one's place yet, and yet somebody answers.
            assert short_chat(connection) == 200
            assert server.web_workers() == [other]

        # What the dead one counted is still there, and what it was at is not.
        until(lambda: not gauges_of(victim, server), server)
        until(lambda: server.metrics().get(RUNNING, 0) == 0, server)
        after = server.metrics()
        assert {name for name in COUNTS if after[name] < before[name]} == set()

        until(lambda: len(server.web_workers()) == 2, server)
        [replacement] = set(server.web_workers()) - {other}
        until(lambda: replacement in answering_workers(server, {replacement}), server)
        assert server.engines() == engines

        embedding = server.embedding_engine()
        assert embedding is not None
        alive = {server.pid, embedding, *server.engines(), *server.web_workers()}
        assert len(alive) == 5
        assert alive <= {process.pid for process in server.family()}
        os.kill(server.pid, signal.SIGKILL)
        assert server.orphans() == []


def test_drain_deadline_ends_a_stream_with_an_error_event() -> None:
    with running_server(JOBAI_DRAIN_SECONDS="1") as server:
        chat: dict[str, Any] = {"json": endless(2_000), "headers": server.headers, "timeout": 60}
        with httpx2.stream("POST", f"{server.base_url}/chat/completions", **chat) as answer:
            lines = answer.iter_lines()
            assert next(lines).startswith("data: ")
            server.family()
            os.kill(server.pid, signal.SIGTERM)
            events = [line for line in lines if line]
        error = json.loads(events[-1].removeprefix("data: "))["error"]
        assert error["code"] == "server_shutting_down"
        assert json.loads(events[-2].removeprefix("data: "))["choices"][0]["finish_reason"] is None
        assert server.process.wait(STOP_SECONDS) == 0
        assert server.orphans() == []
        with contextlib.closing(sqlite3.connect(server.folder / "data/keys.sqlite3")) as keys:
            [requests, tokens] = keys.execute("SELECT sum(requests), sum(completion_tokens) FROM key_usage").fetchone()
        assert requests == 1
        assert tokens > 0


async def test_first_interrupt_drains_and_a_second_one_stops_at_once() -> None:
    with running_server(JOBAI_DRAIN_SECONDS="600") as server:
        async with official_client(server) as client:
            stream = await client.chat.completions.create(**endless(2_000))
            cut = asyncio.create_task(consumed(stream))
            server.family()
            os.kill(server.pid, signal.SIGINT)
            until(lambda: server.health() == "stopping", server)
            with pytest.raises(InternalServerError) as refused:
                await client.models.list()
            assert (refused.value.status_code, refused.value.code) == (503, "server_shutting_down")
            assert not cut.done()
            os.kill(server.pid, signal.SIGINT)
            assert await asyncio.to_thread(server.process.wait, STOP_SECONDS) == 0
            with pytest.raises(APIError):
                await cut
        assert server.orphans() == []
