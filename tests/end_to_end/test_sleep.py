"""Models that sleep when nobody needs them, on a process tree of their own."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import psutil
import pytest
from openai import OpenAI
from tests.end_to_end.running_server import START_SECONDS, RunningServer, running_server

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

MODELS = ("jobai-nano", "all-MiniLM-L6-v2")


@pytest.fixture(scope="module")
def drowsy() -> Iterator[RunningServer]:
    """A server whose models fall asleep after six seconds."""
    with running_server(WORKERS="2", JOBAI_SLEEP_SECONDS="6", JOBAI_PROBE_SECONDS="1") as server:
        yield server


@pytest.fixture
def http(drowsy: RunningServer) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=drowsy.url, headers=drowsy.headers, timeout=120) as client:
        yield client


@pytest.fixture
def client(drowsy: RunningServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=drowsy.base_url, api_key=drowsy.admin_key, max_retries=0, timeout=120) as client:
        yield client


def until(reached: Callable[[], object], server: RunningServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not reached():
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.05)


def states(http: httpx2.Client) -> dict[str, str]:
    return {name: model["state"] for name, model in http.get("/health").json()["models"].items()}


def used(http: httpx2.Client) -> dict[str, float]:
    """Bytes that each model's process holds."""
    found = re.findall(r'^jobai_engine_memory_bytes\{.*?kind="used".*\} .*$', http.get("/metrics").text, re.MULTILINE)
    return {name: float(line.split()[-1]) for line in found for name in MODELS if f'"{name}"' in line}


def fall_asleep(server: RunningServer, http: httpx2.Client) -> None:
    until(lambda: set(states(http).values()) == {"asleep"} and used(http) == dict.fromkeys(MODELS, 0.0), server)


def test_idle_models_give_their_memory_back_and_wake_for_a_request(
    drowsy: RunningServer, http: httpx2.Client, client: OpenAI
) -> None:
    for model in MODELS:  # the quick one may be asleep again before the other has started
        assert http.post(f"/v1/models/{model}/wake").json()["state"] == "ready"
        until(lambda model=model: used(http)[model] > 50 << 20, drowsy)  # type: ignore[misc]
    engines = [*drowsy.engines(), drowsy.embedding_engine()]
    fall_asleep(drowsy, http)
    until(lambda: not any(psutil.pid_exists(pid) for pid in engines if pid), drowsy)
    assert (drowsy.engines(), drowsy.embedding_engine()) == ([], None)
    health = http.get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "ok")

    answer = client.chat.completions.create(
        model="primary", messages=[{"role": "user", "content": "hello"}], max_tokens=4
    )
    assert answer.usage is not None
    assert answer.usage.completion_tokens
    until(lambda: used(http)["jobai-nano"] > 50 << 20, drowsy)  # the other web worker hears of it a little later
    assert used(http)["all-MiniLM-L6-v2"] == 0
    assert len(client.embeddings.create(model="embedding", input="hello").data[0].embedding) == 384
    restarts = {model["restarts"] for model in http.get("/health").json()["models"].values()}
    assert restarts == {0}


def test_many_requests_at_once_wake_it_once_and_all_are_answered(
    drowsy: RunningServer, http: httpx2.Client, client: OpenAI
) -> None:
    fall_asleep(drowsy, http)

    def streamed(number: int) -> str:
        chunks = client.chat.completions.create(
            model="primary", messages=[{"role": "user", "content": f"hello {number}"}], max_tokens=4, stream=True
        )
        return [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] or ""

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(streamed, range(8))) <= {"stop", "length"}
    assert len(drowsy.engines()) == 1


def test_an_administrator_decides(drowsy: RunningServer, http: httpx2.Client, client: OpenAI) -> None:
    created = http.post("/api-keys/create", json={"name": "c", "role": "client"}).json()["key"]
    for order in ("sleep", "wake"):
        refused = http.post(f"/v1/models/embedding/{order}", headers={"Authorization": f"Bearer {created}"})
        assert refused.status_code == 403
    assert http.post("/v1/models/embedding/wake").json()["state"] == "ready"
    assert http.post("/v1/models/all-MiniLM-L6-v2/sleep").json()["state"] == "asleep"
    until(lambda: drowsy.embedding_engine() is None, drowsy)
    assert client.embeddings.create(model="embedding", input="hello").data


def test_a_web_worker_that_comes_later_knows_who_sleeps(
    drowsy: RunningServer, http: httpx2.Client, client: OpenAI
) -> None:
    fall_asleep(drowsy, http)
    workers = drowsy.web_workers()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    until(lambda: len(set(drowsy.web_workers()) - set(workers)) == 2 and drowsy.health() == "ok", drowsy)
    assert set(states(http).values()) == {"asleep"}
    assert client.embeddings.create(model="embedding", input="hello").data
