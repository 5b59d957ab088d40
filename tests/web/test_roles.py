"""Every route × every kind of key, generated from the app's own routes: a new route is in here by itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, ServedApp, served_app

from jobai_server.app import create_app
from jobai_server.auth.api_key import new_api_key
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.role import Role, permits
from jobai_server.web.authentication import requires
from jobai_server.web.route_roles import OPEN_PATHS, check_roles, role_of

# What a request must hold to get past the door; what it asks for does not matter here.
ANSWERED = {200, 201, 400, 404, 409}
EXPECTED_ROLES: dict[str, Role] = {
    "/v1/models/stand-in/": "admin",
    "/v1": "client",
    "/version": "client",
    "/api-keys": "admin",
    "/metrics": "monitor",
}


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine()) as served:
        served.client.headers.pop("X-API-Key")
        yield served


@pytest.fixture
async def keys(served: ServedApp) -> dict[str, str | None]:
    """A key of every kind, by the error code that it gets everywhere; the others by their role."""
    access = served.state.access
    made: dict[str, str | None] = {"missing_api_key": None, "invalid_api_key": new_api_key("0" * 12)}
    for kind in ("api_key_expired", "api_key_revoked", "client", "monitor", "admin"):
        role: Any = kind if kind in ("client", "monitor") else "admin"
        expires_at = 1.0 if kind == "api_key_expired" else None
        record, made[kind] = await access.create("tester", KeyFields(name=kind, role=role, expires_at=expires_at))
        if kind == "api_key_revoked":
            await access.revoke("tester", record.id)
    return made


def routes(served: ServedApp) -> list[tuple[str, str, Role | None]]:
    """Method, path with something in every parameter, and the role that the route declares."""
    app = create_app(served.state)
    return [
        (method, _filled(route.path), role_of(route))
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


def _filled(path: str) -> str:
    path = path.replace("{model:path}", "stand-in").replace("/page/{name}", "/page/page.js")
    return re.sub(r"{key(:path)?}", "0" * 12, path)


async def test_every_route_lets_in_whom_it_should(served: ServedApp, keys: dict[str, str | None]) -> None:
    table = routes(served)
    assert {(method, path) for method, path, _ in table} >= {
        ("POST", "/v1/chat/completions"),
        ("GET", "/v1/models/stand-in"),
        ("POST", "/api-keys/create"),
        ("DELETE", f"/api-keys/revoke/{'0' * 12}"),
        ("GET", f"/api-keys/usage/{'0' * 12}"),
    }
    for method, path, role in table:
        for kind, key in keys.items():
            headers = {} if key is None else {"Authorization": f"Bearer {key}"}
            body: dict[str, Any] = {"json": {}} if method in ("POST", "PATCH") else {}
            response = await served.client.request(method, path, headers=headers, **body)
            case = (method, path, kind, response.text)
            if role is None:
                assert response.status_code == 200, case
            elif kind not in ("client", "monitor", "admin"):
                assert (response.status_code, response.json()["error"]["code"]) == (401, kind), case
                assert response.headers["www-authenticate"] == "Bearer"
            elif permits(kind, role):  # type: ignore[arg-type]
                assert response.status_code in ANSWERED, case
            else:
                assert (response.status_code, response.json()["error"]["code"]) == (403, "permission_denied"), case


async def test_routes_declare_the_roles_they_should(served: ServedApp) -> None:
    for method, path, role in routes(served):
        expected = next((role for prefix, role in EXPECTED_ROLES.items() if path.startswith(prefix)), None)
        assert role == expected, (method, path)
        assert (role is None) == (path.replace("page.js", "{name}") in OPEN_PATHS)


@pytest.mark.parametrize(
    "path",
    [
        "/api-keys/list/",
        "//api-keys/list",
        "/api-keys//list",
        "/%61pi-keys/list",
        "/API-KEYS/list",
        "/health/../api-keys/list",
        "/health;/api-keys/list",
        "/v1/models/../../api-keys/list",
    ],
)
@pytest.mark.parametrize(
    "headers", [{}, {"Host": "x/health?"}, {"X-HTTP-Method-Override": "GET"}, {"X-Original-URL": "/health"}]
)
async def test_no_spelling_of_a_path_goes_round_the_role(
    served: ServedApp, keys: dict[str, str | None], path: str, headers: dict[str, str]
) -> None:
    for kind in ("missing_api_key", "client"):
        key = keys[kind]
        sent = headers | ({"X-API-Key": key} if key else {})
        response = await served.client.get(path, headers=sent)
        assert response.status_code in (401, 403, 404), response.text
        assert '"data"' not in response.text


async def test_an_app_with_a_route_that_declares_no_role_does_not_start(served: ServedApp) -> None:
    app = create_app(served.state)
    router = APIRouter()
    router.add_api_route("/forgotten", lambda: None)
    app.include_router(router)
    with pytest.raises(RuntimeError, match="/forgotten must declare the one role"):
        check_roles(app)


@pytest.mark.parametrize("path", ["/forgotten", "/healthy", "/health/secrets"])
def test_neither_does_one_with_api_docs_or_two_roles(path: str) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    check_roles(app)
    app.add_api_route(path, lambda: None, dependencies=[requires("client"), requires("monitor")])
    with pytest.raises(RuntimeError, match=path):
        check_roles(app)
    with pytest.raises(RuntimeError, match="openapi"):
        check_roles(FastAPI())


async def test_a_client_key_opens_the_models_it_may_use(served: ServedApp) -> None:
    for models, allowed in ((("also-stand-in",), True), (("primary",), True), (("another",), False)):
        _, key = await served.state.access.create("tester", KeyFields(name="a", models=models))
        headers = {"X-API-Key": key}
        chat = {"messages": [{"role": "user", "content": "hi"}]}
        for body in (chat, chat | {"model": "stand-in"}, chat | {"model": "primary"}):
            response = await served.client.post("/v1/chat/completions", json=body, headers=headers)
            expected = (200, None) if allowed else (403, "model")
            assert (response.status_code, response.json().get("error", {}).get("param")) == expected
        unknown = await served.client.post("/v1/completions", json={"prompt": "a", "model": "no"}, headers=headers)
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
        listed = (await served.client.get("/v1/models", headers=headers)).json()["data"]
        assert bool(listed) == allowed
        one = await served.client.get("/v1/models/stand-in", headers=headers)
        assert one.status_code == (200 if allowed else 403)


async def test_the_admin_key_opens_everything(served: ServedApp) -> None:
    assert (await served.client.get("/v1/models", headers={"X-API-Key": ADMIN_KEY})).status_code == 200
