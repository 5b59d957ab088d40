"""Who gets in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import openai
import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, ServedApp, served_app

from jobai_server.auth import key_ring
from jobai_server.auth.api_key import new_api_key
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.key_rows import KeyFilter


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


@pytest.mark.parametrize("name", ["api_key", "API_KEY", "key", "token", "access_token"])
async def test_a_key_in_the_query_is_refused_with_the_reason(served: ServedApp, name: str) -> None:
    for path in ("/v1/models", "/v1/completions"):
        response = await served.client.get(f"{path}?{name}={ADMIN_KEY}")
        assert (response.status_code, response.json()["error"]["code"]) == (401, "api_key_in_query")
        assert "Authorization" in response.json()["error"]["message"]
        besides = await served.client.get(f"{path}?{name}={ADMIN_KEY}", headers={"X-API-Key": ADMIN_KEY})
        assert (besides.status_code, besides.json()["error"]["code"]) == (400, "api_key_in_query")
        assert ADMIN_KEY not in response.text + besides.text


async def test_a_key_in_the_query_is_known_by_its_form(served: ServedApp) -> None:
    response = await served.client.get("/v1/models", params={"q": new_api_key("0" * 12)})
    assert (response.status_code, response.json()["error"]["code"]) == (401, "api_key_in_query")


async def test_query_keys_are_for_one_route_where_they_are_allowed() -> None:
    async with served_app(StandInEngine(), allow_query_key=True) as served:
        served.client.headers.pop("X-API-Key")
        query = {"api_key": ADMIN_KEY, "prompt": "42", "max_tokens": "5", "temperature": "0.5"}
        response = await served.client.get("/v1/completions", params=query)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.text.endswith("data: [DONE]\n\n")
        [request] = served.engine.requests
        assert (bytes(request.prompt_token_ids), request.sampling.max_tokens) == (b"42", 5)
        same = await served.client.get("/v1/completions", params=query, headers={"X-API-Key": ADMIN_KEY})
        assert same.status_code == 200
        for path, changes, status, code in (
            ("/v1/models", {}, 401, "api_key_in_query"),
            ("/v1/completions", {"api_key": "wrong"}, 401, "invalid_api_key"),
            ("/v1/completions", {"max_tokens": "x"}, 400, "invalid_value"),
            ("/v1/completions", {"max_tokens": "0"}, 400, "integer_below_min_value"),
            ("/v1/completions", {"stream": "false"}, 400, "invalid_value"),
            ("/v1/completions", {"nonsense": "1"}, 400, "unknown_parameter"),
            ("/v1/completions", {"prompt": "a\0b"}, 400, "invalid_unicode"),
            ("/v1/completions", {"model": "none"}, 404, "model_not_found"),
        ):
            response = await served.client.get(path, params=query | changes)
            assert (response.status_code, response.json()["error"]["code"]) == (status, code)
        posted = await served.client.post(f"/v1/completions?api_key={ADMIN_KEY}", json={"prompt": "a"})
        assert posted.status_code == 401
        conflicting = await served.client.get("/v1/completions", params=query, headers={"X-API-Key": "other"})
        assert (conflicting.status_code, conflicting.json()["error"]["code"]) == (400, "conflicting_api_keys")


async def test_a_completion_by_get_takes_a_key_in_a_header_too(served: ServedApp) -> None:
    response = await served.client.get("/v1/completions?prompt=a", headers={"X-API-Key": ADMIN_KEY})
    assert response.headers["content-type"].startswith("text/event-stream")


async def test_every_refusal_is_the_right_class_in_the_official_client(served: ServedApp) -> None:
    access = served.state.access
    _, monitor = await access.create("tester", KeyFields(name="a", role="monitor"))
    _, expired = await access.create("tester", KeyFields(name="a", expires_at=1.0))
    _, revoked = await access.create("tester", KeyFields(name="a"))
    _, restricted = await access.create("tester", KeyFields(name="a", models=("another",)))
    await access.revoke("tester", revoked)
    cases: list[tuple[str, type[openai.APIStatusError], str]] = [
        ("wrong", openai.AuthenticationError, "invalid_api_key"),
        (expired, openai.AuthenticationError, "api_key_expired"),
        (revoked, openai.AuthenticationError, "api_key_revoked"),
        (monitor, openai.PermissionDeniedError, "permission_denied"),
        (restricted, openai.PermissionDeniedError, "permission_denied"),
    ]
    for key, error, code in cases:
        async with openai.AsyncOpenAI(base_url=f"{served.client.base_url}/v1", api_key=key, max_retries=0) as client:
            with pytest.raises(error) as caught:
                await client.chat.completions.create(model="stand-in", messages=[{"role": "user", "content": "hi"}])
            assert caught.value.code == code
    async with openai.AsyncOpenAI(base_url=str(served.client.base_url), api_key=ADMIN_KEY) as client:
        with pytest.raises(openai.NotFoundError):
            await client.delete("/api-keys/revoke/000000000000", cast_to=object)
        [admin] = [record for record in await access.list(KeyFilter()) if record.caller.role == "admin"]
        with pytest.raises(openai.ConflictError) as conflict:
            await client.delete(f"/api-keys/revoke/{admin.id}", cast_to=object)
        assert conflict.value.code == "last_admin_key"


async def test_keys_that_cannot_be_checked_are_a_503(served: ServedApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_ring, "STALE_SECONDS", -1.0)
    response = await _ask(served, "GET", "/v1/models", **{"X-API-Key": ADMIN_KEY})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "auth_unavailable")
    assert "retry-after" in response.headers
    assert (await served.client.get("/health")).status_code == 200


@pytest.mark.parametrize("name", ["X-API-Key", "Authorization"])
async def test_the_same_header_twice_with_different_keys_is_a_400(served: ServedApp, name: str) -> None:
    prefix = "Bearer " if name == "Authorization" else ""
    for first, second in ((ADMIN_KEY, "other"), ("other", ADMIN_KEY)):
        response = await served.client.get("/v1/models", headers=[(name, prefix + first), (name, prefix + second)])
        assert (response.status_code, response.json()["error"]["code"]) == (400, "conflicting_api_keys")
