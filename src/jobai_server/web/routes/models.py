"""GET /v1/models and /v1/models/{id}."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from jobai_server.openai_format.models import model_list, model_object
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency
from jobai_server.web.json_response import model_response

router = APIRouter(dependencies=[requires("client")])


@router.get("/v1/models")
async def list_models(caller: CallerDependency, state: StateDependency) -> dict[str, Any]:
    return model_list(state.catalog.cards(caller.models))


@router.get("/v1/models/{model:path}")
async def retrieve_model(model: str, caller: CallerDependency, state: StateDependency) -> Response:
    return model_response(model_object(state.catalog.card(model, caller.models), model))
