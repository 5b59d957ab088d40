"""Streams whose first token takes long."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from openai import AsyncOpenAI
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, served_app, until

from jobai_server.errors import Overloaded

COMMENT = ": keep-alive"


async def test_a_stream_that_waits_begins_with_comments() -> None:
    async with served_app(StandInEngine(delay=0.5), keep_alive_seconds=0.1) as served:
        response = await served.chat(stream=True)
    events = [event for event in response.text.split("\n\n") if event]
    comments = [event for event in events if event == COMMENT]
    assert len(comments) >= 2
    assert events[: len(comments)] == comments  # none once it has begun
    assert events[-1] == "data: [DONE]"


async def test_a_stream_that_does_not_wait_has_none() -> None:
    async with served_app(StandInEngine()) as served:
        assert COMMENT not in (await served.chat(stream=True)).text


async def test_the_official_client_skips_comments() -> None:
    async with served_app(StandInEngine(delay=0.3), keep_alive_seconds=0.1) as served:
        base_url = f"http://127.0.0.1:{served.port}/v1"
        async with AsyncOpenAI(base_url=base_url, api_key=ADMIN_KEY, max_retries=0) as client:
            stream = await client.chat.completions.create(
                model="stand-in", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert text == "Hello world!"


async def test_an_error_after_a_comment_is_an_event() -> None:
    engine = StandInEngine(script=(), delay=0.3, fail_after=Overloaded("Too late.", retry_after=5))
    engine.script = ("",)  # nothing to send before the error
    async with served_app(engine, keep_alive_seconds=0.1) as served:
        response = await served.client.post("/v1/completions", json={"prompt": "a", "stream": True})
        assert engine.closed == 1
    assert response.status_code == 200
    events = [event for event in response.text.split("\n\n") if event]
    assert set(events[:-1]) == {COMMENT}
    assert json.loads(events[-1].removeprefix("data: "))["error"]["code"] == "server_is_overloaded"


@pytest.mark.parametrize("keep_alive", [0.1, 10])
async def test_leaving_while_it_waits_closes_the_engines(keep_alive: float) -> None:
    async with served_app(StandInEngine(hang_after=0), keep_alive_seconds=keep_alive) as served:
        leaving = asyncio.create_task(served.chat(stream=True))
        await until(lambda: served.engine.opened == 1)
        await asyncio.sleep(0.3)
        leaving.cancel()
        await until(lambda: served.engine.closed == 1)
        await until(lambda: served.state.in_flight.count == 0)


async def test_the_drain_deadline_ends_a_stream_that_waits() -> None:
    async with served_app(StandInEngine(hang_after=0), keep_alive_seconds=0.1) as served:
        running: asyncio.Task[httpx.Response] = asyncio.create_task(served.chat(stream=True))
        await until(lambda: served.engine.opened == 1)
        await asyncio.sleep(0.3)
        await served.state.in_flight.drain(0.1)
        text = (await running).text
        assert served.engine.closed == 1
    assert COMMENT in text
    assert "server_shutting_down" in text
