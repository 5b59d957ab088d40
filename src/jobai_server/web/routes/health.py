"""GET /health: open to everyone, says how every model is doing."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from jobai_server.engines.catalog import Entry
from jobai_server.versions import server_version
from jobai_server.web.dependencies import StateDependency
from jobai_server.web.state import WebState

router = APIRouter()


@router.get("/health")
async def health(state: StateDependency) -> JSONResponse:
    """200 while at least one model answers, 503 before and after; load balancers need no more than the status."""
    status = _overall(state)
    body = {
        "status": status,
        "version": server_version(),
        "uptime_seconds": round(time.time() - state.started, 1),
        "models": {name: _model(entry) for name, entry in state.catalog.entries.items()},
    }
    return JSONResponse(body, 200 if status in {"ok", "degraded"} else 503, {"cache-control": "no-store"})


def _overall(state: WebState) -> str:
    states = {entry.status.state for entry in state.catalog.entries.values()}
    if state.in_flight.draining:
        return "stopping"
    if states == {"ready"}:
        return "ok"
    if "ready" in states:
        return "degraded"
    return "starting" if "starting" in states else "unavailable"


def _model(entry: Entry) -> dict[str, Any]:
    model: dict[str, Any] = {
        "state": entry.status.state,
        "since": round(entry.status.since, 3),
        "restarts": entry.status.restarts,
        "roles": list(entry.card.roles),
    }
    if entry.status.reason:
        model["reason"] = entry.status.reason
    return model
