"""The embedding engine in the process tree: it is there, it is listed, and it comes back."""

from __future__ import annotations

import math
import os
import secrets
import signal
import time

import httpx2
import psutil
import pytest
from openai import BadRequestError, OpenAI
from tests.end_to_end.running_server import START_SECONDS, RunningServer

pytestmark = pytest.mark.engine

MODEL = "all-MiniLM-L6-v2"


def test_one_embedding_process_is_ready_and_listed(server: RunningServer, client: OpenAI, http: httpx2.Client) -> None:
    process = server.embedding_engine()
    assert psutil.Process(process).ppid() == server.pid
    assert http.get(f"{server.url}/health").json()["models"][MODEL]["state"] == "ready"
    model = client.models.retrieve(MODEL).model_dump()
    assert (model["max_model_len"], model["roles"]) == (256, ["embedding"])


@pytest.mark.parametrize("name", [MODEL, "embedding"])
def test_chat_with_the_embedding_model_is_told_its_routes(client: OpenAI, name: str) -> None:
    with pytest.raises(BadRequestError, match="/v1/embeddings") as refused:
        client.chat.completions.create(model=name, messages=[{"role": "user", "content": "Hi"}])
    assert (refused.value.param, refused.value.code) == ("model", "model_not_supported")


def cosine(one: list[float], other: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def test_near_texts_have_near_vectors(client: OpenAI) -> None:
    texts = ["Senior Python developer", "Experienced software engineer, Python", "Night nurse for a hospital"]
    answer = client.embeddings.create(model=MODEL, input=texts)
    python, engineer, nurse = (item.embedding for item in answer.data)
    assert len(python) == 384
    assert math.isclose(math.fsum(value * value for value in python), 1, abs_tol=1e-3)
    assert cosine(python, engineer) > 2 * cosine(python, nurse)


def embeds(server: RunningServer, connection: httpx2.Client) -> int:
    # A new text every time: one that is there at two ends of the engine is refused.
    body = {"model": MODEL, "input": f"Nurse {secrets.token_hex(8)}"}
    return connection.post(f"{server.base_url}/embeddings", json=body).status_code


def until_recovered(server: RunningServer, connection: httpx2.Client, dead: int) -> None:
    """Until a new process has taken the place of a dead one and every worker embeds with it."""
    deadline = time.monotonic() + START_SECONDS
    while server.embedding_engine() in {None, dead} or {embeds(server, connection) for _ in range(8)} != {200}:
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_embedding_engine_that_dies_or_hangs_is_replaced_and_nothing_else_is_touched(
    server: RunningServer, number: signal.Signals
) -> None:
    untouched = server.engines(), set(server.web_workers())
    victim = server.embedding_engine()
    assert victim is not None
    process = psutil.Process(victim)
    # Without keep-alive every request is a connection of its own, so that both workers get some.
    headers = {**server.headers, "Connection": "close"}
    with httpx2.Client(headers=headers, timeout=60) as connection:
        assert embeds(server, connection) == 200
        os.kill(victim, number)
        # What reaches the dead or hung engine ends with a 503 as soon as that is known, and never hangs on.
        assert embeds(server, connection) == 503
        until_recovered(server, connection, victim)
    assert not process.is_running()
    assert (server.engines(), set(server.web_workers())) == untouched
