"""The store at the start: made, migrated, shared, or refused in one line."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import text

from jobai_server.auth import store_opening
from jobai_server.auth.bootstrap import admit_given_key, new_admin_key
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.store_opening import attached_store, prepared_store
from jobai_server.auth.tables import metadata
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ServerSettings
from jobai_server.storage import database

GIVEN = "given-" + "k" * 40


async def refusal(settings: ServerSettings) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await prepared_store(settings)
    assert "\n" not in caught.value.message
    return caught.value.message


async def prepared_once(settings: ServerSettings) -> str:
    """The id of a key in a store that is closed again."""
    store = await prepared_store(settings)
    record, _ = await store.create("tester", KeyFields(name="kept"))
    await store.database.close()
    return record.id


async def test_everything_is_kept_and_for_its_owner_only(settings: ServerSettings) -> None:
    key_id = await prepared_once(settings)
    directory = settings.data_directory
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}
    store = await prepared_store(settings)
    assert (await store.find(key_id)).caller.name == "kept"
    await store.database.close()


async def test_the_tables_are_what_the_code_takes_them_for(store: KeyStore) -> None:
    async with store.database.reading() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    keys = {"key_store", "api_keys", "key_digests", "key_audit"}
    tables = [str(difference) for difference in differences]
    assert [difference for difference in tables if any(f"'{name}'" in difference for name in keys)] == []


async def test_starters_at_the_same_time_get_one_store(settings: ServerSettings) -> None:
    stores = await asyncio.gather(*(prepared_store(settings) for _ in range(8)))
    assert len({store.pepper.fingerprint() for store in stores}) == 1
    keys = [key for store in stores if (key := await new_admin_key(store))]
    assert len(keys) == 1
    for store in stores:
        assert (await store.find(keys[0])).is_lasting_admin
        await store.database.close()


async def test_a_start_waits_for_another_that_prepares(
    settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepared_once(settings)
    monkeypatch.setattr(store_opening, "PREPARE_SECONDS", 30)
    monkeypatch.setattr(database, "DEADLINE_SECONDS", 60)
    other = attached_store(settings)
    async with other.database.changing() as connection:
        if not other.database.is_sqlite:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({store_opening.MIGRATION_LOCK})"))
        monkeypatch.setattr(database, "DEADLINE_SECONDS", 2)
        starting = asyncio.create_task(prepared_store(settings))
        await asyncio.sleep(3)
        assert not starting.done()
        monkeypatch.undo()
    await other.database.close()
    await (await starting).database.close()


async def test_a_start_does_not_wait_for_ever(sqlite_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    await prepared_once(sqlite_settings)
    monkeypatch.setattr(store_opening, "PREPARE_SECONDS", 0.5)
    other = attached_store(sqlite_settings)
    async with other.database.changing():
        assert "database is locked" in await refusal(sqlite_settings)
    await other.database.close()


async def test_a_new_file_can_be_opened_while_another_starter_writes_to_it(sqlite_settings: ServerSettings) -> None:
    path = sqlite_settings.data_directory / database.FILE_NAME
    path.parent.mkdir(parents=True)
    path.touch()
    database.begin_file(path)
    opened = database.Database.at(None, path.parent)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with opened.reading() as connection:  # whose first words are about the journal mode
            assert (await connection.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
    await opened.close()


async def test_sqlite_is_as_durable_as_it_can_be(sqlite_settings: ServerSettings) -> None:
    store = await prepared_store(sqlite_settings)
    async with store.database.changing() as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar_one() == 2
    await store.database.close()


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])


def _of_random_bytes(path: Path) -> None:
    path.write_bytes(os.urandom(8192))


def _a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_truncated, _of_random_bytes, _a_directory, _emptied, Path.unlink])
async def test_a_store_that_is_damaged_or_gone_is_refused_and_left_as_it_is(
    sqlite_settings: ServerSettings, damage: Callable[[Path], None]
) -> None:
    await prepared_once(sqlite_settings)
    path = sqlite_settings.data_directory / "keys.sqlite3"
    damage(path)
    before = path.read_bytes() if path.is_file() else None
    assert str(path) in await refusal(sqlite_settings)
    assert (path.read_bytes() if path.is_file() else None) == before


async def test_a_store_of_a_newer_version_is_refused(settings: ServerSettings) -> None:
    await prepared_once(settings)
    store = attached_store(settings)
    async with store.database.changing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
    await store.database.close()
    assert "newer version" in await refusal(settings)


async def test_the_pepper_belongs_to_the_store(settings: ServerSettings) -> None:
    await prepared_once(settings)
    pepper = settings.data_directory / "pepper"
    assert "pepper" in await refusal(settings.model_copy(update={"key_pepper": SecretStr("x" * 32)}))
    kept = pepper.read_text()
    pepper.unlink()
    assert "pepper" in await refusal(settings)
    assert not pepper.exists()
    pepper.write_text("f" * 64 + "\n")
    assert "pepper" in await refusal(settings)
    pepper.write_text("short")
    assert "damaged" in await refusal(settings)
    pepper.write_text(kept)
    await (await prepared_store(settings)).database.close()


async def test_a_given_pepper_needs_no_file(settings: ServerSettings) -> None:
    given = settings.model_copy(update={"key_pepper": SecretStr("x" * 32)})
    key_id = await prepared_once(given)
    assert not (settings.data_directory / "pepper").exists()
    store = await prepared_store(given)
    assert (await store.find(key_id)).id == key_id
    await store.database.close()
    with pytest.raises(ConfigurationError, match="missing"):
        attached_store(settings)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:sesame@/jobai?host={folder}",
        "postgresql://someone:sesame@localhost:1/jobai",
        "postgresql://someone:sesame@localhost:port/jobai",
        "postgresql://someone:sesame@localhost:1/jobai?nonsense=1",
    ],
)
async def test_a_database_that_is_not_there_is_refused(tmp_path: Path, url: str) -> None:
    given = SecretStr(url.format(folder=tmp_path))
    line = await refusal(ServerSettings(data_directory=tmp_path / "data", database_url=given))
    assert "JOBAI_DATABASE_URL" in line
    assert "sesame" not in line


def test_a_directory_that_others_use_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    foreign = tmp_path / "somebody's file"
    foreign.touch()
    assert "chmod 700" in asyncio.run(refusal(ServerSettings(data_directory=tmp_path)))
    assert list(tmp_path.iterdir()) == [foreign]
    foreign.unlink()
    asyncio.run(prepared_once(ServerSettings(data_directory=tmp_path)))
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


async def test_a_store_that_cannot_be_written_is_refused(sqlite_settings: ServerSettings) -> None:
    await prepared_once(sqlite_settings)
    path = sqlite_settings.data_directory / "keys.sqlite3"
    with sqlite3.connect(path) as blocker:
        # What a full disk does, and no permission bit does to root: no write gets through.
        blocker.execute("CREATE TRIGGER full BEFORE UPDATE ON key_store BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    blocker.close()
    assert "disk is full" in await refusal(sqlite_settings)


async def test_the_given_admin_key_opens_from_the_start(store: KeyStore) -> None:
    await admit_given_key(store, GIVEN)
    await admit_given_key(store, GIVEN)
    record = await store.find(GIVEN)
    assert (record.is_lasting_admin, record.version, record.caller.name) == (True, 1, "JOBAI_ADMIN_KEY")
    assert await new_admin_key(store) is None


async def test_another_given_admin_key_takes_the_place_of_the_first(store: KeyStore) -> None:
    await admit_given_key(store, GIVEN)
    first = await store.find(GIVEN)
    await admit_given_key(store, "other " + GIVEN)
    record = await store.find("other " + GIVEN)
    assert record.id == first.id
    assert [secret.valid_until is None for secret in record.secrets].count(True) == 1
    await admit_given_key(store, GIVEN)  # what was replaced stays replaced
    assert (await store.find(GIVEN)).version == record.version


async def test_a_given_admin_key_is_an_admin_whatever_became_of_the_one_before(store: KeyStore) -> None:
    await admit_given_key(store, "first-" + "x" * 40)
    await store.create("tester", KeyFields(name="another", role="admin"))
    first = await store.find("first-" + "x" * 40)
    await store.update("tester", first.id, {"role": "client"})
    await admit_given_key(store, "second-" + "x" * 40)
    second = await store.find("second-" + "x" * 40)
    assert second.is_lasting_admin
    assert second.id != first.id


async def test_a_given_admin_key_that_was_revoked_stays_revoked(store: KeyStore) -> None:
    await admit_given_key(store, GIVEN)
    await store.create("tester", KeyFields(name="another", role="admin"))
    await store.revoke("tester", GIVEN)
    await admit_given_key(store, GIVEN)
    assert (await store.find(GIVEN)).revoked_at is not None
