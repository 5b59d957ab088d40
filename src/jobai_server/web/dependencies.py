"""What a route may ask for in its signature."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from jobai_server.web.state import WebState


def _web_state(request: Request) -> WebState:
    state: WebState = request.app.state.web
    return state


StateDependency = Annotated[WebState, Depends(_web_state)]
