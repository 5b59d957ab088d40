"""The API key a request presents: in one of two headers, and in the query only where that was allowed."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from jobai_server.auth.api_key import looks_like_a_key
from jobai_server.errors import InvalidRequest, NotAuthenticated

QUERY_PARAMETER = "api_key"
# What people call it who try; all are refused alike, and so is a whole key under any name.
_QUERY_NAMES = frozenset({QUERY_PARAMETER, "apikey", "api-key", "x-api-key", "key", "token", "access_token"})
_ADVICE = "send it as Authorization: Bearer KEY or X-API-Key: KEY"


def presented_key(request: HTTPConnection, *, query_allowed: bool) -> str:
    """The key as it came.

    Args:
        query_allowed: Whether `?api_key=` counts here.

    Raises:
        NotAuthenticated: There is none, or it is in the query only.
        InvalidRequest: There are two different ones, or one in the query besides the one in a header.
    """
    header = _header_key(request)
    query = _query_key(request) if request.scope["query_string"] else None
    if query is None:
        if header is None:
            raise NotAuthenticated(f"No API key: {_ADVICE}.", code="missing_api_key")
        return header
    name, key = query
    if query_allowed and name == QUERY_PARAMETER:
        if header is not None and header != key:
            raise InvalidRequest(
                "The headers and the query hold different keys; send one.", code="conflicting_api_keys"
            )
        return key
    reason = f"An API key in the query ends up in logs and histories, and is refused; {_ADVICE}."
    if header is None:
        raise NotAuthenticated(reason, code="api_key_in_query")
    raise InvalidRequest(reason, code="api_key_in_query")


def _header_key(request: HTTPConnection) -> str | None:
    parts = [value.partition(" ") for value in request.headers.getlist("authorization")]
    bearers = [token.strip() for scheme, _, token in parts if scheme.lower() == "bearer"]
    keys = {key for key in (*bearers, *(one.strip() for one in request.headers.getlist("x-api-key"))) if key}
    if len(keys) > 1:
        raise InvalidRequest("The headers hold different keys; send one.", code="conflicting_api_keys")
    return keys.pop() if keys else None


def _query_key(request: HTTPConnection) -> tuple[str, str] | None:
    """Name and value of the first query parameter that holds a key, by its name or by its form."""
    for name, value in request.query_params.multi_items():
        if name.lower() in _QUERY_NAMES or looks_like_a_key(value):
            return name, value
    return None
