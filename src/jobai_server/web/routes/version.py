"""GET /version."""

from __future__ import annotations

from fastapi import APIRouter

from jobai_server.engines.platform import vllm_version
from jobai_server.versions import server_version
from jobai_server.web.authentication import CallerDependency

router = APIRouter()


@router.get("/version")
async def version(_: CallerDependency) -> dict[str, str | None]:
    return {"version": server_version(), "vllm": vllm_version()}
