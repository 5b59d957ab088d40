"""The engine that a request wants, woken where it sleeps."""

from __future__ import annotations

import asyncio
from collections import Counter

from jobai_server.auth.caller import Caller
from jobai_server.engines.catalog import AWAY, Entry
from jobai_server.engines.embedding import EmbeddingEngine
from jobai_server.engines.protocol import TextEngine
from jobai_server.errors import ModelUnavailable
from jobai_server.web.state import WebState


async def woken_text(state: WebState, model: str | None, role: str, caller: Caller) -> TextEngine:
    """As `Catalog.text`.

    Raises:
        ModelUnavailable: It did not wake within JOBAI_QUEUE_SECONDS.
        Overloaded: As many wait for it as the model accepts.
        RateLimited: As many of this key.
    """
    await _back(state, state.catalog.text_entry(model, role, caller.models), caller)
    return state.catalog.text(model, role, caller.models)


async def woken_embedding(state: WebState, model: str | None, role: str, caller: Caller) -> EmbeddingEngine:
    """As `woken_text`, for a model that embeds."""
    await _back(state, state.catalog.embedding_entry(model, role, caller.models), caller)
    return state.catalog.embedding(model, role, caller.models)


async def _back(state: WebState, entry: Entry, caller: Caller) -> None:
    """Nothing where the engine is there, or where no waiting helps."""
    if entry.status.state not in AWAY:
        return
    limits = state.queues.of(entry.card.name).limits
    limits.check_waiting(entry.awaited.total(), entry.awaited[caller.key_id])
    entry.awaited[caller.key_id] += 1
    try:
        async with asyncio.timeout(limits.seconds):
            while entry.status.state in AWAY:
                state.order("wake", entry.card.name)
                await entry.changed.wait()
    except TimeoutError:
        raise ModelUnavailable(
            f"Model '{entry.card.name}' was asleep and is not awake after {limits.seconds:g} s.", param="model"
        ) from None
    finally:
        entry.awaited -= Counter((caller.key_id,))  # which forgets those who are at none
