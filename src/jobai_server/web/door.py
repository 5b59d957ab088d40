"""The strict door: every request passes here first, as raw bytes.

Size, time, media type, UTF-8 and JSON itself are checked before any parser of the app sees the body, so that everything
behind the door meets plain, finite, bounded JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobai_server.errors import (
    BodyTooLarge,
    InvalidJson,
    InvalidRequest,
    ServerError,
    ShuttingDown,
    UnsupportedMediaType,
)
from jobai_server.settings import ServerSettings
from jobai_server.web.error_responses import error_response
from jobai_server.web.in_flight import InFlight

MAX_DEPTH = 32
BODY_SECONDS = 30.0
# A body that is too large is read on and thrown away up to this many times the limit: a client that is still sending
# when the connection closes would see a reset instead of the answer.
LINGER = 4
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
UNSAFE_ESCAPE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


class RequestTimeout(InvalidRequest):
    code = "request_timeout"


class ClientLeft(Exception):
    """The client hung up before its request was whole; nobody is there to answer."""


class Door:
    """Pure ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, in_flight: InFlight) -> None:
        self._app = app
        self._max_bytes = settings.max_body_bytes
        self._in_flight = in_flight

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        # Streams send their events past all middleware: what wraps `send` needs to see the start of an answer only.
        scope["state"]["send_event"] = send
        with self._in_flight.request():
            try:
                if self._in_flight.draining and scope["path"] != "/health":
                    raise ShuttingDown("The server is shutting down.", retry_after=10)
                if scope["method"] in BODY_METHODS:
                    scope["state"]["document"] = await self._document(headers, receive)
            except ClientLeft:
                return
            except ServerError as error:
                await error_response(error)(scope, receive, send_named)
                return
            await self._app(scope, receive, send_named)

    async def _document(self, headers: Headers, receive: Receive) -> dict[str, Any]:
        """The whole body, read within bounds, checked and decoded; `receive` then only tells of the hang-up."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._read(receive, _declared_length(headers))
        except TimeoutError:
            raise RequestTimeout(f"The request body did not arrive within {BODY_SECONDS:g} s.") from None
        if not body and "content-type" not in headers:
            return {}  # a body that says nothing and claims nothing: what fields it lacks is for the route to say
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise UnsupportedMediaType("Send the body as JSON, with the header Content-Type: application/json.")
        return decode_json(body)

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


def decode_json(body: bytes) -> dict[str, Any]:
    """A JSON object, unless it is one that trips up what comes after.

    Raises:
        InvalidJson: Not UTF-8, not JSON, not an object, NaN or infinite numbers, duplicate keys, nesting deeper than
            MAX_DEPTH, lone surrogates or NUL characters.
    """
    try:
        text = body.decode()
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_finite, parse_float=_finite)
    except UnicodeDecodeError:
        raise InvalidJson("The request body is not valid UTF-8.", code="invalid_unicode") from None
    except json.JSONDecodeError as error:
        raise InvalidJson(
            f"The request body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except (RecursionError, ValueError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise InvalidJson(f"The request body is not acceptable JSON: {reason}.") from None
    if not isinstance(document, dict):
        raise InvalidJson("The request body must be a JSON object.")
    _check_depth(document)
    if b"\x00" in body or UNSAFE_ESCAPE.search(body):
        _check_text(document)
    return document


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise InvalidJson(f"The request body is nested more than {MAX_DEPTH} levels deep.")


def _check_text(document: Any) -> None:
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and ("\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
            raise InvalidJson(
                "The request body holds a NUL character or half of a surrogate pair.", code="invalid_unicode"
            )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("an object has the same key twice")
    return document


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is out of range")
    return number


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"
