"""GET /metrics, in Prometheus's text format."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from jobai_server.observability.exposition import CONTENT_TYPE, exposition
from jobai_server.web.authentication import requires
from jobai_server.web.dependencies import StateDependency
from jobai_server.web.state_metrics import readings

router = APIRouter(dependencies=[requires("monitor")])


@router.get("/metrics")
async def metrics(state: StateDependency) -> Response:
    # Reading every process's files would hold up all streams of this worker.
    text = await asyncio.to_thread(exposition, lambda: list(readings(state)))
    return Response(text, headers={"content-type": CONTENT_TYPE})
