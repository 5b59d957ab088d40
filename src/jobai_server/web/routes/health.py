"""GET /health and its short forms: open to everyone."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from jobai_server.engines.catalog import AWAY, Entry
from jobai_server.engines.request_queue import QueueLength
from jobai_server.versions import server_version
from jobai_server.web.dependencies import StateDependency
from jobai_server.web.state import WebState

router = APIRouter()

# Many load balancers and uptime checkers ask with HEAD; the body is left out where the answer is sent.
METHODS = ["GET", "HEAD"]


@router.api_route("/health", methods=METHODS)
async def health(state: StateDependency) -> JSONResponse:
    """200 while at least one model answers, 503 before and after; load balancers need no more than the status."""
    status = _overall(state)
    body = {
        "status": status,
        "version": server_version(),
        "uptime_seconds": round(time.time() - state.started, 1),
        "models": {
            name: _model(entry, state.queues.of(name).length()) for name, entry in state.catalog.entries.items()
        },
    }
    return JSONResponse(body, _code(status))


@router.api_route("/health/live", methods=METHODS)
async def live() -> JSONResponse:
    """200 for as long as there is a server: to decide whether it has to be started again."""
    return JSONResponse({"status": "ok"})


@router.api_route("/health/ready", methods=METHODS)
async def ready(state: StateDependency) -> Response:
    """As /health, without the details: to decide whether requests may come here."""
    status = _overall(state)
    return JSONResponse({"status": status}, _code(status))


def _code(status: str) -> int:
    return 200 if status in {"ok", "degraded"} else 503


def _overall(state: WebState) -> str:
    # One that sleeps answers whoever wants it.
    states = {"ready" if entry.status.state in AWAY else entry.status.state for entry in state.catalog.entries.values()}
    if state.in_flight.draining:
        return "stopping"
    if states == {"ready"}:
        return "ok"
    if "ready" in states:
        return "degraded"
    return "starting" if "starting" in states else "unavailable"


def _model(entry: Entry, queue: QueueLength) -> dict[str, Any]:
    model: dict[str, Any] = {
        "state": entry.status.state,
        "since": round(entry.status.since, 3),
        "restarts": entry.status.restarts,
        "roles": list(entry.card.roles),
        "queue": {"waiting": queue.waiting, "running": queue.running},
    }
    if entry.status.reason:
        model["reason"] = entry.status.reason
    if failure := entry.status.last_failure:
        at, reason = failure
        model["last_failure"] = {"at": round(at, 3), "reason": reason}
    if probe := entry.probe:
        model["last_probe"] = {"at": round(probe.at, 3), "seconds": round(probe.seconds, 3), "ok": not probe.reason}
        if probe.reason:
            model["last_probe"]["reason"] = probe.reason
    return model
