"""Requests to a model whose engine sleeps, and the routes that put it to sleep."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from tests.stand_in_embedding import StandInEmbedding
from tests.stand_in_engine import StandInEngine, stand_in_card
from tests.web.served_app import CHAT, ServedApp, served_app, until

from jobai_server.engines.catalog import EngineState, EngineStatus, Entry

Orders = list[tuple[str, str]]
CATEGORIES = ["alpha", "beta"]
# Every route that waits for an engine, the engine, and a request.
WAITING: list[tuple[str, str, dict[str, Any]]] = [
    ("/v1/chat/completions", "stand-in", CHAT),
    ("/v1/completions", "stand-in", {"prompt": "hi"}),
    ("/v1/classifications", "stand-in", {"text": "hi", "categories": CATEGORIES}),
    (
        "/v1/classifications/calibrations",
        "stand-in",
        {"categories": CATEGORIES, "examples": [{"text": "hi", "category": "alpha"}] * 20},
    ),
    (
        "/v1/decisions",
        "stand-in",
        {"input": "hi", "questions": [{"type": "predicate", "instructions": "Is it?", "name": "it"}]},
    ),
    ("/v1/embeddings", "stand-in-embedding", {"input": "hi"}),
    ("/v1/rerank", "stand-in-embedding", {"query": "hi", "documents": ["hi"]}),
]
STATES: tuple[EngineState, ...] = ("dozing", "asleep", "waking", "ready")


def status(state: EngineState) -> EngineStatus:
    return EngineStatus(state, time.time())


@pytest.mark.parametrize("state", ["dozing", "asleep", "waking"])
async def test_a_request_waits_until_the_engine_is_back(state: EngineState) -> None:
    orders: Orders = []
    async with served_app(StandInEngine(), order=lambda *order: orders.append(order)) as served:
        entry = served.state.catalog.entries["stand-in"]
        engine, entry.engine = entry.engine, None
        entry.note(status(state))
        waiting = asyncio.create_task(served.chat())
        await until(lambda: orders == [("wake", "stand-in")])
        entry.note(status("waking"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        entry.engine = engine
        entry.note(status("ready"))
        assert (await waiting).status_code == 200
        assert not entry.awaited


async def test_a_stream_that_waits_for_its_engine_is_kept_alive() -> None:
    async with served_app(StandInEngine(script=("a", "b")), order=lambda *_: None, keep_alive_seconds=0.1) as served:
        entry = served.state.catalog.entries["stand-in"]
        engine, entry.engine = entry.engine, None
        entry.note(status("asleep"))
        async with served.client.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) as answer:
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            assert await anext(lines) == ": keep-alive"
            entry.engine = engine
            entry.note(status("ready"))
            assert [line async for line in lines][-2] == "data: [DONE]"
        assert not entry.awaited


async def test_a_stream_whose_engine_does_not_come_back_ends_with_an_error() -> None:
    async with served_app(StandInEngine(), order=lambda *_: None, keep_alive_seconds=0.1) as served:
        served.state.queues.of("stand-in").limits.seconds = 0.4
        served.state.catalog.entries["stand-in"].note(status("asleep"))
        answer = await served.chat(stream=True)
        assert answer.status_code == 200
        comment, *_, error = answer.text.strip().split("\n\n")
        assert comment == ": keep-alive"
        assert json.loads(error.removeprefix("data: "))["error"]["code"] == "model_unavailable"


@pytest.mark.parametrize("stream", [False, True])
async def test_who_hangs_up_waits_no_longer(stream: bool) -> None:
    async with served_app(StandInEngine(), order=lambda *_: None) as served:
        entry = served.state.catalog.entries["stand-in"]
        served.state.queues.of("stand-in").limits.seconds = 60
        entry.note(status("asleep"))
        waiting = asyncio.create_task(served.chat(stream=stream))
        await until(lambda: entry.awaited)
        waiting.cancel()
        await until(lambda: not entry.awaited)


def engines() -> tuple[StandInEngine, StandInEmbedding]:
    return StandInEngine(card=stand_in_card(roles=("primary", "classification"))), StandInEmbedding()


@asynccontextmanager
async def waiting_for(
    path: str, model: str, body: dict[str, Any]
) -> AsyncIterator[tuple[ServedApp, Entry, asyncio.Task[httpx.Response]]]:
    """A request that waits for a model that nobody wakes."""
    async with served_app(*engines(), order=lambda *_: None) as served:
        entry = served.state.catalog.entries[model]
        served.state.queues.of(model).limits.seconds = 60
        entry.note(status("asleep"))
        waiting = asyncio.create_task(served.client.post(path, json=body))
        await until(lambda: entry.awaited)
        yield served, entry, waiting


@pytest.mark.parametrize(("path", "model", "body"), WAITING)
async def test_who_hangs_up_on_any_route_gives_up_its_place(path: str, model: str, body: dict[str, Any]) -> None:
    async with waiting_for(path, model, body) as (served, entry, waiting):
        waiting.cancel()
        await until(lambda: not entry.awaited)
        await until(lambda: not served.state.in_flight.count)


@pytest.mark.parametrize(("path", "model", "body"), WAITING)
async def test_the_drain_deadline_ends_the_wait_on_any_route(path: str, model: str, body: dict[str, Any]) -> None:
    async with waiting_for(path, model, body) as (served, entry, waiting):
        await served.state.in_flight.drain(0.1)
        answer = await asyncio.wait_for(waiting, 5)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "server_shutting_down")
        assert not entry.awaited


async def test_who_may_not_have_it_does_not_wake_it() -> None:
    orders: Orders = []
    async with served_app(StandInEngine(), order=lambda *order: orders.append(order)) as served:
        served.state.catalog.entries["stand-in"].note(status("asleep"))
        assert (await served.chat(model="nobody")).status_code == 404
        assert (await served.chat(temperature="hot")).status_code == 400
        assert (await served.client.post("/v1/chat/completions", headers={"X-API-Key": "no"})).status_code == 401
        assert orders == []


async def test_no_request_waits_for_ever() -> None:
    async with served_app(StandInEngine(), order=lambda *_: None) as served:
        served.state.queues.of("stand-in").limits.seconds = 0.1
        served.state.catalog.entries["stand-in"].note(status("asleep"))
        answer = await served.chat()
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_unavailable")
        assert "asleep" in answer.json()["error"]["message"]
        assert int(answer.headers["retry-after"]) > 0


async def test_an_engine_that_does_not_come_back_is_said_to_be_failed() -> None:
    async with served_app(StandInEngine(), order=lambda *_: None) as served:
        entry = served.state.catalog.entries["stand-in"]
        entry.engine = None
        entry.note(status("waking"))
        waiting = asyncio.create_task(served.chat())
        await until(lambda: entry.awaited)
        entry.note(status("failed"))
        answer = await waiting
        assert answer.status_code == 503
        assert "failed" in answer.json()["error"]["message"]


async def test_only_so_many_wait() -> None:
    async with served_app(StandInEngine(), order=lambda *_: None) as served:
        entry = served.state.catalog.entries["stand-in"]
        entry.note(status("asleep"))
        limits = served.state.queues.of("stand-in").limits
        entry.awaited["another"] = limits.answers
        answer = await served.chat()
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "server_is_overloaded")


async def test_one_key_cannot_take_all_the_places() -> None:
    async with served_app(StandInEngine(), order=lambda *_: None) as served:
        entry = served.state.catalog.entries["stand-in"]
        entry.note(status("asleep"))
        waiting = asyncio.create_task(served.chat())
        await until(lambda: entry.awaited)
        [key] = entry.awaited
        entry.awaited[key] = served.state.queues.of("stand-in").limits.answers
        answer = await served.chat()
        assert answer.status_code == 429
        assert "share" in answer.json()["error"]["message"]
        waiting.cancel()


async def test_sleep_and_wake() -> None:
    async with served_app(StandInEngine()) as served:
        for order, state in (("sleep", "asleep"), ("sleep", "asleep"), ("wake", "ready"), ("wake", "ready")):
            answer = await served.client.post(f"/v1/models/primary/{order}")
            assert answer.json() == {"id": "stand-in", "object": "model", "state": state}
            health = await served.client.get("/health")
            assert (health.json()["status"], health.json()["models"]["stand-in"]["state"]) == ("ok", state)


async def test_neither_takes_longer_than_the_queues_deadline() -> None:
    async with served_app(StandInEngine(), order=lambda *_: None, queue_seconds=0.1) as served:
        assert (await served.client.post("/v1/models/primary/sleep")).json()["state"] == "ready"
        served.state.catalog.entries["stand-in"].note(status("asleep"))
        assert (await served.client.post("/v1/models/primary/wake")).json()["state"] == "asleep"


async def test_a_model_that_is_not_ready_cannot_sleep() -> None:
    async with served_app(StandInEngine()) as served:
        served.state.catalog.entries["stand-in"].note(status("restarting"))
        answer = await served.client.post("/v1/models/primary/sleep")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize("order", ["sleep", "wake"])
async def test_an_unknown_model_can_neither(order: str) -> None:
    async with served_app(StandInEngine()) as served:
        assert (await served.client.post(f"/v1/models/nobody/{order}")).status_code == 404


async def test_who_puts_to_sleep_what_is_wanted_at_once_is_answered() -> None:
    def sleep_and_wake(order: str, name: str) -> None:
        entry = served.state.catalog.entries[name]
        for state in STATES:
            entry.note(status(state))

    async with served_app(StandInEngine(), order=sleep_and_wake) as served:
        answer = await served.client.post("/v1/models/primary/sleep", timeout=5)
        assert answer.json()["state"] == "ready"
