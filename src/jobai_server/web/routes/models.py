"""GET /v1/models and /v1/models/{id}."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from jobai_server.engines.protocol import ModelCard
from jobai_server.web.authentication import CallerDependency
from jobai_server.web.dependencies import StateDependency

router = APIRouter()


@router.get("/v1/models")
async def list_models(state: StateDependency, _: CallerDependency) -> dict[str, Any]:
    cards = state.catalog.cards()
    names = [(name, card) for card in cards for name in (card.name, *card.aliases)]
    return {"object": "list", "data": [_model(name, card) for name, card in names]}


@router.get("/v1/models/{model:path}")
async def retrieve_model(model: str, state: StateDependency, _: CallerDependency) -> dict[str, Any]:
    return _model(model, state.catalog.card(model))


def _model(name: str, card: ModelCard) -> dict[str, Any]:
    """OpenAI's model object, with what vLLM's adds to it, and the roles the model plays here."""
    return {
        "id": name,
        "object": "model",
        "created": card.created,
        "owned_by": "jobai-server",
        "root": card.name,
        "max_model_len": card.context_length,
        "roles": list(card.roles),
    }
