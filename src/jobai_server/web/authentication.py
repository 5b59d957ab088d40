"""Header → caller."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from fastapi import Request

from jobai_server.errors import InvalidRequest, NotAuthenticated
from jobai_server.web.state import WebState


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent the request."""

    key_id: str
    role: str


async def authenticated(request: Request) -> Caller:
    """The caller, by `X-API-Key` or `Authorization: Bearer`.

    Raises:
        NotAuthenticated: No key, or one that is not valid.
        InvalidRequest: Both headers, with different keys.
    """
    state: WebState = request.app.state.web
    key = _presented_key(request)
    # Equal digests, compared in constant time, reveal neither the key's length nor how much of it was right.
    if not hmac.compare_digest(_digest(key), _digest(state.admin_key)):
        raise NotAuthenticated("The API key is not valid.")
    return Caller("admin", "admin")


def _presented_key(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    api_key = request.headers.get("x-api-key", "").strip()
    if bearer and api_key and bearer != api_key:
        raise InvalidRequest("Authorization and X-API-Key hold different keys; send one.", code="conflicting_api_keys")
    if not (bearer or api_key):
        raise NotAuthenticated(
            "No API key: send it as Authorization: Bearer KEY or X-API-Key: KEY.", code="missing_api_key"
        )
    return bearer or api_key


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
