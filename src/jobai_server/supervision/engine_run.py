"""What an engine process says of itself between its start and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from jobai_server.process import Child

log = logging.getLogger(__name__)

# What a process has said before its end is read by then.
LAST_WORDS_SECONDS = 1.0


async def until_ready(child: Child, name: str, start_seconds: float) -> str | None:
    """None once the engine is ready, else why it never will be."""
    try:
        async with _closed_with_its_process(child), asyncio.timeout(start_seconds):
            async for message in child.channel.messages():
                if message["event"] == "ready":
                    return None
                if message["event"] == "failed":
                    return f"it did not start: {message['detail']}"
                log.info("engine %s: %s", name, message["detail"])
            return f"the engine process ended during its start ({_how(await child.process.wait())})"
    except TimeoutError:
        return f"it was not ready within {start_seconds:g} s"


async def until_over(child: Child, silence_seconds: float | None, hear: Callable[[str], None]) -> str:
    """Stay with a ready engine until it ends or says that it will, or has sent nothing for too long; why it is over.

    Args:
        hear: Called with every event that it sends.
    """
    async with _closed_with_its_process(child):
        misses = 0
        while misses < 2:  # after a pause of our own, what was sent meanwhile is read before the second miss
            try:
                async with asyncio.timeout(silence_seconds / 2 if silence_seconds else None):
                    message = await child.channel.receive()
            except TimeoutError:
                misses += 1
                continue
            if message is None:
                return f"the engine process ended unexpectedly ({_how(await child.process.wait())})"
            if message["event"] == "failed":
                return f"the engine failed: {message['detail']}"
            hear(message["event"])
            misses = 0
        return f"it hangs: no sign of life for {silence_seconds:g} s"


@contextlib.asynccontextmanager
async def _closed_with_its_process(child: Child) -> AsyncIterator[None]:
    """Processes that it has started may hold its end of the channel open; once it is gone nothing comes from there."""

    async def close() -> None:
        await child.process.wait()
        await asyncio.sleep(LAST_WORDS_SECONDS)
        child.channel.close()

    closing = asyncio.create_task(close())
    try:
        yield
    finally:
        closing.cancel()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
