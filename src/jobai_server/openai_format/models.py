"""The objects of GET /v1/models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jobai_server.engines.protocol import ModelCard

if TYPE_CHECKING:
    from openai.types import Model

OWNER = "jobai-server"


def model_object(card: ModelCard, name: str | None = None) -> Model:
    """One model under one of its names (its first where none is given).

    Besides OpenAI's fields: `root`, the first name; `max_model_len`, the context length in tokens, under the
    name vLLM's own server uses; `roles`, the roles that lead to this model.
    """
    from openai.types import Model

    return Model.model_validate(
        {
            "id": name or card.name,
            "object": "model",
            "created": card.created,
            "owned_by": OWNER,
            "root": card.name,
            "max_model_len": card.context_length,
            "roles": list(card.roles),
        }
    )


def model_list(cards: Iterable[ModelCard]) -> dict[str, Any]:
    """All models, one entry per served name."""
    entries = [model_object(card, name) for card in cards for name in (card.name, *card.aliases)]
    return {"object": "list", "data": [entry.model_dump(mode="json", exclude_unset=True) for entry in entries]}
