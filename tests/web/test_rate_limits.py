"""Limits of keys and of guessing, through the front door."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI, RateLimitError
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import CHAT, ServedApp, served_app, until

from jobai_server.auth.key_fields import KeyFields
from jobai_server.errors import EngineDied


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine()) as served:
        yield served


async def limited(served: ServedApp, **limits: Any) -> dict[str, str]:
    """A new client key with these limits, as headers; its id is the name of the second."""
    record, key = await served.state.access.create("test", KeyFields(name="limited", **limits))
    return {"X-API-Key": key, "X-Test-Key-Id": record.id}


async def ask(served: ServedApp, key: dict[str, str], **changes: Any) -> httpx.Response:
    return await served.client.post("/v1/chat/completions", json=CHAT | changes, headers=key)


def tokens_left(response: httpx.Response) -> int:
    return int(response.headers["x-ratelimit-remaining-tokens"])


async def test_exactly_the_limit_of_a_thousand_parallel_requests_is_admitted(served: ServedApp) -> None:
    key = await limited(served, rate_limit=100)
    head = f"GET /v1/models HTTP/1.1\r\nHost: test\r\nX-API-Key: {key['X-API-Key']}\r\nConnection: close\r\n\r\n"
    everyone_is_here = asyncio.Barrier(250)

    async def statuses() -> list[int]:
        """Four requests, one after another, together with everybody else's."""
        await everyone_is_here.wait()
        return [await _status(served.port, head.encode()) for _ in range(4)]

    answers = [status for group in await asyncio.gather(*(statuses() for _ in range(250))) for status in group]
    assert (answers.count(200), answers.count(429)) == (100, 900)


async def _status(port: int, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(b" ", 2)[1])


async def test_one_request_too_many(served: ServedApp) -> None:
    key = await limited(served, rate_limit=2)
    first, second, third = [await ask(served, key) for _ in range(3)]
    assert [first.status_code, second.status_code, third.status_code] == [200, 200, 429]
    assert [one.headers["x-ratelimit-remaining-requests"] for one in (first, second, third)] == ["1", "0", "0"]
    for answer in (first, second, third):
        assert answer.headers["x-ratelimit-limit-requests"] == "2"
        assert re.fullmatch(r"1m[01]s|[56][0-9]s", answer.headers["x-ratelimit-reset-requests"])
        assert "x-ratelimit-limit-tokens" not in answer.headers
    error = third.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("requests", "rate_limit_exceeded", None)
    assert 55 <= int(third.headers["retry-after"]) <= 61
    assert 55_000 <= int(third.headers["retry-after-ms"]) <= 61_000
    assert served.engine.opened == 2


async def test_the_official_client_sees_a_rate_limit_error(served: ServedApp) -> None:
    key = await limited(served, rate_limit=1)
    client = AsyncOpenAI(
        base_url=f"http://127.0.0.1:{served.port}/v1", api_key=key["X-API-Key"], max_retries=0, timeout=10
    )
    async with client:
        await client.models.list()
        with pytest.raises(RateLimitError) as caught:
            await client.models.list()
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.type == "requests"


async def test_a_key_without_limits_gets_no_headers(served: ServedApp) -> None:
    answer = await ask(served, await limited(served))
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]


async def test_errors_have_the_headers_too(served: ServedApp) -> None:
    key = await limited(served, rate_limit=9, tokens_per_minute=99)
    monitor = await limited(served, rate_limit=9, tokens_per_minute=99, role="monitor")
    for asked, status in [
        (ask(served, key, nonsense=1), 400),
        (ask(served, key, model="unknown"), 404),
        (ask(served, monitor), 403),
        (ask(served, key, max_tokens=98), 429),
    ]:
        answer = await asked
        assert answer.status_code == status
        assert answer.headers["x-ratelimit-limit-requests"] == "9"
        assert answer.headers["x-ratelimit-limit-tokens"] == "99"


async def test_keys_do_not_share_their_limits(served: ServedApp) -> None:
    one, other = await limited(served, rate_limit=1), await limited(served, rate_limit=1)
    assert [(await ask(served, key)).status_code for key in (one, other, one)] == [200, 200, 429]


async def test_a_raised_limit_counts_on_from_where_it_was(served: ServedApp) -> None:
    key = await limited(served, rate_limit=1)
    assert (await ask(served, key)).status_code == 200
    await served.state.access.update("test", key["X-Test-Key-Id"], {"rate_limit": 2})
    assert [(await ask(served, key)).status_code for _ in range(2)] == [200, 429]


async def test_tokens_are_reserved_and_settled_on_what_was_used(served: ServedApp) -> None:
    key = await limited(served, tokens_per_minute=1000)
    first = await ask(served, key, max_tokens=500)
    assert tokens_left(first) == 1000 - 2 - 500  # "hi" is two tokens here
    assert first.headers["x-ratelimit-limit-tokens"] == "1000"
    second = await ask(served, key, max_tokens=500)
    assert tokens_left(second) == 1000 - (2 + 3) - 2 - 500


@pytest.mark.parametrize("stream", [False, True])
async def test_tokens_that_may_be_used_elsewhere_are_not_given_out_twice(served: ServedApp, stream: bool) -> None:
    served.engine.delay = 0.05
    key = await limited(served, tokens_per_minute=1000)
    answers = await asyncio.gather(*(ask(served, key, max_tokens=300, stream=stream) for _ in range(20)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(answers) - len(refused) == 3
    assert {answer.json()["error"]["type"] for answer in refused} == {"tokens"}
    assert tokens_left(await served.client.get("/v1/models", headers=key)) == 1000 - 3 * (2 + 3)


async def test_a_request_that_can_never_fit_says_so(served: ServedApp) -> None:
    key = await limited(served, tokens_per_minute=100)
    answer = await ask(served, key, max_tokens=50, n=2)
    assert answer.status_code == 429
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json()["error"]["message"].startswith("Request too large: this key may use 100 tokens a minute, 102")
    assert (await ask(served, key, max_tokens=50)).status_code == 200


async def test_prompts_of_a_completion_count_together(served: ServedApp) -> None:
    key = await limited(served, tokens_per_minute=1000)
    body = {"prompt": ["ab", "cde"], "max_tokens": 10, "n": 2}
    answer = await served.client.post("/v1/completions", json=body, headers=key)
    assert tokens_left(answer) == 1000 - 5 - 4 * 10
    assert tokens_left(await served.client.get("/v1/models", headers=key)) == 1000 - 5 - 4 * 3


async def test_a_hang_up_settles_on_what_had_been_written() -> None:
    async with served_app(StandInEngine(hang_after=2)) as served:
        key = await limited(served, tokens_per_minute=1000, max_concurrent_requests=1)
        body = CHAT | {"stream": True, "max_tokens": 500}
        async with served.client.stream("POST", "/v1/chat/completions", json=body, headers=key) as response:
            chunks = response.aiter_lines()
            while "world" not in await anext(chunks):
                pass
            elsewhere = await served.client.get("/v1/models", headers=key)
            assert elsewhere.json()["error"]["message"].startswith("This key is at its limit of 1 concurrent requests")
        await until(lambda: served.engine.closed == 1)
        await asyncio.sleep(0.05)
        after = await served.client.get("/v1/models", headers=key)
        assert after.status_code == 200
        assert tokens_left(after) == 1000 - 2 - 2


async def test_a_failure_before_the_first_token_costs_nothing() -> None:
    async with served_app(StandInEngine(fail_before=EngineDied("gone"))) as served:
        key = await limited(served, tokens_per_minute=1000)
        failed = await ask(served, key)
        assert failed.status_code == 503
        assert "x-ratelimit-limit-tokens" in failed.headers
        assert tokens_left(await served.client.get("/v1/models", headers=key)) == 1000


async def test_concurrent_requests_of_a_key() -> None:
    async with served_app(StandInEngine(hang_after=0)) as served:
        key = await limited(served, max_concurrent_requests=2)
        running = [asyncio.create_task(ask(served, key)) for _ in range(2)]
        await until(lambda: served.engine.opened == 2)
        refused = await ask(served, key)
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert refused.headers["retry-after"] == "1"
        running[0].cancel()
        await until(lambda: served.engine.closed == 1)
        await asyncio.sleep(0.05)
        running.append(asyncio.create_task(ask(served, key)))
        await until(lambda: served.engine.opened == 3)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_guessing_keys_is_limited_by_address() -> None:
    async with served_app(StandInEngine(), failed_authentications_per_minute=20) as served:
        guesses = [await served.client.get("/v1/models", headers={"X-API-Key": "wrong"}) for _ in range(22)]
        assert [guess.status_code for guess in guesses] == [401] * 20 + [429] * 2
        assert int(guesses[-1].headers["retry-after"]) > 0
        assert guesses[-1].json()["error"]["code"] == "rate_limit_exceeded"
        # Not even looked at, or the guessing would go on.
        assert (await served.client.get("/v1/models")).status_code == 429
        # An address that says it is another one is not believed.
        spoofed = await served.client.get("/v1/models", headers={"X-Forwarded-For": "198.51.100.1"})
        assert spoofed.status_code == 429
        assert (await served.client.get("/health")).status_code == 200


async def test_a_trusted_proxy_tells_clients_apart() -> None:
    settings: dict[str, Any] = {"failed_authentications_per_minute": 1, "trusted_proxies": "127.0.0.0/8, 10.0.0.0/8"}
    async with served_app(StandInEngine(), **settings) as served:
        for forwarded, status in [
            ("198.51.100.1", 401),
            ("198.51.100.1", 429),
            ("203.0.113.9, 198.51.100.1, 10.1.2.3", 429),  # what is left of the first stranger is hearsay
            ("198.51.100.2:4711", 401),
            ("2001:db8:1:2::1", 401),
            ("2001:db8:1:2:ffff::2", 429),  # one network
            ("2001:db8:1:3::1", 401),
        ]:
            headers = {"X-API-Key": "wrong", "X-Forwarded-For": forwarded}
            assert (await served.client.get("/v1/models", headers=headers)).status_code == status, forwarded


async def test_a_key_that_is_missing_or_was_valid_once_is_no_guess() -> None:
    async with served_app(StandInEngine(), failed_authentications_per_minute=1) as served:
        record, key = await served.state.access.create("test", KeyFields(name="former"))
        await served.state.access.revoke("test", record.id)
        for _ in range(3):
            former = await served.client.get("/v1/models", headers={"X-API-Key": key})
            assert former.json()["error"]["code"] == "api_key_revoked"
            missing = await served.client.get("/v1/models", headers={"X-API-Key": ""})
            assert missing.json()["error"]["code"] == "missing_api_key"


async def test_an_environment_meant_for_slowapi_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("RATELIMIT_STORAGE_URL=memory://\nRATELIMIT_STRATEGY=fixed-window\n")
    monkeypatch.setenv("RATELIMIT_ENABLED", "false")
    async with served_app(StandInEngine()) as served:
        key = await limited(served, rate_limit=1)
        assert [(await ask(served, key)).status_code for _ in range(2)] == [200, 429]


async def test_a_stream_has_the_headers_once_and_whole(served: ServedApp) -> None:
    key = await limited(served, rate_limit=5, tokens_per_minute=10_000)
    answer = await ask(served, key, stream=True)
    assert answer.headers["x-ratelimit-remaining-requests"] == "4"
    assert answer.headers.get_list("x-ratelimit-limit-tokens") == ["10000"]
    events = [line for line in answer.text.splitlines() if line]
    assert events[-1] == "data: [DONE]"
    assert json.loads(events[0].removeprefix("data: "))["choices"][0]["delta"]["role"] == "assistant"
