"""One key that keeps as many streams in flight as it is told, until its standard input ends; then says what it got.

Reads `{"port", "key", "streams", "max_tokens"}` as one line of JSON. Writes `[[seconds on the monotonic clock, content
events so far], ...]`, two for every second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from typing import Any

from chat_stream import chat_stream

PROMPT = "Write a long and detailed job advert for a software engineer, with tasks, requirements and benefits."


class Greedy:
    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        self._events = 0

    async def run(self) -> list[tuple[float, int]]:
        """Until standard input ends."""
        streams = [asyncio.create_task(self._stream()) for _ in range(self._plan["streams"])]
        samples = []
        ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        while not ended.done():
            samples.append((time.monotonic(), self._events))
            await asyncio.wait({ended, *streams}, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
            for stream in streams:
                if stream.done():
                    stream.result()
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
        return samples

    async def _stream(self) -> None:
        plan = self._plan
        while True:
            async with contextlib.aclosing(
                chat_stream(plan["port"], plan["key"], PROMPT, plan["max_tokens"])
            ) as events:
                async for _ in events:
                    self._events += 1


if __name__ == "__main__":
    print(json.dumps(asyncio.run(Greedy(json.loads(sys.stdin.readline())).run())))
