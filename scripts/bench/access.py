"""Measure what authentication, limits and usage cost: CPU time of the web process per chat request, with and without.

    python scripts/bench/access.py

The same app twice, with a stand-in for the engine: once whole, once with the chat route behind the door alone. 64
connections ask at the same time, not streamed, one server after the other in turns, and what is reported is the
difference within each turn. Prints a section for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from process import cpu_seconds
from results import machine

ROOT = Path(__file__).resolve().parents[2]
TARGET = 300.0
BODY = json.dumps({"messages": [{"role": "user", "content": "Write a job advert."}], "max_tokens": 64}).encode()


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked: a server and a key. `process` is the server's id."""

    name: str
    process: int
    port: int
    key: str


def main() -> None:
    options = _options()
    with _server("open") as (process, port, keys), _server("guarded") as (guarded, guarded_port, guarded_keys):
        targets = [
            Target("no authentication, limits or usage", process, port, keys[0]),
            Target("a key without limits", guarded, guarded_port, guarded_keys[0]),
            Target("a key with all limits", guarded, guarded_port, guarded_keys[1]),
        ]
        turns = []
        for turn in range(options.turns + 1):
            costs = [_cost(target, options) for target in targets]
            print(f"turn {turn}: " + "  ".join(f"{cost:.0f} µs" for cost in costs), file=sys.stderr, flush=True)
            turns.append(costs)
    _publish(targets, turns[1:], options)  # the first one is for warming up


@contextmanager
def _server(kind: str) -> Iterator[tuple[int, int, list[str]]]:
    arguments = [sys.executable, str(Path(__file__).with_name("access_server.py")), kind]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}  # the stand-in is one of the tests'
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            yield process.pid, said["port"], said["keys"]
        finally:
            process.kill()


def _cost(target: Target, options: argparse.Namespace) -> float:
    """CPU time of the server for one request, in µs."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        before = cpu_seconds([target.process])
        answered = runner.run(_load(target, options.connections, options.seconds))
        return (cpu_seconds([target.process]) - before) / answered * 1e6


async def _load(target: Target, connections: int, seconds: float) -> int:
    """Ask for as long as it is meant to last; how many answers there were, all of them right."""
    until = time.monotonic() + seconds
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {target.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return sum(await asyncio.gather(*(_ask(target.port, head.encode() + BODY, until) for _ in range(connections))))


async def _ask(port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    while time.monotonic() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"not the answer expected: {head!r}")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        answered += 1
    writer.close()
    await writer.wait_closed()
    return answered


def _publish(targets: list[Target], turns: list[list[float]], options: argparse.Namespace) -> None:
    print("### What authentication, limits and usage cost\n")
    print(f"CPU time of the web process per chat request, {options.connections} at a time, not streamed; the median of")
    print(f"{len(turns)} turns of {options.seconds:g} s each, and within each turn what is added.\n")
    print("| | µs per request | added | min | max |\n|---|--:|--:|--:|--:|")
    for number, target in enumerate(targets):
        cost = statistics.median(turn[number] for turn in turns)
        added = [turn[number] - turn[0] for turn in turns]
        spread = f"{statistics.median(added):.0f} | {min(added):.0f} | {max(added):.0f}" if number else "| |"
        print(f"| {target.name} | {cost:.0f} | {spread} |")
    worst = statistics.median(turn[-1] - turn[0] for turn in turns)
    print(f"\nTarget: at most {TARGET:.0f} µs added: {'reached' if worst <= TARGET else 'missed'} ({worst:.0f} µs).\n")
    for name, value in machine().items():
        print(f"- {name}: {value}")
    print(f"- command: `{shlex.join(['python', 'scripts/bench/access.py', *sys.argv[1:]])}`")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=64, help="requests at a time (64)")
    parser.add_argument("--turns", type=int, default=7, help="turns of each (7)")
    parser.add_argument("--seconds", type=float, default=4, help="length of a turn (4)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
