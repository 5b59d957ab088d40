"""The one dependency that counts requests; `app.py` gives it to every router that needs a key."""

from __future__ import annotations

from fastapi import Request

from jobai_server.web.authentication import CallerDependency
from jobai_server.web.metering import meter_of


async def rate_limited(request: Request, caller: CallerDependency) -> None:
    """Count the request for its key.

    Raises:
        RateLimited: It is one too many.
    """
    await meter_of(request).admit(caller)
