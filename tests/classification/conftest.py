"""Databases to test with: SQLite always, and Postgres where this machine has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobai_server.auth.store_opening import prepared_store
from jobai_server.classification.calibration.store import CalibrationStore
from jobai_server.settings import ServerSettings
from jobai_server.storage.database import Database


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> ServerSettings:
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgres" else None
    return ServerSettings(data_directory=tmp_path / "data", database_url=SecretStr(url) if url else None)


@pytest.fixture
async def database(settings: ServerSettings) -> AsyncIterator[Database]:
    """An empty one with all tables."""
    store = await prepared_store(settings)
    yield store.database
    await store.database.close()


@pytest.fixture
def store(database: Database) -> CalibrationStore:
    return CalibrationStore(database)
