"""Connections on which nothing is asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator

import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, CHAT, Connection, ServedApp, served_app

from jobai_server.engines.connections import Connections
from jobai_server.process import Channel
from jobai_server.web import orders as orders_module
from jobai_server.web.orders import Orders

IDLE_SECONDS = 1
HEALTH = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine()) as served:
        served.server.config.timeout_keep_alive = IDLE_SECONDS
        yield served


async def _closes(connection: Connection, seconds: float) -> bool:
    """Whether the server closes within `seconds`, without another word."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            assert await connection.rest() == b""
            return True
    return False


@pytest.mark.parametrize("stray", [b"", b"\r\n", b"\r\n\r\n"])
async def test_what_begins_no_request_does_not_keep_a_connection_open(served: ServedApp, stray: bytes) -> None:
    async with served.connection() as connection:
        await connection.send(HEALTH)
        assert await connection.status() == 200
        await connection.send(stray)
        assert not await _closes(connection, IDLE_SECONDS / 2)
        await connection.send(stray)
        assert await _closes(connection, 3 * IDLE_SECONDS)


async def test_a_body_that_nobody_waits_for_does_not_keep_a_connection_open(served: ServedApp) -> None:
    async with served.connection() as connection:
        await connection.send(HEALTH.replace(b"\r\n\r\n", b"\r\ncontent-length: 100\r\n\r\n"))
        assert await connection.status() == 200
        await connection.send(b"x")
        assert not await _closes(connection, IDLE_SECONDS / 2)
        assert await _closes(connection, 3 * IDLE_SECONDS)


async def test_a_request_that_has_begun_is_not_cut_off() -> None:
    idle_seconds = 3.0  # with a second to spare for a busy machine
    body = json.dumps(CHAT).encode()
    fields = f"host: x\r\nx-api-key: {ADMIN_KEY}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    chat = f"POST /v1/chat/completions HTTP/1.1\r\n{fields}\r\n".encode() + body
    async with served_app(StandInEngine(delay=1.1)) as served, served.connection() as connection:
        served.server.config.timeout_keep_alive = int(idle_seconds)
        await connection.send(HEALTH)
        assert await connection.status() == 200
        for piece in (chat[:20], chat[20:]):  # the answer alone takes longer than a connection may be idle
            await asyncio.sleep(idle_seconds - 1)
            await connection.send(piece)
        assert await connection.status() == 200
        assert not await _closes(connection, 1)


async def test_proxies_close_idle_connections_first() -> None:
    async with served_app(StandInEngine()) as served:
        assert served.server.config.timeout_keep_alive > 60  # what nginx and AWS's load balancers keep them for


async def test_draining_closes_idle_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_module, "_import_early", lambda: None)
    here, there = socket.socketpair()
    async with served_app(StandInEngine()) as served, served.connection() as connection:
        await connection.send(HEALTH)
        assert await connection.status() == 200
        supervisor, worker = await Channel.open(here), await Channel.open(there)
        state = served.state
        connections = Connections(
            state.catalog, state.queues, lambda *_: None, lambda *_: None, lambda *_: None, attach_seconds=60
        )
        obeying = asyncio.create_task(Orders(worker, connections, state.in_flight, served.server, 10).obey([]))
        began = time.monotonic()
        supervisor.send({"event": "drain"})
        assert await _closes(connection, 4)
        assert time.monotonic() - began < 2
        supervisor.close()
        await obeying
        worker.close()
