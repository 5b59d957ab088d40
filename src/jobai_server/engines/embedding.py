"""What the rest of the server may ask of an embedding engine; nothing here knows sentence-transformers or HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import ModelCard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

InputType = Literal["query", "document", "clustering", "classification"]


@dataclass(frozen=True, slots=True)
class EmbeddingFacts:
    """What an embedding model can do.

    Attributes:
        dimensions: Numbers in one embedding.
        nested: Trained so that the first n numbers of an embedding are an embedding too (Matryoshka).
        prefixes: What the model expects in front of a text, by its purpose; empty for a model without such words.
        default_input_type: The purpose where a request names none; None puts in no prefix.
    """

    dimensions: int
    nested: bool = False
    prefixes: Mapping[InputType, str] = field(default_factory=dict)
    default_input_type: InputType | None = None


class EmbeddingEngine(Protocol):
    """A model that turns texts into vectors."""

    @property
    def card(self) -> ModelCard: ...

    @property
    def facts(self) -> EmbeddingFacts: ...

    async def encode_texts(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of every text with the model's own start and end, not cut; control-token look-alikes stay text."""
        ...

    def with_ends(self, token_ids: Sequence[int], param: str) -> list[int]:
        """A client's token ids between the model's own start and end.

        Raises:
            InvalidRequest: naming `param`, for ids outside the vocabulary and control tokens.
        """
        ...

    def truncated(self, token_ids: Sequence[int], length: int | None = None) -> list[int]:
        """At most `length` tokens, the model's length where it is None, the model's own end kept."""
        ...

    async def embed(self, owner: Owner, inputs: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Vectors of length 1 in the inputs' order, shape (inputs, dimensions).

        Args:
            inputs: Token ids as `encode_texts` gives them, each at most `card.context_length` long.

        Raises:
            InputFailed: The model could not embed one of them; the others would have been embedded.
            RateLimited: The key has as much waiting as one key may.
            Overloaded: The engine's queue is full, or it did not come to this in time.
            EngineDied: The engine died meanwhile.
        """
        ...

    async def probe(self) -> None:
        """Do the least there is to do, past the queue.

        Raises:
            ServerError: It does not work.
        """
        ...
