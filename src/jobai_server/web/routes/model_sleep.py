"""POST /v1/models/{id}/sleep and /wake: a model gives its memory back, or is made ready."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from jobai_server.engines.catalog import AWAY, Entry
from jobai_server.errors import Conflict
from jobai_server.web.authentication import requires
from jobai_server.web.dependencies import StateDependency
from jobai_server.web.state import WebState

router = APIRouter(dependencies=[requires("admin")])


@router.post("/v1/models/{model:path}/sleep")
async def put_to_sleep(model: str, state: StateDependency) -> dict[str, Any]:
    """Answered when it sleeps, or when that has to wait for running requests for longer than the queue's deadline."""
    entry = state.catalog.entry(model)
    if entry.status.state not in {"ready", *AWAY}:
        raise Conflict(f"Model '{entry.card.name}' is {entry.status.state}; only a ready model can be put to sleep.")
    before = entry.status
    if before.state == "ready":
        state.order("sleep", entry.card.name)

    def has_slept() -> bool:
        # It may be wanted again before this request sees it asleep.
        now = entry.status
        return now.state in {"asleep", "waking"} or (now.state == "ready" and now != before)

    await _until(state, entry, has_slept)
    return _answer(entry)


@router.post("/v1/models/{model:path}/wake")
async def wake(model: str, state: StateDependency) -> dict[str, Any]:
    """Answered when it is ready, or after the queue's deadline with how far it is."""
    entry = state.catalog.entry(model)
    if entry.status.state in AWAY:
        state.order("wake", entry.card.name)
        await _until(state, entry, lambda: entry.status.state not in AWAY)
    return _answer(entry)


async def _until(state: WebState, entry: Entry, reached: Callable[[], bool]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(state.settings.queue_seconds):
            while not reached():
                await entry.changed.wait()


def _answer(entry: Entry) -> dict[str, Any]:
    return {"id": entry.card.name, "object": "model", "state": entry.status.state}
