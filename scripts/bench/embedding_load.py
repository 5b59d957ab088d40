"""The load of an embeddings benchmark, a process of its own that does as little as it can.

Reads an EmbeddingPlan as JSON on standard input, writes an EmbeddingBlock as JSON on standard output.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import re
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import cast

import uvloop


@dataclass(frozen=True, slots=True)
class EmbeddingPlan:
    """`requests` are the inputs of one request each; `connections` of them are under way at a time."""

    port: int
    path: str
    key: str
    model: str
    connections: int
    requests: list[list[str]]


@dataclass(frozen=True, slots=True)
class EmbeddingBlock:
    """What was measured; `first` is the vector of the very first text."""

    texts_per_second: float
    first: list[float]


class Connection(asyncio.Protocol):
    """One kept HTTP connection, one request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._length = 0
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._length and (end := self._received.find(b"\r\n\r\n")) >= 0:
            announced = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", self._received[:end])
            assert announced is not None, "the server announced no length"
            self._length = end + 4 + int(announced[1])
        if self._length and len(self._received) >= self._length and self._answer is not None:
            self._answer.set_result(bytes(self._received))
            self._answer = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None:
            self._answer.set_exception(ConnectionError(f"the server hung up: {exc}"))
            self._answer = None

    async def ask(self, request: bytes) -> bytes:
        """Send a request; the whole answer."""
        self._received.clear()
        self._length = 0
        self._answer = asyncio.get_running_loop().create_future()
        assert self._transport is not None
        self._transport.write(request)
        answer = await self._answer
        if answer.split(None, 2)[1] != b"200":
            raise RuntimeError(f"the server refused: {answer[-1000:].decode(errors='replace')}")
        return answer


async def measure(plan: EmbeddingPlan) -> EmbeddingBlock:
    requests = [_request(plan, texts) for texts in plan.requests]
    # Counts for nothing; its connections may have waited too long for one another to be used again.
    await asyncio.gather(*(connection.ask(requests[0]) for connection in await _connections(plan)))
    connections = await _connections(plan)
    answers: dict[int, bytes] = {}
    waiting = iter(enumerate(requests))
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    await asyncio.gather(*(_work(connection, waiting, answers) for connection in connections))
    seconds = time.perf_counter() - started
    vectors = [_vectors(answers[number], len(texts)) for number, texts in enumerate(plan.requests)]
    return EmbeddingBlock(sum(map(len, vectors)) / seconds, vectors[0][0].tolist())


async def _connections(plan: EmbeddingPlan) -> list[Connection]:
    loop = asyncio.get_running_loop()
    made = [loop.create_connection(Connection, "127.0.0.1", plan.port) for _ in range(plan.connections)]
    return [protocol for _, protocol in await asyncio.gather(*made)]


async def _work(connection: Connection, waiting: Iterator[tuple[int, bytes]], answers: dict[int, bytes]) -> None:
    for number, request in waiting:
        answers[number] = await connection.ask(request)


def _request(plan: EmbeddingPlan, texts: list[str]) -> bytes:
    # As the official client asks.
    body = {"model": plan.model, "input": texts[0] if len(texts) == 1 else texts, "encoding_format": "base64"}
    payload = json.dumps(body).encode()
    lines = [
        f"POST {plan.path} HTTP/1.1",
        f"Host: 127.0.0.1:{plan.port}",
        f"Authorization: Bearer {plan.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(payload)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + payload


def _vectors(answer: bytes, count: int) -> list[array[float]]:
    data = json.loads(answer.partition(b"\r\n\r\n")[2])["data"]
    vectors = [array("f", base64.b64decode(one["embedding"])) for one in data]
    assert len(vectors) == count
    assert all(abs(sum(number * number for number in vector) - 1) < 0.01 for vector in vectors)
    return vectors


def main() -> None:
    plan = EmbeddingPlan(**json.load(sys.stdin))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        block = runner.run(measure(plan))
    json.dump(asdict(block), sys.stdout)


if __name__ == "__main__":
    main()
