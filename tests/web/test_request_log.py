"""One line in the log for every request, and what it says."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import served_app, until

from jobai_server.errors import EngineDied
from jobai_server.logs import JsonFormatter, TextFormatter, log_fields


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(JsonFormatter().format(record)) for record in self.records]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if entry["message"] == "request"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    logger = logging.getLogger("jobai_server.web.request_record")
    handler, level = Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


async def test_a_chat_is_one_line_with_its_figures(lines: Lines) -> None:
    async with served_app(StandInEngine()) as app:
        reply = await app.client.post(
            "/v1/chat/completions",
            json={"messages": [{"role": "user", "content": "do not log me"}]},
            headers={"x-request-id": "mine-1"},
        )
        await until(lambda: lines.records)
    [entry] = lines.requests
    usage = reply.json()["usage"]
    assert reply.headers["x-request-id"] == "mine-1"
    assert int(reply.headers["openai-processing-ms"]) <= entry["total_ms"]
    assert {name: entry[name] for name in ("request_id", "method", "route", "status", "model", "level")} == {
        "request_id": "mine-1",
        "method": "POST",
        "route": "/v1/chat/completions",
        "status": 200,
        "model": "stand-in",
        "level": "info",
    }
    assert (entry["prompt_tokens"], entry["completion_tokens"]) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert entry["queue_ms"] == 0
    assert entry["first_token_ms"] <= entry["total_ms"]
    assert entry["key_id"]
    assert "do not log me" not in json.dumps(entry)


async def test_prompts_are_logged_with_debug_only(lines: Lines) -> None:
    logging.getLogger("jobai_server.web.request_record").setLevel(logging.DEBUG)
    async with served_app(StandInEngine()) as app:
        await app.chat(messages=[{"role": "user", "content": "log me"}])
        await until(lambda: lines.records)
    assert "log me" in lines.requests[0]["body"]


async def test_a_stream_that_fails_says_why(lines: Lines) -> None:
    engine = StandInEngine()
    engine.fail_after = EngineDied("gone")
    async with served_app(engine) as app:
        reply = await app.chat(stream=True)
        assert "gone" in reply.text
        await until(lambda: lines.records)
    assert (lines.requests[0]["status"], lines.requests[0]["error"]) == (200, "engine_restarting")


@pytest.mark.parametrize(
    ("path", "status", "error"), [("/v1/nothing", 404, "unknown_url"), ("/v1/models/none", 404, "model_not_found")]
)
async def test_refusals_are_lines_too(lines: Lines, path: str, status: int, error: str) -> None:
    async with served_app(StandInEngine()) as app:
        await app.client.get(path)
        await until(lambda: lines.records)
    [entry] = lines.requests
    assert (entry["status"], entry["error"]) == (status, error)
    assert ("path" in entry) == (error == "unknown_url")


async def test_probes_are_not_worth_a_line(lines: Lines) -> None:
    async with served_app(StandInEngine()) as app:
        await app.client.get("/health")
        await app.client.get("/v1/models")
        await until(lambda: lines.records)
    assert [entry["route"] for entry in lines.requests] == ["/v1/models"]


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_an_entry_is_one_line_without_secrets(formatter: logging.Formatter) -> None:
    logger, handler = logging.Logger("one"), Lines()
    logger.addHandler(handler)
    key = "jobai_0123456789AB_secretsecretsecretsecret"
    log_fields(logger, logging.INFO, "request", {"path": f"/a\nb {key}", "status": 404})
    [line] = [formatter.format(record) for record in handler.records]
    assert "\n" not in line
    assert "secretsecret" not in line
    assert "404" in line
