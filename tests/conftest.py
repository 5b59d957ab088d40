"""One running server for all tests that need one, and the official clients to talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from openai import AsyncOpenAI, OpenAI
from tests.end_to_end.running_server import RunningServer, running_server

pytest_plugins = ["tests.postgres"]


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """The embedded default with two web workers and a key of its own. Tests leave every part of it running."""
    with running_server(WORKERS="2", JOBAI_ADMIN_KEY=None) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.base_url, api_key=server.admin_key, max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture
async def async_client(server: RunningServer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=server.base_url, api_key=server.admin_key, max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture
def http(server: RunningServer) -> Iterator[httpx2.Client]:
    """Plain HTTP with the key, for what the official client would never send."""
    with httpx2.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        yield client
