"""GET /metrics of one web worker with a stand-in engine."""

from __future__ import annotations

import time

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import CHAT, ServedApp, served_app, until

from jobai_server.engines.catalog import EngineStatus

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def series(app: ServedApp) -> Series:
    """Every sample, by its name and labels."""
    reply = await app.client.get("/metrics")
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def value(found: Series, name: str, **labels: str) -> float:
    """The sum of all samples of that name that have these labels."""
    return sum(number for (one, have), number in found.items() if one == name and labels.items() <= dict(have).items())


async def test_a_chat_is_counted() -> None:
    async with served_app(StandInEngine()) as app:
        before = await series(app)
        usage = (await app.chat()).json()["usage"]
        assert (await app.chat(model="none")).status_code == 404
        after = await series(app)

    def gained(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert gained("jobai_tokens_total", kind="prompt", model="stand-in") == usage["prompt_tokens"]
    assert gained("jobai_tokens_total", kind="completion", model="stand-in") == usage["completion_tokens"]
    assert gained("jobai_time_to_first_token_seconds_count", route="/v1/chat/completions", model="stand-in") == 1
    assert gained("jobai_queue_wait_seconds_count", model="stand-in") == 1
    assert gained("jobai_refusals_total", code="model_not_found") == 1
    assert gained("http_requests_total", handler="/v1/chat/completions", method="POST", status="2xx") == 1
    assert gained("http_requests_total", handler="/v1/chat/completions", method="POST", status="4xx") == 1
    assert value(after, "jobai_engine_state", model="stand-in", state="ready") == 1
    assert value(after, "jobai_engine_state", model="stand-in", state="failed") == 0
    assert value(after, "jobai_disk_free_bytes") > 0


async def test_a_hang_up_is_no_refusal() -> None:
    async with served_app(StandInEngine(hang_after=1)) as app:
        before = await series(app)
        with pytest.raises(httpx.ReadTimeout):
            await app.client.post("/v1/chat/completions", json=CHAT | {"stream": True}, timeout=0.3)
        await until(lambda: app.state.in_flight.count == 0)
        after = await series(app)
    assert value(after, "jobai_refusals_total") == value(before, "jobai_refusals_total")


async def test_whatever_is_answered_is_counted_whoever_answers() -> None:
    defect = StandInEngine(fail_before=RuntimeError("a defect"))
    async with served_app(defect, max_body_bytes=1024, allowed_origins=("https://app.example",)) as app:
        before = await series(app)
        preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        answers = [
            await app.client.options("/v1/chat/completions", headers=preflight),
            await app.client.post("/nowhere", content=b"x"),
            await app.chat(user="x" * 2000),
            await app.chat(),
        ]
        after = await series(app)
        app.state.in_flight.draining = True
        answers.append(await app.chat())
        app.state.in_flight.draining = False
        drained = await series(app)
    assert [answer.status_code for answer in answers] == [200, 404, 413, 500, 503]

    def counted(found: Series, **labels: str) -> float:
        return value(found, "http_requests_total", **labels) - value(before, "http_requests_total", **labels)

    chat = "/v1/chat/completions"
    assert counted(after, method="OPTIONS", status="2xx") == 1
    assert counted(after, handler="none", method="POST", status="4xx") == 1
    assert counted(after, handler=chat, method="POST", status="4xx") == 1
    assert counted(after, handler=chat, method="POST", status="5xx") == 1
    assert counted(drained, handler=chat, method="POST", status="5xx") == 2


async def test_planned_memory_is_there_where_there_is_a_plan() -> None:
    async with served_app(StandInEngine()) as app:
        assert ("jobai_engine_memory_bytes", frozenset({("model", "stand-in"), ("kind", "planned")})) not in (
            await series(app)
        )
        app.state.catalog.entries["stand-in"].note(EngineStatus("ready", time.time(), planned_memory=3 << 30))
        assert value(await series(app), "jobai_engine_memory_bytes", model="stand-in", kind="planned") == 3 << 30


@pytest.mark.parametrize(("role", "status"), [("monitor", 200), ("admin", 200), ("client", 403)])
async def test_only_monitor_and_admin_keys_may_read(role: str, status: int) -> None:
    async with served_app(StandInEngine()) as app:
        created = await app.client.post("/api-keys/create", json={"name": "one", "role": role})
        reply = await app.client.get("/metrics", headers={"X-API-Key": created.json()["key"]})
        assert reply.status_code == status
        assert (await app.client.get("/metrics", headers={"X-API-Key": "none"})).status_code == 401
