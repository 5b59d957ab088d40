"""Two web workers count together what one counts alone."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.end_to_end.running_server import RunningServer, running_server

pytestmark = pytest.mark.engine

Counters = dict[tuple[str, frozenset[tuple[str, str]]], float]

CHAT = {"messages": [{"role": "user", "content": "What does a nurse do?"}], "max_tokens": 8, "temperature": 0}
TEXT = {"text": "We are hiring a nurse.", "categories": ["job_posting", "resume"], "prior_correction": False}
REQUESTS: list[tuple[str, dict[str, Any], int]] = [
    ("/v1/chat/completions", CHAT, 200),
    ("/v1/chat/completions", CHAT | {"stream": True}, 200),
    ("/v1/embeddings", {"input": ["one", "two words"]}, 200),
    # Not corrected: every worker works out a prior once itself, and vLLM counts the tokens of each.
    ("/v1/classifications", TEXT, 200),
    ("/v1/chat/completions", {"messages": []}, 400),
    ("/v1/nothing", {}, 404),
]
ROUNDS = 3


@pytest.fixture(scope="module")
def lone_worker() -> Iterator[RunningServer]:
    with running_server(WORKERS="1") as server:
        yield server


def test_two_workers_count_what_one_does(server: RunningServer, lone_worker: RunningServer) -> None:
    expected = gains(lone_worker, workers=1)
    assert expected["http_requests_total", labels(handler="none", method="POST", status="4xx")] == 2 * ROUNDS
    assert expected["jobai_classified_texts_total", labels(model="jobai-nano")] == 2 * ROUNDS
    assert expected["vllm:request_success_total", labels(model_name="jobai-nano", finished_reason="length")] >= ROUNDS
    assert gains(server, workers=2) == expected


def gains(server: RunningServer, workers: int) -> Counters:
    """What is counted while two connections send every request in turn, each to its own worker if there are two."""
    with contextlib.ExitStack() as stack:
        pair = connections(server, workers, stack)
        send_all(pair, "warm")  # so that the engine's cache holds the same in both servers
        before = settled(pair[0])
        for number in range(ROUNDS):
            send_all(pair, f"counted-{number}")
        after = settled(pair[0])
        served_by = {process_of(server, f"counted-{number}-{one}-0") for number in range(ROUNDS) for one in (0, 1)}
        assert len(served_by) == workers
    return {one: number - before.get(one, 0) for one, number in after.items() if number != before.get(one, 0)}


def connections(server: RunningServer, workers: int, stack: contextlib.ExitStack) -> list[httpx2.Client]:
    """Two that are kept, to as many workers."""
    found: dict[int, list[httpx2.Client]] = {}
    for number in itertools.count():
        client = stack.enter_context(httpx2.Client(base_url=server.url, headers=server.headers, timeout=60))
        name = f"connection-{number}"
        client.get("/version", headers={"x-request-id": name}).raise_for_status()
        found.setdefault(process_of(server, name), []).append(client)
        if len(found) == workers and number > 0:
            break
        assert number < 200, f"every connection went to {found.keys()}"
    return [client for of_worker in found.values() for client in of_worker[: 2 // workers]]


def process_of(server: RunningServer, request_id: str) -> int:
    """Of the worker that answered, by its log, where the line comes a little after the answer."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for line in server.log().splitlines():
            if f'"request_id": "{request_id}"' in line:
                return int(json.loads(line)["process"])
        time.sleep(0.05)
    raise AssertionError(f"no line about {request_id}")


def send_all(pair: list[httpx2.Client], name: str) -> None:
    for number, (path, body, status) in enumerate(REQUESTS):
        for one, client in enumerate(pair):
            reply = client.post(path, json=body, headers={"x-request-id": f"{name}-{one}-{number}"})
            assert reply.status_code == status, reply.text


def settled(client: httpx2.Client) -> Counters:
    """The counters once they stay as they are: the engine reports a little later than it answers."""
    deadline = time.monotonic() + 30
    before = counters(client)
    while time.monotonic() < deadline:
        time.sleep(1)
        if (now := counters(client)) == before:
            return now
        before = now
    raise AssertionError("the counters do not come to rest")


def counters(client: httpx2.Client) -> Counters:
    """All that only grow, and how often our own histograms and those of HTTP were fed."""
    found: Counters = {}
    for family in text_string_to_metric_families(client.get("/metrics").raise_for_status().text):
        for sample in family.samples:
            if is_compared(sample.name, sample.labels):
                of = sample.name, labels(**sample.labels)
                found[of] = found.get(of, 0) + sample.value
    return found


def is_compared(name: str, of: dict[str, str]) -> bool:
    if of.get("handler") in ("/metrics", "/version"):
        return False  # the test's own looks, of which it may need more here than there
    if name.startswith("http_request_duration_highr"):
        return False  # has no label that says which of these it counts
    if name.startswith("jobai_event_loop_lag"):
        return False  # every worker takes its own samples, however many requests there are
    return name.endswith("_total") or (name.endswith("_count") and name.startswith(("jobai_", "http_")))


def labels(**of: str) -> frozenset[tuple[str, str]]:
    """Without those that differ from server to server (a key's id) or say the same everywhere (the engine's number)."""
    return frozenset((name, value) for name, value in of.items() if name not in ("key_id", "engine"))
