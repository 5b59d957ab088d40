"""GET /v1/models, /v1/models/{id}, /health and /version."""

from __future__ import annotations

from importlib import metadata

import httpx2
import pytest
from openai import AsyncOpenAI, NotFoundError, OpenAI
from tests.end_to_end.running_server import RunningServer
from tests.end_to_end.vocabulary import MODEL

pytestmark = pytest.mark.engine


def test_the_served_models_are_listed(client: OpenAI) -> None:
    models = client.models.list().data
    assert MODEL in [model.id for model in models]
    assert {model.object for model in models} == {"model"}
    assert {model.owned_by for model in models} == {"jobai-server"}


async def test_every_listed_model_can_be_retrieved(async_client: AsyncOpenAI) -> None:
    async for model in async_client.models.list():
        assert await async_client.models.retrieve(model.id) == model


def test_a_role_is_a_name_of_the_model_that_plays_it(client: OpenAI) -> None:
    for role in ("primary", "classification"):
        assert client.models.retrieve(role).to_dict()["root"] == MODEL
        answer = client.chat.completions.create(
            model=role, messages=[{"role": "user", "content": "Hello"}], max_tokens=1
        )
        assert answer.model == MODEL


def test_a_request_without_a_model_goes_to_the_role_of_its_route(http: httpx2.Client) -> None:
    for path, body in (
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}),
        ("/v1/completions", {"prompt": "Hello", "max_tokens": 1}),
    ):
        assert http.post(path, json=body).json()["model"] == MODEL


def test_an_unknown_model_is_not_found(client: OpenAI) -> None:
    with pytest.raises(NotFoundError) as refused:
        client.models.retrieve("no-such-model")
    assert refused.value.code == "model_not_found"
    with pytest.raises(NotFoundError) as refused:
        client.completions.create(model="../../etc/passwd", prompt="Hello")
    assert refused.value.param == "model"


def test_health_needs_no_key_and_names_every_models_state(server: RunningServer) -> None:
    reply = httpx2.get(f"{server.url}/health")
    assert reply.status_code == 200
    health = reply.json()
    assert health["status"] == "ok"
    assert health["uptime_seconds"] > 0
    assert health["models"][MODEL]["state"] == "ready"
    assert health["models"][MODEL]["restarts"] == 0
    assert health["models"][MODEL]["roles"] == ["primary", "classification"]


def test_version_names_the_server_and_its_vllm(http: httpx2.Client) -> None:
    versions = http.get("/version").json()
    assert versions["version"] == metadata.version("jobai-server")
    assert versions["vllm"].startswith("0.32.")


def test_version_needs_a_key(server: RunningServer) -> None:
    assert httpx2.get(f"{server.url}/version").status_code == 401
