"""Engines that hang, and requests that engines do not survive, on a process tree of their own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from tests.end_to_end.failing_worker import LONGEST_PROMPT
from tests.end_to_end.running_server import START_SECONDS, RunningServer, running_server
from tests.end_to_end.vocabulary import endless

ROOT = Path(__file__).parents[2]
IN_THE_BATCH = "vllm:num_requests_running"  # vLLM's own gauge

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that gives a silent engine six seconds, and whose engine does not survive long prompts."""
    models = yaml.safe_load((ROOT / "configs" / "embedded.yaml").read_text())
    models["primary_model"]["engine_args"]["worker_cls"] = "tests.end_to_end.failing_worker.FailingWorker"
    config = tmp_path_factory.mktemp("failing") / "config.yaml"
    config.write_text(yaml.safe_dump(models))
    with running_server(
        WORKERS="2",
        JOBAI_STALL_SECONDS="6",
        JOBAI_PROBE_SECONDS="1",
        CONFIG_FILE=str(config),
        PYTHONPATH=str(ROOT),
    ) as server:
        yield server


@pytest.fixture
def http(impatient: RunningServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=impatient.url, headers=impatient.headers, timeout=120) as client:
        yield client


def nano(http: httpx2.Client) -> dict[str, Any]:
    model: dict[str, Any] = http.get("/health").json()["models"]["jobai-nano"]
    return model


def until(reached: Callable[[], object], server: RunningServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not reached():
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.05)


def test_health_says_what_there_is_to_know(impatient: RunningServer, http: httpx2.Client) -> None:
    until(lambda: "last_probe" in nano(http), impatient)
    health = http.get("/health").json()
    assert health["status"] == "ok"
    assert {"version", "uptime_seconds"} <= health.keys()
    assert set(health["models"]) == {"jobai-nano", "all-MiniLM-L6-v2"}
    model = nano(http)
    assert (model["state"], model["restarts"], model["queue"]) == ("ready", 0, {"waiting": 0, "running": 0})
    assert model["last_probe"]["ok"] is True
    assert http.get("/health/live", headers={}).json() == {"status": "ok"}
    assert http.get("/health/ready").status_code == 200


def test_an_idle_engine_that_hangs_is_replaced(impatient: RunningServer, http: httpx2.Client) -> None:
    [engine] = impatient.engines()
    restarts = nano(http)["restarts"]
    os.kill(engine, signal.SIGSTOP)
    until(lambda: nano(http)["restarts"] > restarts and nano(http)["state"] == "ready", impatient)
    assert engine not in impatient.engines()
    assert "a probe failed" in impatient.log() or "it is stuck" in impatient.log()
    assert _short(http) == 200


def test_a_request_to_a_hanging_engine_gets_an_error_and_the_next_one_an_answer(
    impatient: RunningServer, http: httpx2.Client
) -> None:
    [engine] = impatient.engines()
    os.kill(engine, signal.SIGSTOP)
    reply = http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2})
    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == "engine_restarting"
    until(lambda: nano(http)["state"] == "ready", impatient)
    assert _short(http) == 200


def test_a_request_that_is_there_at_two_ends_is_refused_from_then_on(
    impatient: RunningServer, http: httpx2.Client
) -> None:
    messages = [{"role": "user", "content": "Write a job description for a Nurse"}]
    body = {"messages": messages, "max_tokens": 1500, "n": 8, "logit_bias": endless()}
    for _ in range(2):
        until(lambda: nano(http)["state"] == "ready", impatient)
        with http.stream("POST", "/v1/chat/completions", json={**body, "stream": True}) as stream:
            assert stream.status_code == 200, stream.read()
            lines = stream.iter_lines()
            next(lines)
            until(lambda: impatient.metrics()[IN_THE_BATCH], impatient)
            [engine] = impatient.engines()
            os.kill(engine, signal.SIGKILL)
            assert "engine_restarting" in "".join(lines)
        until(lambda: nano(http)["state"] != "ready", impatient)
        until(lambda: impatient.metrics()[IN_THE_BATCH] == 0, impatient)
        assert nano(http)["state"] != "ready"  # not because there is a new engine
    until_every_worker_answers(impatient)
    for _ in range(4):  # by either worker
        with httpx2.Client(base_url=impatient.url, headers=impatient.headers, timeout=60) as fresh:
            refused = fresh.post("/v1/chat/completions", json=body)
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "request_ends_engine")
            assert _short(fresh) == 200


def test_a_request_that_breaks_the_engine_twice_is_refused_from_then_on(
    impatient: RunningServer, http: httpx2.Client
) -> None:
    body = {"prompt": [300] * (LONGEST_PROMPT + 1), "max_tokens": 1}
    for _ in range(2):
        until(lambda: nano(http)["state"] == "ready", impatient)
        restarts = nano(http)["restarts"]
        broken = http.post("/v1/completions", json=body)
        assert (broken.status_code, broken.json()["error"]["code"]) == (503, "engine_restarting")
        until(lambda restarts=restarts: nano(http)["restarts"] > restarts, impatient)  # type: ignore[misc]
    until_every_worker_answers(impatient)
    assert nano(http)["last_failure"]["reason"] == "the engine failed: RuntimeError: this prompt is too much"
    for _ in range(4):  # by either worker
        with httpx2.Client(base_url=impatient.url, headers=impatient.headers, timeout=60) as fresh:
            refused = fresh.post("/v1/completions", json=body)
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "request_ends_engine")
            assert _short(fresh) == 200


def until_every_worker_answers(server: RunningServer) -> None:
    def answers() -> set[int]:
        statuses = set()
        for _ in range(6):  # on new connections, so that both workers get some
            with httpx2.Client(base_url=server.url, headers=server.headers, timeout=60) as fresh:
                statuses.add(_short(fresh))
        return statuses

    until(lambda: answers() == {200}, server)


def _short(http: httpx2.Client) -> int:
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    return http.post("/v1/chat/completions", json=body).status_code
