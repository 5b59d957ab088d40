"""Answers that are one JSON document."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import Response


def model_response(model: BaseModel) -> Response:
    """One of the openai package's own classes as JSON; fields that were never set stay out."""
    return Response(model.model_dump_json(exclude_unset=True), media_type="application/json")
