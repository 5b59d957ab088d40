"""What keys have used, as the routes tell it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import CHAT, ServedApp, served_app, until

from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.usage import usage_counts, usage_writer
from jobai_server.auth.usage.usage_writer import UsageWriter
from jobai_server.errors import EngineDied

NOW = int(time.time())


@pytest.fixture(autouse=True)
def _one_hour_and_one_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No hour ends inside a test, and only the test itself stores what was used."""
    monkeypatch.setattr(usage_counts, "time", SimpleNamespace(time=lambda: NOW))
    monkeypatch.setattr(usage_writer, "FLUSH_SECONDS", 3600)


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine()) as served:
        yield served


async def new_key(served: ServedApp) -> tuple[str, dict[str, str]]:
    record, key = await served.state.access.create("test", KeyFields(name="used"))
    return record.id, {"X-API-Key": key}


async def used(served: ServedApp, key: dict[str, str], **query: Any) -> dict[str, Any]:
    """The caller's own usage, everything that has ended included."""
    await UsageWriter(served.state.access.store.database, served.state.usage).flush()
    response = await served.client.get("/v1/usage", headers=key, params=query)
    assert response.status_code == 200
    return dict(response.json())


async def ask(served: ServedApp, key: dict[str, str], **changes: Any) -> httpx.Response:
    return await served.client.post("/v1/chat/completions", json=CHAT | changes, headers=key)


async def test_usage_is_summed_by_model_route_and_hour(served: ServedApp) -> None:
    key_id, key = await new_key(served)
    await ask(served, key)
    await ask(served, key, stream=True, model="also-stand-in")
    await ask(served, key, nonsense=1)
    await served.client.post("/v1/completions", json={"prompt": ["a", "b"]}, headers=key)
    report = await used(served, key)
    assert report["key"] == key_id
    rows = {(row["model"], row["route"]): row for row in report["data"]}
    chats = rows["stand-in", "/v1/chat/completions"]
    assert (chats["requests"], chats["errors"]) == (2, 0)
    assert (chats["prompt_tokens"], chats["completion_tokens"], chats["total_tokens"]) == (4, 6, 10)
    assert 0 < chats["latency_seconds"] < 60
    assert chats["start_time"] == NOW // 3600 * 3600
    refused = rows[None, "/v1/chat/completions"]
    assert (refused["requests"], refused["errors"], refused["total_tokens"]) == (1, 1, 0)
    completions = rows["stand-in", "/v1/completions"]
    assert (completions["requests"], completions["prompt_tokens"], completions["completion_tokens"]) == (1, 2, 6)
    assert report["total"]["requests"] == 4
    assert report["total"]["total_tokens"] == 18


async def test_an_admin_sees_the_usage_of_every_key_and_a_client_only_its_own(served: ServedApp) -> None:
    key_id, key = await new_key(served)
    await ask(served, key)
    own = await used(served, key)
    for name in (key_id, key["X-API-Key"]):
        report = (await served.client.get(f"/api-keys/usage/{name}")).json()
        assert report["data"] == own["data"]
    assert (await served.client.get(f"/api-keys/usage/{key_id}", headers=key)).status_code == 403
    unknown = await served.client.get("/api-keys/usage/nobody")
    assert unknown.status_code == 404


async def test_a_key_in_the_path_is_kept_nowhere(served: ServedApp) -> None:
    _, key = await new_key(served)
    await served.client.get(f"/api-keys/usage/{key['X-API-Key']}")
    sums = served.state.usage.take()
    served.state.usage.put_back(sums)
    assert "/api-keys/usage/{key:path}" in {slot.route for slot in sums}


async def test_a_broken_stream_is_an_error_with_the_tokens_it_had() -> None:
    async with served_app(StandInEngine(fail_after=EngineDied("gone"))) as served:
        _, key = await new_key(served)
        assert (await ask(served, key, stream=True)).status_code == 200
        [row] = (await used(served, key))["data"]
        assert (row["errors"], row["prompt_tokens"], row["completion_tokens"]) == (1, 2, 3)


async def test_a_hang_up_is_no_error_and_pays_for_what_was_written() -> None:
    async with served_app(StandInEngine(hang_after=2)) as served:
        _, key = await new_key(served)
        with pytest.raises(httpx.ReadTimeout):
            await served.client.post("/v1/chat/completions", json=CHAT, headers=key, timeout=2)
        await until(lambda: served.engine.closed == 1)
        await until(lambda: bool(served.state.usage._sums))
        [row] = (await used(served, key))["data"]
        assert (row["requests"], row["errors"], row["completion_tokens"]) == (1, 0, 2)


async def test_the_period_asked_for(served: ServedApp) -> None:
    _, key = await new_key(served)
    await ask(served, key)
    assert len((await used(served, key, start_time=NOW))["data"]) >= 1  # the whole hour
    assert (await used(served, key, start_time=NOW - 9000, end_time=NOW - 7200))["data"] == []


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"start_time": "x"}, "start_time"),
        ({"end_time": "1e9"}, "end_time"),
        ({"end_time": "-5"}, "end_time"),
        ({"start_time": "9" * 15}, "start_time"),
        ({"start_time": "10000", "end_time": "10"}, "start_time"),
        ({"start_time": "0", "end_time": "99999999"}, "start_time"),
        ({"hours": "1"}, "hours"),
    ],
)
async def test_a_period_that_makes_no_sense_is_refused(served: ServedApp, query: dict[str, str], param: str) -> None:
    answer = await served.client.get("/v1/usage", params=query)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
