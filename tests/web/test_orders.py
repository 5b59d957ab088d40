"""A worker that is told to stop."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
import uvicorn
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import served_app, until

from jobai_server.engines.connections import Connections
from jobai_server.process import Channel
from jobai_server.web import orders as orders_module
from jobai_server.web.in_flight import InFlight
from jobai_server.web.orders import Orders


async def test_kept_connections_are_answered_and_told_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_module, "LINGER_SECONDS", 60)
    monkeypatch.setattr(orders_module, "_import_early", lambda: None)
    here, there = socket.socketpair()
    async with served_app(StandInEngine()) as served:
        supervisor, worker = await Channel.open(here), await Channel.open(there)
        state = served.state
        connections = Connections(
            state.catalog, state.queues, lambda *_: None, lambda *_: None, lambda *_: None, attach_seconds=60
        )
        obeying = asyncio.create_task(Orders(worker, connections, state.in_flight, served.server, 10).obey([]))
        assert "connection" not in (await served.client.get("/v1/models")).headers
        supervisor.send({"event": "drain"})
        await until(lambda: not any(listener.is_serving() for listener in served.server.servers))
        assert not served.server.should_exit

        refused = await served.chat()
        assert (refused.status_code, refused.headers["connection"]) == (503, "close")
        await until(lambda: served.server.should_exit)
        supervisor.close()
        await obeying
        worker.close()


class Heard:
    """In the place of Connections."""

    def __init__(self) -> None:
        self.states: list[str] = []

    async def apply(self, message: dict[str, str]) -> None:
        self.states.append(message["state"])


async def test_what_came_later_is_applied_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_module, "_import_early", lambda: None)
    here, there = socket.socketpair()
    supervisor, worker = await Channel.open(here), await Channel.open(there)
    for state in ("dozing", "asleep"):
        supervisor.send({"event": "engine", "state": state})
    await asyncio.sleep(0.1)  # so that both are there before anything is read
    supervisor.close()
    heard: Any = Heard()
    await Orders(worker, heard, InFlight(), uvicorn.Server(uvicorn.Config("none")), 10).obey([{"state": "ready"}])
    assert heard.states == ["ready", "dozing", "asleep"]
    worker.close()
