"""POST /v1/embeddings."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from jobai_server.auth.caller import Caller
from jobai_server.openai_format.embedding_request import EmbeddingRequest, check_count, check_dimensions, purpose_of
from jobai_server.openai_format.embedding_response import embedding_items, embedding_list, shortened
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency, body_of
from jobai_server.web.embedding_inputs import embedded, encoded_inputs
from jobai_server.web.metering import meter_of
from jobai_server.web.owner import owner
from jobai_server.web.state import WebState
from jobai_server.web.streaming import until_disconnect
from jobai_server.web.woken_engine import woken_embedding

router = APIRouter(dependencies=[requires("client")])

EmbeddingBody = Annotated[EmbeddingRequest, Depends(body_of(EmbeddingRequest))]

WRITTEN_AT_ONCE = 32
"""Vectors written before other requests get their turn."""


@router.post("/v1/embeddings")
async def create_embeddings(
    request: Request, body: EmbeddingBody, caller: CallerDependency, state: StateDependency
) -> Response:
    return await until_disconnect(request, state.in_flight, _answer(request, body, caller, state))


async def _answer(request: Request, body: EmbeddingRequest, caller: Caller, state: WebState) -> Response:
    engine = await woken_embedding(state, body.model, "embedding", caller)
    inputs = body.inputs
    check_count(len(inputs), state.settings.max_embedding_inputs, "input")
    check_dimensions(body.dimensions, engine.facts)
    purpose = purpose_of(body, engine.facts)
    encoded = await encoded_inputs(
        engine, inputs, purpose.prefix, engine.card.context_length if body.truncate else None
    )
    usage = TokenUsage(sum(len(one.token_ids) for one in encoded))
    await meter_of(request).reserve(engine.card.name, usage, 0)
    whole = await embedded(engine, owner(caller, body), encoded)
    vectors = shortened(whole, body.dimensions, [one.param for one in encoded])
    truncated = [one.truncated for one in encoded] if body.truncate else None
    items = []
    for first in range(0, len(vectors), WRITTEN_AT_ONCE):
        part = slice(first, first + WRITTEN_AT_ONCE)
        cut = None if truncated is None else truncated[part]
        items.append(embedding_items(vectors[part], body.encoding_format or "float", cut, first))
        await asyncio.sleep(0)
    return Response(embedding_list(items, engine.card.name, purpose, usage), media_type="application/json")
