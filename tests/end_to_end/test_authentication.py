"""Who may ask: every route but /health wants the key."""

from __future__ import annotations

import httpx2
import pytest
from openai import AsyncOpenAI, AuthenticationError, OpenAI
from tests.end_to_end.running_server import RunningServer

pytestmark = pytest.mark.engine


def test_a_wrong_key_is_refused(server: RunningServer) -> None:
    with (
        OpenAI(base_url=server.base_url, api_key="wrong", max_retries=0) as client,
        pytest.raises(AuthenticationError) as refused,
    ):
        client.models.list()
    assert refused.value.code == "invalid_api_key"
    assert refused.value.response.headers["www-authenticate"] == "Bearer"


async def test_the_asynchronous_client_is_refused_as_well(server: RunningServer) -> None:
    async with AsyncOpenAI(base_url=server.base_url, api_key="wrong", max_retries=0) as client:
        with pytest.raises(AuthenticationError):
            await client.completions.create(model="primary", prompt="Hello")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models"),
        ("GET", "/v1/models/primary"),
        ("GET", "/version"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/completions"),
    ],
)
def test_no_key_opens_nothing(server: RunningServer, method: str, path: str) -> None:
    # The body is a bad one: who has no key is not told so.
    reply = httpx2.request(method, f"{server.url}{path}", json={"no": "field"} if method == "POST" else None)
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "missing_api_key"
    assert reply.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_key_may_come_as_a_bearer_token(server: RunningServer, scheme: str) -> None:
    reply = httpx2.get(f"{server.base_url}/models", headers={"Authorization": f"{scheme} {server.admin_key}"})
    assert reply.status_code == 200


def test_the_key_may_come_in_a_header_of_its_own(server: RunningServer) -> None:
    reply = httpx2.get(f"{server.base_url}/models", headers={"X-API-Key": server.admin_key})
    assert reply.status_code == 200


def test_both_headers_may_hold_the_same_key(server: RunningServer) -> None:
    reply = httpx2.get(f"{server.base_url}/models", headers=server.headers | {"X-API-Key": server.admin_key})
    assert reply.status_code == 200


def test_two_different_keys_are_ambiguous(server: RunningServer) -> None:
    reply = httpx2.get(f"{server.base_url}/models", headers=server.headers | {"X-API-Key": "another"})
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "conflicting_api_keys"


@pytest.mark.parametrize("value", ["Basic dXNlcjpwYXNz", "Bearer", "é" * 40, "Bearer " + "x" * 4096])
def test_other_authorization_headers_open_nothing(server: RunningServer, value: str) -> None:
    reply = httpx2.get(f"{server.base_url}/models", headers={b"Authorization": value.encode()})
    assert reply.status_code == 401


def test_no_key_is_ever_logged(server: RunningServer) -> None:
    wrong = "a-key-that-opens-nothing-at-all-here"
    assert httpx2.get(f"{server.base_url}/models", headers={"X-API-Key": wrong}).status_code == 401
    assert httpx2.get(f"{server.base_url}/models", headers=server.headers).status_code == 200
    assert server.log()
    assert server.admin_key not in server.log()
    assert wrong not in server.log()
    assert wrong not in server.output()
