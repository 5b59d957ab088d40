"""GET /version."""

from __future__ import annotations

from fastapi import APIRouter

from jobai_server.engines.platform import vllm_version
from jobai_server.versions import server_version
from jobai_server.web.authentication import requires

router = APIRouter(dependencies=[requires("client")])


@router.get("/version")
async def version() -> dict[str, str | None]:
    return {"version": server_version(), "vllm": vllm_version()}
