"""Which role each route needs; a route that does not say so is a defect that keeps the server from starting."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from jobai_server.auth.role import Role
from jobai_server.web.authentication import RequiredRole

OPEN_PATHS = ("/", "/page/{name}", "/health", "/health/live", "/health/ready")


def role_of(route: BaseRoute) -> Role | None:
    """The role the route needs, or None where it is open to everyone.

    Raises:
        RuntimeError: It declares none, or more than one.
    """
    path = getattr(route, "path", repr(route))
    roles = {*_declared(route.dependant)} if isinstance(route, APIRoute) else set()
    if len(roles) == 1:
        return roles.pop()
    if not roles and path in OPEN_PATHS:
        return None
    raise RuntimeError(f"the route {path} must declare the one role it needs, with dependencies=[requires(...)]")


def check_roles(app: FastAPI) -> None:
    """
    Raises:
        RuntimeError: Naming a route that does not declare the role it needs.
    """
    for route in app.routes:
        role_of(route)


def _declared(dependant: Dependant) -> Iterator[Role]:
    if isinstance(dependant.call, RequiredRole):
        yield dependant.call.role
    for dependency in dependant.dependencies:
        yield from _declared(dependency)
