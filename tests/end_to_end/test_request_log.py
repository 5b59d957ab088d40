"""What the real server's log says about requests."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2
import pytest
from tests.end_to_end.running_server import RunningServer

pytestmark = pytest.mark.engine


def test_a_request_is_one_json_line_with_its_times(server: RunningServer, http: httpx2.Client) -> None:
    reply = http.post(
        "/v1/chat/completions",
        json={"messages": [{"role": "user", "content": "hello there"}], "max_tokens": 3},
        headers={"x-request-id": "the-one-to-find"},
    )
    assert reply.status_code == 200
    entry = _entry(server, "the-one-to-find")
    assert (entry["route"], entry["status"], entry["model"]) == ("/v1/chat/completions", 200, reply.json()["model"])
    assert 0 <= entry["queue_ms"] <= entry["first_token_ms"] <= entry["total_ms"]
    assert entry["completion_tokens"] == reply.json()["usage"]["completion_tokens"]
    assert "hello there" not in server.log()


def _entry(server: RunningServer, request_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for line in server.log().splitlines():
            if request_id in line:
                entry: dict[str, Any] = json.loads(line)
                return entry
        time.sleep(0.05)
    raise AssertionError(f"no line about {request_id}")
