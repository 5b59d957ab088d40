"""The one table from our errors to HTTP, in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from jobai_server.errors import (
    BodyTooLarge,
    Conflict,
    InvalidRequest,
    NotAuthenticated,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    ServerError,
    Unavailable,
    UnknownCalibration,
    UnknownKey,
    UnknownModel,
    UnsupportedMediaType,
)
from jobai_server.logs import masked
from jobai_server.web.in_flight import ClientDisconnected

# nginx's status for a client that hung up: for logs and metrics, nobody receives it.
CLIENT_CLOSED_REQUEST = 499

# The first class in an error's ancestry that is listed here decides.
STATUS: dict[type[ServerError], tuple[int, str]] = {
    InvalidRequest: (400, "invalid_request_error"),
    NotAuthenticated: (401, "invalid_request_error"),
    PermissionDenied: (403, "invalid_request_error"),
    UnknownModel: (404, "invalid_request_error"),
    UnknownKey: (404, "invalid_request_error"),
    UnknownCalibration: (404, "invalid_request_error"),
    Conflict: (409, "invalid_request_error"),
    PreconditionFailed: (412, "invalid_request_error"),
    BodyTooLarge: (413, "invalid_request_error"),
    UnsupportedMediaType: (415, "invalid_request_error"),
    RateLimited: (429, "requests"),  # or what else there was too much of
    Unavailable: (503, "service_unavailable_error"),
    ServerError: (500, "server_error"),
}


def error_body(error: ServerError) -> dict[str, Any]:
    """OpenAI's error object; also what an error inside a stream carries."""
    kind = error.kind if isinstance(error, RateLimited) else _row(error)[1]
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": error.code}}


def error_response(error: ServerError) -> Response:
    status, _ = _row(error)
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(error.retry_after)
        headers["retry-after-ms"] = str(error.retry_after * 1000)
    elif isinstance(error, RateLimited):
        milliseconds = math.ceil(error.retry_seconds * 1000)
        headers["retry-after"] = str(math.ceil(milliseconds / 1000))
        headers["retry-after-ms"] = str(milliseconds)
        if not error.retryable:
            headers["x-should-retry"] = "false"  # OpenAI's clients heed it
    elif isinstance(error, NotAuthenticated):
        headers["www-authenticate"] = "Bearer"
    elif isinstance(error, Conflict):
        headers["x-should-retry"] = "false"  # OpenAI's clients retry a 409 otherwise
    elif isinstance(error, BodyTooLarge):
        headers["connection"] = "close"  # the rest of the body is not going to be read
    return _json(error_body(error), status, headers)


def defect_response(request_id: str) -> Response:
    """For an exception that nobody expected; the log has what there is to know."""
    message = f"The server had an error of its own; the log names it under request id {request_id}."
    return error_response(ServerError(message, code="internal_error"))


def install(app: FastAPI) -> None:
    """Give the app a handler for all that is raised on purpose; the door answers for defects."""
    app.add_exception_handler(ServerError, _on_server_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnected, _on_disconnect)


def _row(error: ServerError) -> tuple[int, str]:
    return next(STATUS[ancestor] for ancestor in type(error).__mro__ if ancestor in STATUS)


def _json(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/json")


async def _on_server_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServerError)
    request.scope["state"]["error_code"] = error.code
    return error_response(error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message, code, path = str(error.detail), None, masked(request.url.path)[:128]
    if error.status_code == HTTPStatus.NOT_FOUND:
        message, code = f"Unknown request URL: {request.method} {path}.", "unknown_url"
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        message, code = f"Method {request.method} is not allowed for {path}.", "method_not_allowed"
    request.scope["state"]["error_code"] = code
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    return _json(body, error.status_code, dict(error.headers or {}))


async def _on_disconnect(_: Request, __: Exception) -> Response:
    return Response(status_code=CLIENT_CLOSED_REQUEST)
