"""The routes with a stand-in engine: what reaches the engine, and how models are named."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ServedApp, served_app

from jobai_server.engines.catalog import EngineStatus, Failure


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine()) as served:
        yield served


@pytest.mark.parametrize("model", [None, "stand-in", "also-stand-in", "primary"])
async def test_a_model_is_found_by_each_of_its_names(served: ServedApp, model: str | None) -> None:
    response = await served.chat(**({} if model is None else {"model": model}))
    assert response.status_code == 200
    assert response.json()["model"] == "stand-in"


@pytest.mark.parametrize("model", ["other", "../../etc/passwd", "http://127.0.0.1/", "x" * 256])
async def test_an_unknown_model_is_a_404_that_names_the_field(served: ServedApp, model: str) -> None:
    response = await served.chat(model=model)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert "x" * 65 not in error["message"]


async def test_a_model_that_is_restarting_is_a_503_with_retry_after(served: ServedApp) -> None:
    entry = served.state.catalog.entries["stand-in"]
    entry.engine, entry.status = (
        None,
        EngineStatus("restarting", 0.0, 1, "it died", last_failure=Failure(7.0, "it fell")),
    )
    response = await served.chat()
    assert (response.status_code, response.json()["error"]["code"]) == (503, "model_unavailable")
    assert int(response.headers["retry-after"]) >= 1
    health = await served.client.get("/health")
    assert health.status_code == 503
    model = health.json()["models"]["stand-in"]
    assert (model["restarts"], model["last_failure"]) == (1, {"at": 7.0, "reason": "it fell"})


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/"])
async def test_head_is_answered_as_get_without_the_body(served: ServedApp, path: str) -> None:
    entry = served.state.catalog.entries["stand-in"]
    for state in ("ready", "failed"):
        entry.status = EngineStatus(state, 0.0)
        head = await served.client.head(path)
        get = await served.client.get(path)  # on the same connection: a body would be taken for its answer
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
    assert (get.status_code == 503) == (path in ("/health", "/health/ready"))


async def test_head_goes_nowhere_else(served: ServedApp) -> None:
    for path in ("/v1/models", "/metrics", "/version", "/page/page.js"):
        assert (await served.client.head(path)).status_code == 405


async def test_a_misspelt_field_is_named_with_the_right_spelling(served: ServedApp) -> None:
    error = (await served.chat(tempratur=1)).json()["error"]
    assert error["param"] == "tempratur"
    assert "Did you mean 'temperature'?" in error["message"]


async def test_a_completion_is_raw_without_a_system_message_and_a_chat_with_one(served: ServedApp) -> None:
    raw = await served.client.post("/v1/completions", json={"prompt": "ab"})
    assert raw.status_code == 200
    assert (served.engine.requests[0].prompt_token_ids, served.engine.conversations) == ([97, 98], [])
    assert served.engine.requests[0].sampling.max_tokens == 16
    await served.client.post("/v1/completions", json={"prompt": "ab", "system_message": "s"})
    roles = [message["role"] for message in served.engine.conversations[0].messages]
    assert roles == ["system", "user"]
    assert served.engine.requests[1].sampling.max_tokens == 256


async def test_token_ids_that_are_control_tokens_are_refused(served: ServedApp) -> None:
    response = await served.client.post("/v1/completions", json={"prompt": [5, 0]})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "prompt")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "unknown_url"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
        ("GET", "/docs", 404, "unknown_url"),
        ("GET", "/openapi.json", 404, "unknown_url"),
    ],
)
async def test_unknown_urls_and_methods_have_the_usual_shape(
    served: ServedApp, method: str, path: str, status: int, code: str
) -> None:
    response = await served.client.request(method, path)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_there_are_no_cors_headers_unless_configured(served: ServedApp) -> None:
    response = await served.client.get("/health", headers={"Origin": "https://evil.example"})
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_configured_origins_may_stream_from_a_browser() -> None:
    async with served_app(StandInEngine(), allowed_origins=("https://app.example",)) as served:
        preflight = await served.client.options(
            "/v1/chat/completions",
            headers={
                "Origin": "https://app.example",
                "Access-Control-Request-Method": "POST",
                # What OpenAI's client for JavaScript sends.
                "Access-Control-Request-Headers": "authorization,content-type,x-stainless-lang,x-stainless-retry-count",
            },
        )
        assert preflight.status_code == 200
        assert "x-stainless-retry-count" in preflight.headers["access-control-allow-headers"]
        assert preflight.headers["access-control-allow-origin"] == "https://app.example"
        other = await served.client.get("/health", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


async def test_a_browser_sees_whether_to_try_again() -> None:
    async with served_app(StandInEngine(), allowed_origins=("https://app.example",)) as served:
        entry = served.state.catalog.entries["stand-in"]
        entry.engine, entry.status = None, EngineStatus("restarting", 0.0)
        served.client.headers["origin"] = "https://app.example"
        refused = await served.client.post("/v1/models/stand-in/sleep")
        unavailable = await served.chat()
    assert refused.headers["x-should-retry"] == "false"
    for answer in (refused, unavailable):
        exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
        advice = {"x-should-retry", "retry-after", "retry-after-ms"} & set(answer.headers)
        assert advice
        assert advice <= set(exposed)
