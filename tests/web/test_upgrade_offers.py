"""Requests that offer to go on with another protocol: answered as if they did not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable

import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, CHAT, ServedApp, served_app

# What java.net.http.HttpClient sends with every request over http://
H2C = "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUA\r\nUpgrade: h2c\r\n"
WEBSOCKET = (
    "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
BODY = json.dumps(CHAT).encode()
LENGTH = f"Content-Length: {len(BODY)}\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
CHUNKS = b"5\r\n" + BODY[:5] + b"\r\n%x\r\n" % len(BODY[5:]) + BODY[5:] + b"\r\n0\r\n"
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"

offers = pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine()) as served:
        yield served


def _chat(fields: str, body: bytes = BODY, version: str = "1.1") -> bytes:
    head = f"POST /v1/chat/completions HTTP/{version}\r\nHost: x\r\nX-API-Key: {ADMIN_KEY}\r\n"
    return f"{head}Content-Type: application/json\r\n{fields}\r\n".encode() + body


async def _statuses(served: ServedApp, pieces: Iterable[bytes], count: int) -> list[int]:
    """Of `count` answers to `pieces`, after which there must be no other."""
    async with served.connection() as connection:
        await connection.send(*pieces)
        statuses = [await connection.status() for _ in range(count)]
        connection.end()
        assert await connection.rest() == b""
    return statuses


def _heard(served: ServedApp) -> list[object]:
    """What the engine was asked."""
    return [conversation.messages[0]["content"] for conversation in served.engine.conversations]


@offers
@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (LENGTH, BODY),
        (CHUNKED, CHUNKS + b"\r\n"),
        (CHUNKED, CHUNKS + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
    ],
    ids=["length", "chunked", "trailers"],
)
async def test_the_body_arrives_however_it_is_cut(served: ServedApp, offer: str, fields: str, body: bytes) -> None:
    request = _chat(offer + fields, body)
    head = len(request) - len(body)
    cuts = [
        [request],
        [request[:head], body],
        [request[: head - 1], request[head - 1 :]],
        [request[: head + 1], request[head + 1 :]],
        [bytes([byte]) for byte in request],
    ]
    for pieces in cuts:
        assert await _statuses(served, pieces, 1) == [200]
    assert _heard(served) == ["hi"] * len(cuts)


@offers
@pytest.mark.parametrize("fields", [LENGTH, CHUNKED], ids=["length", "chunked"])
async def test_requests_that_follow_at_once_are_answered(served: ServedApp, offer: str, fields: str) -> None:
    first = _chat(offer + fields, BODY if fields == LENGTH else CHUNKS + b"\r\n")
    plain = _chat(LENGTH)
    assert await _statuses(served, [first + HEALTH + first + plain], 4) == [200] * 4
    assert await _statuses(served, [first, HEALTH, first, plain], 4) == [200] * 4
    assert await _statuses(served, [plain + first[:200], first[200:]], 2) == [200] * 2
    assert _heard(served) == ["hi"] * 8


@offers
async def test_the_connection_stays_usable(served: ServedApp, offer: str) -> None:
    async with served.connection() as connection:
        for request in (_chat(offer + LENGTH), HEALTH, _chat(offer + LENGTH), _chat(LENGTH)):
            await connection.send(request)
            assert await connection.status() == 200
    assert _heard(served) == ["hi"] * 3


@offers
async def test_a_client_that_asks_first_is_told_to_send_the_body(served: ServedApp, offer: str) -> None:
    async with served.connection() as connection:
        await connection.send(_chat(offer + LENGTH + "Expect: 100-continue\r\n", b""))
        assert await connection.status() == 100
        await connection.send(BODY)
        assert await connection.status() == 200
    assert _heard(served) == ["hi"]


@offers
async def test_a_request_without_a_body_is_a_plain_one(served: ServedApp, offer: str) -> None:
    request = HEALTH.replace(b"Host: x\r\n", b"Host: x\r\n" + offer.encode())
    assert await _statuses(served, [request + request, HEALTH], 3) == [200] * 3


@offers
@pytest.mark.parametrize(("fields", "version"), [("Connection: close\r\n", "1.1"), ("", "1.0")])
async def test_the_connection_closes_where_the_client_wants_it(
    served: ServedApp, offer: str, fields: str, version: str
) -> None:
    async with served.connection() as connection:
        await connection.send(_chat(offer + fields + LENGTH, version=version))
        assert await connection.status() == 200
        assert await connection.rest() == b""
    assert _heard(served) == ["hi"]


@offers
async def test_a_body_is_never_taken_for_a_request(served: ServedApp, offer: str) -> None:
    hidden = _chat(LENGTH)
    outer = _chat(f"{offer}Content-Length: {len(hidden)}\r\n", b"")
    for pieces in ([outer + hidden + HEALTH], [outer, hidden, HEALTH], [outer, hidden + HEALTH]):
        assert await _statuses(served, pieces, 2) == [400, 200]
    assert served.engine.opened == 0


@offers
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (LENGTH + CHUNKED, 400),
        (CHUNKED + LENGTH, 400),
        (LENGTH + "Content-Length: 1\r\n", 400),
        ("Content-Length: -1\r\n", 400),
        ("Transfer-Encoding: gzip\r\n", 400),
        (LENGTH + "X:\r\n folded\r\n", 400),
        (LENGTH + "No colon\r\n", 400),
        (LENGTH + "X: a\rb\r\n", 400),
        (LENGTH + "".join(f"X-{number}: y\r\n" for number in range(95)), 431),
        (LENGTH + "X: " + "y" * 65_536 + "\r\n", 431),
        (LENGTH + "Upgrade: " + "y" * 65_536 + "\r\n", 431),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_refused_without_an_offer_is_refused_with_one(
    served: ServedApp, offer: str, fields: str, status: int
) -> None:
    for request in (_chat(offer + fields), _chat(fields + offer)):
        async with served.connection() as connection:
            await connection.send(request)
            assert await connection.status() == status
            assert await connection.rest() == b""
    assert served.engine.opened == 0


@offers
async def test_a_head_that_never_ends_is_bounded(served: ServedApp, offer: str) -> None:
    async with served.connection() as connection:
        await connection.send(f"GET /health HTTP/1.1\r\nHost: x\r\n{offer}X: ".encode() + b"y" * 70_000)
        assert await connection.status() == 431


@pytest.mark.parametrize("target", ["example.com:443", "/health", "http://x/health"])
async def test_nothing_is_tunnelled(served: ServedApp, target: str) -> None:
    async with served.connection() as connection:
        await connection.send(f"CONNECT {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + HEALTH)
        status, body = await connection.answer()
        assert (status, json.loads(body)["error"]["code"]) == (400, "bad_request")
        assert await connection.rest() == b""
