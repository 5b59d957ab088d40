"""An EmbeddingEngine without a model: texts with the same letters are near each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tests.stand_in_engine import stand_in_card

from jobai_server.engines.embedding import EmbeddingFacts, InputType
from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import ModelCard
from jobai_server.errors import InputFailed, InvalidRequest

START, END = 256, 257
LONGEST = 32
"""Tokens in one input, start and end included."""
PREFIXES: dict[InputType, str] = {"query": "find: ", "document": "text: "}


@dataclass
class StandInEmbedding:
    """One token per byte; an embedding counts the bytes by their low bits.

    Attributes:
        poison: A token that the model fails on.
        fail: Raised instead of embedding.
        requests: What `embed` was asked.
    """

    facts: EmbeddingFacts = field(default_factory=lambda: EmbeddingFacts(32))
    card: ModelCard = field(
        default_factory=lambda: stand_in_card(
            name="stand-in-embedding", aliases=(), context_length=LONGEST, roles=("embedding",), longest_token=4
        )
    )
    poison: int | None = None
    fail: Exception | None = None
    requests: list[list[list[int]]] = field(default_factory=list)

    async def encode_texts(self, texts: Sequence[str]) -> list[list[int]]:
        return [[START, *text.encode(), END] for text in texts]

    def with_ends(self, token_ids: Sequence[int], param: str) -> list[int]:
        for token_id in token_ids:
            if token_id >= START:
                raise InvalidRequest(f"Invalid '{param}': {token_id} is not a token of this model.", param=param)
        return [START, *token_ids, END]

    def truncated(self, token_ids: Sequence[int], length: int | None = None) -> list[int]:
        return [*token_ids[: (length or LONGEST) - 1], END]

    async def embed(self, owner: Owner, inputs: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        self.requests.append([list(one) for one in inputs])
        if self.fail is not None:
            raise self.fail
        for index, one in enumerate(inputs):
            assert len(one) <= LONGEST
            if self.poison in one:
                raise InputFailed("The model could not embed this.", index=index)
        counts = np.stack([np.bincount(np.array(one) % 32, minlength=32) for one in inputs]).astype(np.float32)
        vectors: NDArray[np.float32] = counts / np.linalg.norm(counts, axis=1, keepdims=True)
        return vectors

    async def probe(self) -> None:
        pass
