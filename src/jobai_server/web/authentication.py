"""Header → caller, and the role a route needs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from jobai_server.auth.caller import Caller
from jobai_server.auth.role import Role, permits
from jobai_server.errors import NotAuthenticated, PermissionDenied
from jobai_server.settings import ServerSettings
from jobai_server.web.presented_key import presented_key
from jobai_server.web.state import WebState

QUERY_KEY_PATH = "/v1/completions"


async def authenticated(request: Request) -> Caller:
    """The caller, by `X-API-Key` or `Authorization: Bearer`; kept as `request.state.caller` as well.

    Raises:
        NotAuthenticated: No key, or one that is not valid.
        InvalidRequest: Two different keys, or one in the query.
        RateLimited: Too many invalid keys came from this address.
    """
    state: WebState = request.app.state.web
    guesses = state.limits.guesses
    address = guesses.check(request)
    try:
        key = presented_key(request, query_allowed=_may_be_in_query(request, state.settings))
        request.state.caller = caller = await state.access.authenticate_new(key)
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


def _may_be_in_query(request: Request, settings: ServerSettings) -> bool:
    """A browser's EventSource can send no headers; by the route that was matched, not by the URL."""
    return settings.allow_query_key and request.method == "GET" and request.scope["route"].path == QUERY_KEY_PATH
