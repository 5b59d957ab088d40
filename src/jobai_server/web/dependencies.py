"""What a route may ask for in its signature. All are coroutines: FastAPI would run plain functions in threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from jobai_server.openai_format.request_model import RequestPart, parse_query, parse_request
from jobai_server.web.json_body import json_body
from jobai_server.web.state import WebState


async def _web_state(request: Request) -> WebState:
    state: WebState = request.app.state.web
    return state


StateDependency = Annotated[WebState, Depends(_web_state)]

Body = TypeVar("Body", bound=RequestPart)


def body_of(body_type: type[Body]) -> Callable[[Request], Awaitable[Body]]:
    """A dependency that reads the body as `body_type`, strictly."""

    async def parsed(request: Request) -> Body:
        return parse_request(body_type, json_body(request))

    return parsed


def query_of(query_type: type[Body]) -> Callable[[Request], Awaitable[Body]]:
    """A dependency that reads the query string as `query_type`, strictly."""

    async def parsed(request: Request) -> Body:
        return parse_query(query_type, request.query_params.multi_items())

    return parsed
