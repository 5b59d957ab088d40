"""Key stores to test with: SQLite always, and Postgres where this machine has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.store_opening import prepared_store
from jobai_server.settings import ServerSettings


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> ServerSettings:
    """Settings for an empty store."""
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else None
    return ServerSettings(data_directory=tmp_path / "data", database_url=SecretStr(url) if url else None)


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> ServerSettings:
    return ServerSettings(data_directory=tmp_path / "data")


@pytest.fixture
async def store(settings: ServerSettings) -> AsyncIterator[KeyStore]:
    store = await prepared_store(settings)
    yield store
    await store.database.close()
