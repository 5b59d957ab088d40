"""Header → caller, and the role a route needs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from jobai_server.auth.caller import Caller
from jobai_server.auth.role import Role, permits
from jobai_server.errors import InvalidRequest, NotAuthenticated, PermissionDenied
from jobai_server.web.state import WebState


async def authenticated(request: Request) -> Caller:
    """The caller, by `X-API-Key` or `Authorization: Bearer`; kept as `request.state.caller` as well.

    Raises:
        NotAuthenticated: No key, or one that is not valid.
        InvalidRequest: Both headers, with different keys.
        RateLimited: Too many invalid keys came from this address.
    """
    state: WebState = request.app.state.web
    guesses = state.limits.guesses
    address = guesses.check(request)
    try:
        request.state.caller = caller = state.access.authenticate(_presented_key(request))
    except NotAuthenticated as error:
        guesses.note(address, error)
        raise
    return caller


CallerDependency = Annotated[Caller, Depends(authenticated)]


class RequiredRole:
    """The dependency by which a route, or its whole router, says whom it serves."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, caller: CallerDependency) -> None:
        if not permits(caller.role, self.role):
            raise PermissionDenied(f"This needs a key with the role {self.role}; the role of yours is {caller.role}.")


def requires(role: Role) -> Any:
    """`APIRouter(dependencies=[requires("client")])`: only keys with this role, and admin keys, get in."""
    return Depends(RequiredRole(role))


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
