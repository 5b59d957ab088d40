"""Clients that do not read what they asked for."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, CHAT, ServedApp, served_app, until

from jobai_server.web import http_protocol

PAGE = b"GET /page/page.js HTTP/1.1\r\nhost: x\r\n\r\n"
LARGE = "word " * 1_000_000


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "WRITE_SECONDS", 0.3)


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine(script=[LARGE] * 3)) as served:
        yield served


class Client:
    """A connection that reads only what it is told to, and has little room for what arrives."""

    def __init__(self, served: ServedApp) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self._socket.connect(("127.0.0.1", served.port))
        self._socket.setblocking(False)

    async def send(self, request: bytes) -> None:
        await self._loop.sock_sendall(self._socket, request)

    async def read(self) -> bytes:
        return await self._loop.sock_recv(self._socket, 65536)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
async def client(served: ServedApp) -> AsyncIterator[Client]:
    await served.client.aclose()  # the only other connection
    client = Client(served)
    yield client
    client.close()


def chat(**fields: object) -> bytes:
    body = json.dumps(CHAT | fields).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: {ADMIN_KEY}\r\n"
    return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def connections(served: ServedApp) -> int:
    return len(served.server.server_state.connections)


async def test_a_stream_that_nobody_reads_loses_its_place_and_its_connection(
    served: ServedApp, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await client.send(chat(stream=True))
    await until(lambda: served.engine.opened == 1)
    await until(lambda: served.engine.closed == 1)
    await until(lambda: connections(served) == 0)
    assert served.state.in_flight.count == 0
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_an_answer_that_nobody_reads_does_not_stay(served: ServedApp, client: Client) -> None:
    served.server.config.timeout_keep_alive = 60
    await client.send(chat())
    await until(lambda: served.engine.closed == 1)
    await until(lambda: connections(served) == 0)


async def test_a_last_answer_that_nobody_reads_does_not_stay(served: ServedApp, client: Client) -> None:
    await client.send(chat().replace(b"host: x", b"connection: close"))
    await until(lambda: served.engine.closed == 1)
    await until(lambda: connections(served) == 0)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_reads_slowly_but_steadily_gets_everything(
    served: ServedApp, client: Client, stream: bool
) -> None:
    await client.send(chat(stream=stream).replace(b"host: x", b"connection: close"))
    answer = bytearray()
    while piece := await client.read():
        answer += piece
        if len(answer) < 10 * len(piece):  # longer in all than nothing may be read
            await asyncio.sleep(0.1)
    assert answer.count(b"word") >= 3 * 1_000_000
    assert (b"[DONE]" in answer) is stream


async def test_requests_that_pile_up_on_one_connection_end_it(served: ServedApp, client: Client) -> None:
    await client.send(chat(stream=True))
    await until(lambda: served.engine.opened == 1)
    await client.send(PAGE * (http_protocol.MAX_PIPELINED + 1))
    await until(lambda: connections(served) == 0)
    await until(lambda: served.engine.closed == 1)


async def test_a_few_requests_in_a_row_are_answered_in_their_order(served: ServedApp, client: Client) -> None:
    await client.send(PAGE * (http_protocol.MAX_PIPELINED - 1) + PAGE.replace(b"host: x", b"connection: close"))
    answer = b""
    while piece := await client.read():
        answer += piece
    assert answer.count(b"HTTP/1.1 200 OK") == http_protocol.MAX_PIPELINED
