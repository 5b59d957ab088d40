"""docs/api.md and README.md name every route, docs/api.md every error code, and neither a route there is not.

docs/api.md has an example of every route with curl and one with the SDK; tests/end_to_end runs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from tests.end_to_end.documented_examples import examples
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import served_app

from jobai_server.app import create_app
from jobai_server.errors import ConfigurationError, ServerError

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "api.md").read_text()
README = (ROOT / "README.md").read_text()
ROUTE = re.compile(r"`((?:GET|POST|PATCH|DELETE) /[^`\s?]*)`")

HOST = "http://localhost:8080"
SDK_METHODS = {
    "chat.completions.create": "POST /v1/chat/completions",
    "completions.create": "POST /v1/completions",
    "embeddings.create": "POST /v1/embeddings",
    "decisions.create": "POST /v1/decisions",
    "models.list": "GET /v1/models",
    "models.retrieve": "GET /v1/models/x",
}


def curl_requests() -> set[str]:
    """Method and path of every curl command, with x for what the shell would put there."""
    found = set()
    for example in (one for one in examples("bash") if one.file == "api.md"):
        code = example.code.replace("\\\n", " ")
        for name, value in re.findall(rf"^(\w+)=({HOST}\S*)$", code, re.MULTILINE):
            code = code.replace(f"${name}", value)
        for options in re.findall(r"\bcurl ([^|\n]*)", code):
            [address] = re.findall(rf"{HOST}([^\s\"?]*)", options)
            method = re.search(r"-X (\w+)", options)
            default = "POST" if re.search(r" -d\b", options) else "GET"
            path = re.sub(r"[$]\w+", "x", address)
            found.add(f"{method[1] if method else default} {path}")
    return found


def sdk_requests() -> set[str]:
    """Method and path of every call of the SDK, with x for what Python would put there."""
    found = set()
    for example in (one for one in examples("python") if one.file == "api.md"):
        found |= {SDK_METHODS[name] for name in SDK_METHODS if re.search(rf"client\.{name}\(", example.code)}
        for client, method, path in re.findall(
            r"\b(client|server)\.(get|post|patch|delete)\(\s*f?\"([^\"]*)\"", example.code
        ):
            start = "/v1" if client == "client" else ""
            found.add(re.sub(r"{[^}]*}", "x", f"{method.upper()} {start}{path}"))
    return found


async def served_routes() -> set[str]:
    async with served_app(StandInEngine()) as served:
        return {
            f"{method} {route.path.replace(':path', '')}"
            for route in create_app(served.state).routes
            if isinstance(route, APIRoute)
            for method in route.methods - {"HEAD"}  # as GET, without the body
        }


def codes(kind: type[ServerError]) -> set[str]:
    """Those of the class and of all below it."""
    own = set() if kind.code is None or kind is ConfigurationError else {kind.code}
    return own.union(*(codes(below) for below in kind.__subclasses__()))


async def test_the_api_page_names_every_route() -> None:
    assert set(ROUTE.findall(API)) == await served_routes()


async def test_the_readme_names_every_route_in_its_table() -> None:
    table = README[README.index("\n## Routes\n") : README.index("\n## Configuration\n")]
    assert set(ROUTE.findall(table)) == await served_routes()


@pytest.mark.parametrize("requests", [curl_requests, sdk_requests])
async def test_the_api_page_has_an_example_of_every_route(requests: Callable[[], set[str]]) -> None:
    shown = requests()
    for route in await served_routes():
        pattern = re.compile(re.sub(r"{\w+}", r"[^/]+", route))
        assert any(pattern.fullmatch(one) for one in shown), route


@pytest.mark.parametrize("code", sorted(codes(ServerError)))
def test_the_api_page_names_every_error_code(code: str) -> None:
    assert f"`{code}`" in API
