"""The load, a process of its own so that it disturbs as little as possible: it only notes what arrives when, and reads
it after the last stream has ended.

Reads a Plan as JSON on standard input, writes a Block as JSON on standard output.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from typing import cast

import uvloop
from process import cpu_seconds
from stream import Stream, read_stream

LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Plan:
    """`connections` streams at a time, each connection asking `rounds` times; first a short warm-up that counts for
    nothing. CPU time is read of the processes in `web` and `engine`."""

    port: int
    key: str
    model: str
    connections: int
    rounds: int
    max_tokens: int
    warm_up_tokens: int
    web: list[int]
    engine: list[int]


@dataclass(frozen=True, slots=True)
class Block:
    """What was measured; times in milliseconds, CPU times in microseconds per token."""

    tokens_per_second: float
    first_token: float
    first_token_p99: float
    between_tokens: float
    between_tokens_p99: float
    web_cpu: float
    engine_cpu: float
    load_cpu: float
    tokens_per_event: float


class Connection(asyncio.Protocol):
    """One HTTP connection; `pieces` are the bytes of one answer, with when they came."""

    def __init__(self) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        self._transport: asyncio.Transport | None = None
        self._ended: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.pieces.append((time.perf_counter(), data))
        if data.endswith(LAST_CHUNK) and self._ended is not None:
            self._ended.set_result(None)
            self._ended = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ended is not None:
            self._ended.set_exception(ConnectionError(f"the server hung up: {exc}; {self.pieces[-1:]}"))
            self._ended = None

    async def ask(self, request: bytes) -> Stream:
        """Send a request; the answer as it came."""
        self.pieces = []
        self._ended = asyncio.get_running_loop().create_future()
        sent = time.perf_counter()
        assert self._transport is not None
        self._transport.write(request)
        await self._ended
        return Stream(sent, self.pieces)


async def measure(plan: Plan) -> Block:
    loop = asyncio.get_running_loop()
    made = [loop.create_connection(Connection, "127.0.0.1", plan.port) for _ in range(plan.connections)]
    connections = [protocol for _, protocol in await asyncio.gather(*made)]
    await _rounds(connections, plan, 1, plan.warm_up_tokens)
    gc.collect()
    gc.disable()
    before = cpu_seconds(plan.web), cpu_seconds(plan.engine), time.process_time(), time.perf_counter()
    streams = await _rounds(connections, plan, plan.rounds, plan.max_tokens)
    after = cpu_seconds(plan.web), cpu_seconds(plan.engine), time.process_time(), time.perf_counter()
    web, engine, load, seconds = (end - start for start, end in zip(before, after, strict=True))
    answers = [read_stream(stream, plan.max_tokens) for stream in streams]
    tokens = plan.max_tokens * len(answers)
    first = [answer.first_token * 1e3 for answer in answers]
    gaps = [gap * 1e3 for answer in answers for gap in answer.gaps]
    return Block(
        tokens_per_second=tokens / seconds,
        first_token=statistics.median(first),
        first_token_p99=_percentile_99(first),
        between_tokens=statistics.median(gaps),
        between_tokens_p99=_percentile_99(gaps),
        web_cpu=web / tokens * 1e6,
        engine_cpu=engine / tokens * 1e6,
        load_cpu=load / tokens * 1e6,
        tokens_per_event=tokens / (len(gaps) + len(answers)),
    )


async def _rounds(connections: list[Connection], plan: Plan, rounds: int, max_tokens: int) -> list[Stream]:
    async def one(number: int, connection: Connection) -> list[Stream]:
        return [
            await connection.ask(_request(plan, f"Describe opening {number} of round {count}.", max_tokens))
            for count in range(rounds)
        ]

    answered = await asyncio.gather(*(one(number, connection) for number, connection in enumerate(connections)))
    return [stream for streams in answered for stream in streams]


def _request(plan: Plan, text: str, max_tokens: int) -> bytes:
    body = {
        "model": plan.model,
        "messages": [{"role": "system", "content": "You write job adverts."}, {"role": "user", "content": text}],
        "temperature": 0,
        "max_tokens": max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    payload = json.dumps(body).encode()
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        f"Host: 127.0.0.1:{plan.port}",
        f"Authorization: Bearer {plan.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(payload)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + payload


def _percentile_99(values: list[float]) -> float:
    return sorted(values)[int(0.99 * (len(values) - 1))]


def main() -> None:
    plan = Plan(**json.load(sys.stdin))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        block = runner.run(measure(plan))
    json.dump(asdict(block), sys.stdout)


if __name__ == "__main__":
    main()
