"""Several streams read at the same time, as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _End:
    """A stream is over; by an error, if there is one."""

    error: Exception | None


@dataclass(frozen=True, slots=True)
class _Numbered(Generic[Item]):
    number: int
    item: Item


async def merged(streams: Sequence[AsyncGenerator[Item, None]]) -> AsyncGenerator[tuple[int, Item], None]:
    """Every item of every stream as it comes, with the number of its stream.

    The first error of any stream ends all and is raised here. All streams are closed when this generator is.
    """
    # Small, so that a slow reader holds the streams back.
    queue: asyncio.Queue[_Numbered[Item] | _End] = asyncio.Queue(maxsize=2 * len(streams))
    readers = [asyncio.create_task(_read(number, stream, queue)) for number, stream in enumerate(streams)]
    running = len(readers)
    try:
        while running:
            entry = await queue.get()
            if isinstance(entry, _Numbered):
                yield entry.number, entry.item
            elif entry.error is not None:
                raise entry.error
            else:
                running -= 1
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        for stream in streams:
            # A reader cancelled before its first step has not touched its stream.
            await stream.aclose()


async def _read(number: int, stream: AsyncGenerator[Item, None], queue: asyncio.Queue[_Numbered[Item] | _End]) -> None:
    error = None
    try:
        async with aclosing(stream):
            async for item in stream:
                await queue.put(_Numbered(number, item))
    except Exception as raised:
        error = raised
    await queue.put(_End(error))
