"""How late the event loop is with what it has to do."""

from __future__ import annotations

import asyncio

from jobai_server.observability.metrics import EVENT_LOOP_LAG_SECONDS

SECONDS = 0.5


async def measure_lag() -> None:
    """Until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + SECONDS
        await asyncio.sleep(SECONDS)
        EVENT_LOOP_LAG_SECONDS.observe(max(0.0, loop.time() - due))
