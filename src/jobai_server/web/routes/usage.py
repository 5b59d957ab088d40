"""GET /v1/usage: what the caller's own key has used; GET /api-keys/usage/{key}: the same of any key, for admins."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from jobai_server.auth.usage.usage_counts import HOUR, UsageSum
from jobai_server.auth.usage.usage_table import MAX_ROWS, read_usage, total_usage
from jobai_server.errors import InvalidRequest
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency
from jobai_server.web.state import WebState

own_router = APIRouter(dependencies=[requires("client")])
admin_router = APIRouter(dependencies=[requires("admin")])

DEFAULT_HOURS = 24
LONGEST_SECONDS = 366 * 24 * HOUR
LATEST = 1 << 40
"""Far beyond every time there will be, and within what databases can hold."""


async def _period(request: Request) -> tuple[int, int]:
    """The hours asked for with `start_time` and `end_time`, in Unix seconds; the last 24 where nothing is asked for.

    Raises:
        InvalidRequest: Not numbers, out of order, or more than a year.
    """
    for name in request.query_params:
        if name not in ("start_time", "end_time"):
            raise InvalidRequest(f"Unknown parameter: '{name[:64]}'.", param=name[:64], code="unknown_parameter")
    end = _time(request, "end_time", int(time.time()) + 1)
    start = _time(request, "start_time", max(0, end - DEFAULT_HOURS * HOUR)) // HOUR * HOUR
    if not start < end <= start + LONGEST_SECONDS:
        message = "'start_time' must be before 'end_time', and by no more than 366 days."
        raise InvalidRequest(message, param="start_time")
    return start, end


Period = Annotated[tuple[int, int], Depends(_period)]


@own_router.get("/v1/usage")
async def own_usage(caller: CallerDependency, state: StateDependency, period: Period) -> dict[str, Any]:
    return await _report(state, caller.key_id, period)


@admin_router.get("/api-keys/usage/{key:path}")
async def usage_of_key(key: str, state: StateDependency, period: Period) -> dict[str, Any]:
    record = await state.access.find(key)
    return await _report(state, record.id, period)


async def _report(state: WebState, key_id: str, period: tuple[int, int]) -> dict[str, Any]:
    start, end = period
    async with state.access.store.database.reading() as connection:
        rows = await read_usage(connection, key_id, start, end)
        total = await total_usage(connection, key_id, start, end)
    return {
        "object": "usage",
        "key": key_id,
        "start_time": start,
        "end_time": end,
        "total": _sums(total),
        "data": [
            {"start_time": slot.hour, "model": slot.model or None, "route": slot.route} | _sums(used)
            for slot, used in rows
        ],
        "has_more": len(rows) == MAX_ROWS,
    }


def _sums(used: UsageSum) -> dict[str, Any]:
    return {
        "requests": used.requests,
        "errors": used.errors,
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "total_tokens": used.prompt_tokens + used.completion_tokens,
        "latency_seconds": round(used.latency, 6),
    }


def _time(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 15 and int(given) <= LATEST):
        raise InvalidRequest(f"Invalid '{name}': a Unix time in whole seconds is expected.", param=name)
    return int(given)
