"""docs/api.md and README.md name every route, docs/api.md every error code, and neither a route there is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import served_app

from jobai_server.app import create_app
from jobai_server.errors import ConfigurationError, ServerError

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "api.md").read_text()
README = (ROOT / "README.md").read_text()
ROUTE = re.compile(r"`((?:GET|POST|PATCH|DELETE) /[^`\s?]*)`")


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


@pytest.mark.parametrize("code", sorted(codes(ServerError)))
def test_the_api_page_names_every_error_code(code: str) -> None:
    assert f"`{code}`" in API
