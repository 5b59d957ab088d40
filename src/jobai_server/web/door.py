"""The strict door: every request to a route passes here first. It reads the body, within bounds of size and time.

What the body says is looked at later, by `json_body.py`: only once it is known that its sender may say anything.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid

from opentelemetry.trace import Tracer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobai_server.errors import (
    BodyTooLarge,
    InvalidRequest,
    ServerError,
    ShuttingDown,
)
from jobai_server.observability.tracing import RequestSpan
from jobai_server.settings import ServerSettings
from jobai_server.web.error_responses import CLIENT_CLOSED_REQUEST, defect_response, error_response
from jobai_server.web.in_flight import InFlight
from jobai_server.web.request_record import RequestRecord

log = logging.getLogger(__name__)

BODY_SECONDS = 30.0
HEALTH_PATHS = frozenset({"/health", "/health/live", "/health/ready"})
# A body that is too large is read on and thrown away up to this many times the limit: a client that is still sending
# when the connection closes would see a reset instead of the answer.
LINGER = 4
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


class RequestTimeout(InvalidRequest):
    code = "request_timeout"


class ClientLeft(Exception):
    """The client hung up before its request was whole; nobody is there to answer."""


class DirectEvents:
    """Pure ASGI middleware, the outermost: streams send their events past all the others.

    What wraps `send` in those needs to see the start of an answer only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["send_event"] = send
        await self._app(scope, receive, send)


class Door:
    """Pure ASGI middleware."""

    def __init__(
        self, app: ASGIApp, settings: ServerSettings, in_flight: InFlight, tracer: Tracer | None = None
    ) -> None:
        self._app = app
        self._max_bytes = settings.max_body_bytes
        self._in_flight = in_flight
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        record = RequestRecord(_request_id(headers), RequestSpan(self._tracer, headers) if self._tracer else None)
        scope.setdefault("state", {})["request_id"] = record.request_id

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                given = message.get("headers", ())
                message["headers"] = [
                    *given,
                    # Shared caches do not know X-API-Key for a key.
                    *([] if any(name == b"cache-control" for name, _ in given) else [(b"cache-control", b"no-store")]),
                    (b"x-request-id", record.request_id.encode()),
                    (b"openai-processing-ms", b"%d" % record.milliseconds()),
                    (b"x-content-type-options", b"nosniff"),
                    # A client that went on using the connection would lose a request when this worker ends.
                    *([(b"connection", b"close")] if self._in_flight.draining else ()),
                ]
            await send(message)

        with self._in_flight.request():
            try:
                if self._in_flight.draining and scope["path"] not in HEALTH_PATHS:
                    raise ShuttingDown("The server is shutting down.", retry_after=10)
                if scope["method"] in BODY_METHODS:
                    scope["state"]["body"] = await self._body(headers, receive)
                await self._app(scope, receive, send_named)
            except ClientLeft:
                record.status = CLIENT_CLOSED_REQUEST
            except ServerError as error:
                scope["state"]["error_code"] = error.code
                await error_response(error)(scope, receive, send_named)
            except Exception as error:  # a defect of ours
                scope["state"]["error_code"] = "internal_error"
                log.error("request %s: unexpected error", record.request_id, exc_info=error)
                if not record.status:  # uvicorn closes the connection of an answer that has begun and does not end
                    await defect_response(record.request_id)(scope, receive, send_named)
                record.status = 500
            finally:
                record.close(scope)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body, read within bounds; `receive` then only tells of the hang-up."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return await self._read(receive, _declared_length(headers))
        except TimeoutError:
            raise RequestTimeout(f"The request body did not arrive within {BODY_SECONDS:g} s.") from None

    async def _read(self, receive: Receive, declared: int) -> bytes:
        parts, size, more = bytearray(), 0, declared <= self._max_bytes * LINGER
        while more and size <= self._max_bytes * LINGER:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft
            part = message.get("body", b"")
            size += len(part)
            if size <= self._max_bytes:
                parts += part
            more = message.get("more_body", False)
        if max(size, declared) > self._max_bytes:
            raise BodyTooLarge(f"The request body is over the limit of {self._max_bytes} bytes.")
        return bytes(parts)


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if declared.isdecimal() and len(declared) < 20 else 0


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"
