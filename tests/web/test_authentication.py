"""Who gets in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, ServedApp, served_app


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine()) as served:
        served.client.headers.pop("X-API-Key")
        yield served


PROTECTED = [
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/stand-in"),
    ("GET", "/version"),
]


async def _ask(served: ServedApp, method: str, path: str, **headers: str) -> httpx.Response:
    return await served.client.request(method, path, headers=headers, json={} if method == "POST" else None)


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_every_route_but_health_needs_a_key(served: ServedApp, method: str, path: str) -> None:
    missing = await _ask(served, method, path)
    assert (missing.status_code, missing.json()["error"]["code"]) == (401, "missing_api_key")
    assert missing.headers["www-authenticate"] == "Bearer"
    wrong = await _ask(served, method, path, **{"X-API-Key": ADMIN_KEY[:-1]})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_health_needs_none(served: ServedApp) -> None:
    assert (await served.client.get("/health")).json()["status"] == "ok"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": ADMIN_KEY},
        {"Authorization": f"Bearer {ADMIN_KEY}"},
        {"Authorization": f"bearer {ADMIN_KEY}"},
        {"Authorization": f"Bearer {ADMIN_KEY}", "X-API-Key": ADMIN_KEY},
    ],
)
async def test_both_headers_open(served: ServedApp, headers: dict[str, str]) -> None:
    assert (await _ask(served, "GET", "/v1/models", **headers)).status_code == 200


async def test_two_different_keys_are_a_400(served: ServedApp) -> None:
    response = await _ask(served, "GET", "/v1/models", **{"Authorization": "Bearer other", "X-API-Key": ADMIN_KEY})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "conflicting_api_keys")


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer x", ADMIN_KEY, "Bearer \xe9\xff"])
async def test_other_forms_of_authorization_do_not(served: ServedApp, value: str) -> None:
    response = await served.client.get("/v1/models", headers=[(b"Authorization", value.encode("latin-1"))])
    assert response.status_code == 401


async def test_the_key_is_checked_before_the_fields_of_the_body(served: ServedApp) -> None:
    response = await served.client.post("/v1/chat/completions", json={"nonsense": 1})
    assert response.status_code == 401


async def test_a_key_in_the_query_does_not_count(served: ServedApp) -> None:
    assert (await served.client.get(f"/v1/models?api_key={ADMIN_KEY}")).status_code == 401
