"""What the door lets through, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, CHAT, ServedApp, served_app


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine(), max_body_bytes=100_000) as served:
        yield served


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"[]", "invalid_json"),
        (b'"text"', "invalid_json"),
        (b'{"messages": [], "messages": []}', "invalid_json"),
        (b'{"temperature": NaN}', "invalid_json"),
        (b'{"temperature": -Infinity}', "invalid_json"),
        (b'{"temperature": 1e999}', "invalid_json"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "invalid_json"),
        (b'{"metadata": ' + b"[" * 40 + b"]" * 40 + b"}", "invalid_json"),
        (b'{"metadata": ' + b"[" * 40_000 + b"]" * 40_000 + b"}", "invalid_json"),
        (b'{"model": "\xff"}', "invalid_unicode"),
        (b'{"model": "\\ud800"}', "invalid_unicode"),
        (b'{"model": "a\\u0000b"}', "invalid_unicode"),
        (b'{"\\udfff": 1}', "invalid_unicode"),
    ],
)
async def test_unacceptable_json_is_a_400_that_says_why(served: ServedApp, body: bytes, code: str) -> None:
    response = await served.raw(body)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["code"] == code
    assert served.engine.opened == 0


async def test_a_surrogate_pair_is_ordinary_text(served: ServedApp) -> None:
    response = await served.raw(b'{"messages": [{"role": "user", "content": "\\ud83d\\ude00"}]}')
    assert response.status_code == 200
    assert served.engine.conversations[0].messages[0]["content"] == "\N{GRINNING FACE}"


async def test_a_body_over_the_limit_is_a_413(served: ServedApp) -> None:
    response = await served.chat(user="x" * 200_000)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")


async def test_a_body_over_the_limit_is_refused_without_a_declared_length(served: ServedApp) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" " * 10_000

    response = await served.client.post(
        "/v1/chat/completions", content=endless(), headers={"content-type": "application/json"}
    )
    assert response.status_code == 413


@pytest.mark.parametrize("media_type", ["text/plain", "multipart/form-data", "", "application/x-www-form-urlencoded"])
async def test_other_media_types_are_a_415(served: ServedApp, media_type: str) -> None:
    response = await served.raw(json.dumps(CHAT).encode(), content_type=media_type)
    assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_media_type")


async def test_a_parameter_of_the_media_type_is_fine(served: ServedApp) -> None:
    response = await served.raw(json.dumps(CHAT).encode(), content_type="application/json; charset=utf-8")
    assert response.status_code == 200


async def test_the_request_id_is_taken_over_where_it_is_harmless(served: ServedApp) -> None:
    assert (await served.client.get("/health", headers={"x-request-id": "abc-123"})).headers[
        "x-request-id"
    ] == "abc-123"
    made = (await served.client.get("/health", headers={"x-request-id": "x" * 100})).headers["x-request-id"]
    assert made.startswith("req_")


async def test_every_answer_forbids_guessing_its_type(served: ServedApp) -> None:
    assert (await served.client.get("/nowhere")).headers["x-content-type-options"] == "nosniff"


async def test_answers_are_for_their_caller_and_no_cache(served: ServedApp) -> None:
    for path in ("/v1/models", "/nowhere", "/metrics", "/health", "/health/live", "/health/ready"):
        assert (await served.client.get(path)).headers.get_list("cache-control") == ["no-store"]
    assert (await served.client.get("/page/page.js")).headers.get_list("cache-control") == ["no-cache"]


async def test_headers_over_64_kib_are_refused(served: ServedApp) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\nx-long: " + b"a" * 200_000)
    await writer.drain()
    assert b"431" in await reader.readline()
    writer.close()


@pytest.mark.parametrize(
    "fields",
    [b"x-long: " + b"a" * 100_000 + b"\r\n", b"".join(b"x-%d: y\r\n" % number for number in range(200))],
)
async def test_heads_that_come_in_one_piece_are_bounded_too(served: ServedApp, fields: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\n" + fields + b"\r\n")
    assert b"431" in await reader.readline()
    writer.close()


@pytest.mark.parametrize("trailer", [b"x-%05d: yyyyyyyy\r\n", b"x-%05d: " + b"y" * 10_000])
async def test_trailers_are_bounded(served: ServedApp, trailer: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"POST /x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
    sent = 0
    with contextlib.suppress(ConnectionError):  # what a client sees that sends on after it was refused
        for number in range(10_000):
            writer.write(trailer % number)
            await writer.drain()
            sent += len(trailer)
            await asyncio.sleep(0)
        assert b"431" in await reader.readline()
    assert sent < 10_000 * len(trailer) / 2
    writer.close()


async def test_a_request_after_a_large_body_is_not_taken_for_a_large_head(served: ServedApp) -> None:
    for _ in range(3):
        assert (await served.chat(user="x" * 500, metadata={"a": "y" * 500})).status_code == 200
        assert (await served.chat(messages=[{"role": "user", "content": "z" * 90_000}])).status_code == 400
        assert (await served.client.get("/health")).status_code == 200


async def test_an_unknown_url_is_a_404_whatever_the_body(served: ServedApp) -> None:
    response = await served.client.post("/v1/xyz", content=b"\xff", headers={"content-type": "text/plain"})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_url")


async def test_nonsense_is_a_400_in_the_usual_shape(served: ServedApp) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"NONSENSE\r\n\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "bad_request"
    writer.close()


async def test_a_body_that_is_never_finished_does_not_reach_the_engine(served: ServedApp) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: {ADMIN_KEY}\r\n"
    writer.write(head.encode() + b"content-type: application/json\r\ncontent-length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await served.client.get("/health")).status_code == 200
    assert served.engine.opened == 0
