"""Streams: their errors, their end, and clients that leave."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from openai import APIError, AsyncOpenAI
from prometheus_fastapi_instrumentator.middleware import PrometheusInstrumentatorMiddleware
from starlette.types import Message, Receive, Scope, Send
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, CHAT, ServedApp, served_app, until

from jobai_server.errors import EngineDied, InvalidRequest, Overloaded

LONG = ["word "] * 2000


def _openai(served: ServedApp) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"http://127.0.0.1:{served.port}/v1", api_key=ADMIN_KEY, max_retries=0)


async def test_a_stream_is_events_and_ends_with_done() -> None:
    async with served_app(StandInEngine(script=("a", "b"))) as served:
        response = await served.chat(stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    events = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    deltas = [json.loads(event)["choices"][0]["delta"] for event in events[:-1]]
    assert "".join(delta.get("content", "") for delta in deltas) == "ab"


async def test_events_pass_by_what_counts_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[str] = []
    counted = PrometheusInstrumentatorMiddleware.__call__

    async def watched(self: PrometheusInstrumentatorMiddleware, scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            passed.append(message["type"])
            await send(message)

        await counted(self, scope, receive, noted)

    monkeypatch.setattr(PrometheusInstrumentatorMiddleware, "__call__", watched)
    async with served_app(StandInEngine()) as served:
        assert (await served.chat(stream=True)).text.endswith("data: [DONE]\n\n")
    assert passed == ["http.response.start"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest("The engine refuses this.", param="messages"), 400),
        (Overloaded("Full.", retry_after=3), 503),
        (EngineDied("It died."), 503),
    ],
)
async def test_an_error_before_the_first_token_has_its_status(error: Exception, status: int) -> None:
    async with served_app(StandInEngine(fail_before=error)) as served:
        response = await served.chat(stream=True)
        assert response.status_code == status
        assert served.engine.closed == served.engine.opened == 1
    if isinstance(error, Overloaded):
        assert response.headers["retry-after"] == "3"
        assert response.headers["retry-after-ms"] == "3000"


@pytest.mark.parametrize("error", [EngineDied("It died."), RuntimeError("a defect")])
async def test_an_error_after_the_first_token_is_the_last_event(error: Exception) -> None:
    async with served_app(StandInEngine(fail_after=error)) as served:
        response = await served.chat(stream=True)
        assert response.status_code == 200
        events = [line for line in response.text.split("\n\n") if line]
        assert "[DONE]" not in response.text
        code = json.loads(events[-1].removeprefix("data: "))["error"]["code"]
        assert code == ("engine_restarting" if isinstance(error, EngineDied) else "internal_error")
        assert "a defect" not in response.text
        async with _openai(served) as client:
            stream = await client.chat.completions.create(
                model="stand-in", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            with pytest.raises(APIError):
                [chunk async for chunk in stream]


async def test_closing_a_stream_closes_the_engines() -> None:
    async with served_app(StandInEngine(script=LONG, delay=0.01)) as served:
        async with served.client.stream("POST", "/v1/chat/completions", json=CHAT | {"stream": True}) as response:
            async for _ in response.aiter_bytes():
                break
        await until(lambda: served.engine.closed == 1, seconds=1)


@pytest.mark.parametrize("stream", [True, False])
async def test_leaving_before_anything_came_closes_the_engines(stream: bool) -> None:
    async with served_app(StandInEngine(hang_after=0)) as served:
        with pytest.raises(httpx.ReadTimeout):
            await served.client.post("/v1/chat/completions", json=CHAT | {"stream": stream}, timeout=0.3)
        await until(lambda: served.engine.closed == 1, seconds=1)
        assert served.state.in_flight.count == 0


async def test_leaving_a_completion_of_several_prompts_closes_all_of_them() -> None:
    async with served_app(StandInEngine(hang_after=1)) as served:
        with pytest.raises(httpx.ReadTimeout):
            await served.client.post("/v1/completions", json={"prompt": ["a", "b", "c"]}, timeout=0.3)
        await until(lambda: served.engine.closed == 3, seconds=1)


async def test_draining_refuses_new_requests_and_lets_running_ones_finish() -> None:
    async with served_app(StandInEngine(script=["a"] * 50, delay=0.01)) as served:
        running = asyncio.create_task(served.chat(stream=True))
        await until(lambda: served.engine.opened == 1)
        draining = asyncio.create_task(served.state.in_flight.drain(10))
        await asyncio.sleep(0)
        refused = await served.chat()
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "server_shutting_down")
        assert "retry-after" in refused.headers
        assert (await served.client.get("/health")).json()["status"] == "stopping"
        assert (await running).text.endswith("data: [DONE]\n\n")
        await draining


@pytest.mark.parametrize("stream", [True, False])
async def test_the_drain_deadline_ends_what_is_left_with_an_error(stream: bool) -> None:
    async with served_app(StandInEngine(hang_after=1)) as served:
        running = asyncio.create_task(served.chat(stream=stream))
        await until(lambda: served.engine.opened == 1)
        await served.state.in_flight.drain(0.2)
        response = await running
        assert response.status_code == (200 if stream else 503)
        assert "server_shutting_down" in response.text
        assert "[DONE]" not in response.text
        assert served.engine.closed == 1
