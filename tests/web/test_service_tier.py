"""`service_tier`: who goes first, and what the answer says of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import CHAT, ServedApp, served_app

from jobai_server.engines.owner import Rank

ROUTES: list[tuple[str, dict[str, Any]]] = [("/v1/chat/completions", CHAT), ("/v1/completions", {"prompt": "a"})]


async def as_client(served: ServedApp, path: str, body: dict[str, Any]) -> httpx.Response:
    made = await served.client.post("/api-keys/create", json={"name": "someone", "role": "client"})
    return await served.client.post(path, json=body, headers={"X-API-Key": made.json()["key"]})


@pytest.mark.parametrize(("path", "body"), ROUTES)
@pytest.mark.parametrize(
    ("asked", "rank", "told"),
    [
        (None, Rank.DEFAULT, None),
        ("auto", Rank.DEFAULT, "default"),
        ("default", Rank.DEFAULT, "default"),
        ("flex", Rank.FLEX, "flex"),
        ("priority", Rank.DEFAULT, "default"),
    ],
)
async def test_a_client_can_only_step_back(
    path: str, body: dict[str, Any], asked: str | None, rank: Rank, told: str | None
) -> None:
    async with served_app(StandInEngine()) as served:
        response = await as_client(served, path, body | {"service_tier": asked})
        assert response.json().get("service_tier") == told
        response = await as_client(served, path, body | {"service_tier": asked, "stream": True})
        chunks = [json.loads(line[6:]) for line in response.text.split("\n\n")[:-2]]
        assert {chunk.get("service_tier") for chunk in chunks} == {told}
        assert [request.owner.rank for request in served.engine.requests] == [rank, rank]


async def test_administrators_go_first_unless_they_step_back() -> None:
    async with served_app(StandInEngine()) as served:
        assert "service_tier" not in (await served.chat()).json()
        assert (await served.chat(service_tier="auto")).json()["service_tier"] == "priority"
        assert (await served.chat(service_tier="flex")).json()["service_tier"] == "flex"
        ranks = [request.owner.rank for request in served.engine.requests]
    assert ranks == [Rank.PRIORITY, Rank.PRIORITY, Rank.FLEX]


async def test_an_unknown_tier_is_refused() -> None:
    async with served_app(StandInEngine()) as served:
        response = await served.chat(service_tier="turbo")
        assert response.status_code == 400
        assert response.json()["error"]["param"] == "service_tier"
        assert not served.engine.requests


async def test_requests_of_one_key_have_the_same_owner() -> None:
    async with served_app(StandInEngine()) as served:
        await served.chat()
        await served.client.post("/v1/completions", json={"prompt": ["a", "b"]})
        assert len({request.owner.key_id for request in served.engine.requests}) == 1
        await as_client(served, "/v1/completions", {"prompt": "a"})
        assert len({request.owner.key_id for request in served.engine.requests}) == 2
