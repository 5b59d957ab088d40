"""Server-sent events out, hang-ups in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jobai_server.errors import ServerError, ShuttingDown
from jobai_server.web.error_responses import error_body
from jobai_server.web.in_flight import ClientDisconnected, InFlight
from jobai_server.web.metering import Meter
from jobai_server.web.request_record import HANG_UP
from jobai_server.web.state import WebState

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Events: TypeAlias = AsyncGenerator[bytes, None]

KEEP_ALIVE = b": keep-alive\n\n"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


async def until_disconnect(request: Request, in_flight: InFlight, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, which is cancelled when the client hangs up or the server's drain deadline passes.

    Raises:
        ClientDisconnected, ShuttingDown: Accordingly, after the work has unwound.
    """
    task = asyncio.create_task(work)
    try:
        await _race(task, request.receive, in_flight)
    finally:
        await _unwound(task)
    return task.result()


async def event_stream(request: Request, state: WebState, opened: Callable[[], Awaitable[Events]]) -> Response:
    """An event stream whose first event is already there, so that an error before it still gets its true status.

    Where the first event takes long, the stream begins with a comment instead, so that nobody on the way takes the
    silence for the end.

    Args:
        opened: Does all that comes before the events, waiting for a model that sleeps included.
    """
    seconds = state.settings.keep_alive_seconds
    first = asyncio.create_task(_begin(opened))
    try:
        await _race(first, request.receive, state.in_flight, seconds=seconds)
    except BaseException:
        await _unwound(first)
        raise
    if first.done():
        first.result()
    return EventStream(first, state.in_flight, seconds)


async def _begin(opened: Callable[[], Awaitable[Events]]) -> tuple[bytes, Events]:
    events = await opened()
    try:
        return await anext(events), events
    except BaseException:
        await events.aclose()
        raise


class EventStream(Response):
    """Sends events as they come. An error on the way becomes one last event; a hang-up closes the events.

    Args:
        first: Waits for the first event, and has the others.
        keep_alive_seconds: How long to wait for it between two comments.
    """

    def __init__(
        self, first: asyncio.Task[tuple[bytes, Events]], in_flight: InFlight, keep_alive_seconds: float
    ) -> None:
        super().__init__()
        self._keep_alive_seconds = keep_alive_seconds
        self._first = first
        self._in_flight = in_flight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        send = scope["state"]["send_event"]
        task = asyncio.create_task(self._send_events(send, scope))
        try:
            await _race(task, receive, self._in_flight)
        except ClientDisconnected:
            scope["state"]["error_code"] = HANG_UP
            return
        except ShuttingDown as error:
            await _unwound(task)
            await _send_error(send, error, scope)
        finally:
            await _unwound(task)
            await _unwound(self._first)
            if not self._first.cancelled() and not self._first.exception():
                await self._first.result()[1].aclose()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_events(self, send: Send, scope: Scope) -> None:
        try:
            while not self._first.done():
                await send({"type": "http.response.body", "body": KEEP_ALIVE, "more_body": True})
                await asyncio.wait({self._first}, timeout=self._keep_alive_seconds)
            event, events = self._first.result()
            await send({"type": "http.response.body", "body": event, "more_body": True})
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        except ServerError as error:
            await _send_error(send, error, scope)
        except Exception:
            log.exception("a stream ended in an unexpected error")
            defect = ServerError("The server had an error of its own.", code="internal_error")
            await _send_error(send, defect, scope)


async def _send_error(send: Send, error: ServerError, scope: Scope) -> None:
    meter: Meter = scope["state"]["meter"]
    meter.failed = True
    scope["state"]["error_code"] = error.code
    body = b"data: " + json.dumps(error_body(error)).encode() + b"\n\n"
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _race(task: asyncio.Task[Any], receive: Receive, in_flight: InFlight, seconds: float | None = None) -> None:
    """Wait for the task, the client's hang-up, the drain deadline or so many seconds, whichever comes first."""
    hang_up = asyncio.ensure_future(_hang_up(receive))
    try:
        ends = {task, in_flight.cut, hang_up}
        done, _ = await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task.done() or not done:
            return
        if hang_up.done():
            raise ClientDisconnected
        raise ShuttingDown("The server is shutting down.", retry_after=10)
    finally:
        hang_up.cancel()


async def _hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _unwound(task: asyncio.Task[Any]) -> None:
    """Cancel the task if it still runs, and wait until everything in it is closed."""
    if not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
