"""What clients make up adds no time series to the real server's metrics."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterator

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.end_to_end.running_server import RunningServer

pytestmark = pytest.mark.engine

CONNECTIONS = 32
REQUESTS = 10_000
# An address of the flood's own, so that its wrong keys lock out nobody else's.
ADDRESS = "127.0.0.2"
# Methods the HTTP parser lets through; any other ends the connection before there is a request to count.
ODD_METHODS = ("COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND", "PURGE", "REPORT", "SUBSCRIBE", "TRACE", "UNLOCK")
EVERY_SO_MANY = 25
"""Of which one has a made-up key: more would only be told that they are too many."""

Series = set[tuple[str, frozenset[tuple[str, str]]]]


def made_up_path(host: str, key: str) -> bytes:
    return request("GET", f"/{secrets.token_hex(8)}/%E2%98%83", host, key)


def odd_method(host: str, key: str) -> bytes:
    return request(secrets.choice(ODD_METHODS), "/v1/models", host, key)


def made_up_route(host: str, key: str) -> bytes:
    return request("POST", f"/v1/{secrets.token_hex(8)}", host, key, {})


def made_up_model(host: str, key: str) -> bytes:
    return request("GET", f"/v1/models/{secrets.token_hex(8)}", host, key)


def made_up_model_in_body(host: str, key: str) -> bytes:
    body = {"model": secrets.token_hex(8), "messages": [{"role": "user", "content": "hi"}]}
    return request("POST", "/v1/chat/completions", host, key, body)


def made_up_key(host: str, key: str) -> bytes:
    return request("GET", "/v1/models", host, secrets.token_hex(20))


KINDS: list[Callable[[str, str], bytes]] = [
    made_up_path,
    odd_method,
    made_up_route,
    made_up_model,
    made_up_model_in_body,
]


def request(method: str, path: str, host: str, key: str, body: object = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {host}",
        f"X-API-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def requests(host: str, key: str, count: int) -> Iterator[bytes]:
    for number in range(count):
        kind = made_up_key if number % EVERY_SO_MANY == 0 else KINDS[number % len(KINDS)]
        yield kind(host, key)


async def test_ten_thousand_made_up_requests_add_no_series(server: RunningServer, http: httpx2.Client) -> None:
    host = f"127.0.0.1:{server.port}"
    first = [kind(host, server.admin_key) for kind in (*KINDS, made_up_key)]
    statuses = await flood(server.port, iter(first), connections=1)
    assert sorted(statuses) == [401, 404, 404, 404, 404, 405]
    http.get("/metrics").raise_for_status()
    before = series(http)
    statuses = await flood(server.port, requests(host, server.admin_key, REQUESTS), CONNECTIONS)
    assert len(statuses) == REQUESTS
    assert set(statuses) == {401, 404, 405}
    assert series(http) == before


async def flood(port: int, waiting: Iterator[bytes], connections: int) -> list[int]:
    """Send all over that many kept connections, the next one on each as soon as the last is answered."""
    statuses: list[int] = []

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESS, 0))
        try:
            for message in waiting:
                writer.write(message)
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                [length] = [line.split(":")[1] for line in head.splitlines() if line.startswith("content-length:")]
                await reader.readexactly(int(length))
                statuses.append(int(head.split()[1]))
        finally:
            writer.close()
            await writer.wait_closed()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one_connection())
    return statuses


def series(http: httpx2.Client) -> Series:
    return {
        (sample.name, frozenset(sample.labels.items()))
        for family in text_string_to_metric_families(http.get("/metrics").raise_for_status().text)
        for sample in family.samples
    }
