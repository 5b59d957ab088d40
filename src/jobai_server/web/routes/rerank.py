"""POST /v1/rerank: documents in the order of their similarity to a query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, TypeVar

import numpy as np
from fastapi import APIRouter, Depends, Request
from numpy.typing import NDArray
from starlette.responses import JSONResponse, Response

from jobai_server.auth.caller import Caller
from jobai_server.engines.embedding import EmbeddingEngine
from jobai_server.engines.owner import Owner
from jobai_server.openai_format.embedding_request import check_count, purpose
from jobai_server.openai_format.identity import TokenUsage, new_id
from jobai_server.openai_format.prompt_input import PromptInput
from jobai_server.openai_format.rerank import DOCUMENTS_PER_INPUT, RerankRequest, best_first, ranking
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency, body_of
from jobai_server.web.embedding_inputs import EncodedInput, embedded, encoded_inputs
from jobai_server.web.metering import meter_of
from jobai_server.web.owner import owner
from jobai_server.web.state import WebState
from jobai_server.web.streaming import until_disconnect
from jobai_server.web.woken_engine import woken_embedding

router = APIRouter(dependencies=[requires("client")])

Part = TypeVar("Part")

RerankBody = Annotated[RerankRequest, Depends(body_of(RerankRequest))]


@router.post("/v1/rerank")
async def rerank(request: Request, body: RerankBody, caller: CallerDependency, state: StateDependency) -> Response:
    return await until_disconnect(request, state.in_flight, _answer(request, body, caller, state))


async def _answer(request: Request, body: RerankRequest, caller: Caller, state: WebState) -> Response:
    engine = await woken_embedding(state, body.model, "embedding", caller)
    at_once = state.settings.max_embedding_inputs
    check_count(len(body.documents), at_once * DOCUMENTS_PER_INPUT, "documents")
    asked = [PromptInput("query", text=body.query)]
    query = await encoded_inputs(engine, asked, purpose("query", engine.facts).prefix, None)
    documents = await _documents(engine, body, at_once)
    usage = TokenUsage(sum(len(one.token_ids) for one in (*query, *documents)))
    await meter_of(request).reserve(engine.card.name, usage, 0)
    identity = new_id("rerank")
    scores = await _similarities(engine, owner(caller, body), query[0], documents, at_once)
    results = best_first(body, scores, [one.truncated for one in documents])
    return JSONResponse(ranking(identity, engine.card.name, results, usage))


async def _documents(engine: EmbeddingEngine, body: RerankRequest, at_once: int) -> list[EncodedInput]:
    prefix = purpose("document", engine.facts).prefix
    cut_at = engine.card.context_length if body.may_cut else None
    if cut_at is not None and body.max_tokens_per_doc is not None:
        # Its own tokens: the model's start and end and the prefix do not count.
        (frame,) = await engine.encode_texts([prefix])
        cut_at = min(cut_at, len(frame) + body.max_tokens_per_doc)
    encoded: list[EncodedInput] = []
    for part in _parts(body.texts, at_once):
        encoded += await encoded_inputs(engine, part, prefix, cut_at)
    return encoded


async def _similarities(
    engine: EmbeddingEngine, whose: Owner, query: EncodedInput, documents: Sequence[EncodedInput], at_once: int
) -> NDArray[np.float32]:
    """Cosine of each document to the query; one call after another, so that no request fills the engine's queue."""
    (wanted,) = await embedded(engine, whose, [query])
    scores = [await embedded(engine, whose, part) @ wanted for part in _parts(documents, at_once)]
    return np.concatenate(scores)


def _parts(whole: Sequence[Part], length: int) -> Iterator[Sequence[Part]]:
    return (whole[start : start + length] for start in range(0, len(whole), length))
