"""From a request's inputs to token ids and vectors; what embeddings and rerank share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobai_server.engines.embedding import EmbeddingEngine
from jobai_server.engines.owner import Owner
from jobai_server.errors import ContextTooLong, InputFailed
from jobai_server.observability import metrics
from jobai_server.openai_format.prompt_input import PromptInput
from jobai_server.openai_format.sampling import check_context


@dataclass(frozen=True, slots=True)
class EncodedInput:
    """One input as the model gets it. `param` is its place in the request, `truncated` says that it was cut."""

    param: str
    token_ids: list[int]
    truncated: bool


async def encoded_inputs(
    engine: EmbeddingEngine, inputs: Sequence[PromptInput], prefix: str, cut_at: int | None
) -> list[EncodedInput]:
    """Token ids of every input, none longer than the model takes.

    Args:
        engine: The model.
        inputs: All of them texts, or all of them token ids.
        prefix: Put in front of every text.
        cut_at: Cut longer inputs to this many tokens; None refuses inputs that are longer than the model takes.

    Raises:
        ContextTooLong: An input is too long and must not be cut; names it.
        InvalidRequest: Token ids that are none of the model's, or control tokens.
    """
    most_characters = engine.card.context_length * engine.card.longest_token
    texts = []
    for one in inputs:
        if cut_at is None:
            check_context(engine.card, len(one.text or ""), one.param)
        texts.append(prefix + (one.text or "")[:most_characters])  # no more than that could be embedded
    if inputs[0].token_ids is None:
        encoded = await engine.encode_texts(texts)
    else:
        encoded = [engine.with_ends(one.token_ids or [], one.param) for one in inputs]
    return [
        _within(engine, one, ids, cut_at, len(one.text or "") > most_characters)
        for one, ids in zip(inputs, encoded, strict=True)
    ]


def _within(
    engine: EmbeddingEngine, one: PromptInput, ids: list[int], cut_at: int | None, truncated: bool
) -> EncodedInput:
    longest = engine.card.context_length
    if cut_at is None and len(ids) > longest:
        message = f"This model takes at most {longest} tokens in one input, but '{one.param}' has {len(ids)} tokens."
        raise ContextTooLong(f"{message} Shorten it, or send 'truncate': true.", param=one.param)
    if cut_at is not None and len(ids) > cut_at:
        return EncodedInput(one.param, engine.truncated(ids, cut_at), True)
    return EncodedInput(one.param, ids, truncated)


async def embedded(engine: EmbeddingEngine, whose: Owner, inputs: Sequence[EncodedInput]) -> NDArray[np.float32]:
    """Vectors of length 1 in the inputs' order, shape (inputs, dimensions).

    Raises:
        InputFailed: naming the input's place in the request.
        EngineDied, Overloaded, RateLimited: As the engine.
    """
    try:
        vectors = await engine.embed(whose, [one.token_ids for one in inputs])
    except InputFailed as error:
        raise InputFailed(error.message, index=error.index, param=inputs[error.index].param) from None
    metrics.EMBEDDED_TEXTS.labels(engine.card.name).inc(len(inputs))
    return vectors
