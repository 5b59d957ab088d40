"""Opening the key store: made where there is none, migrated, checked, or refused in one line. Never opened half."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select, text, update

from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.pepper import FILE_NAME as PEPPER_FILE
from jobai_server.auth.pepper import Pepper, created_pepper, stored_pepper
from jobai_server.auth.tables import key_store
from jobai_server.errors import ConfigurationError, StoreUnavailable
from jobai_server.settings import ServerSettings
from jobai_server.storage import database
from jobai_server.storage.database import Database
from jobai_server.storage.migrations import migrate

# Another starter may be migrating a large store.
PREPARE_SECONDS = 60.0
# Any number, as long as every version of the server uses the same.
MIGRATION_LOCK = 7_265_129


async def prepared_store(settings: ServerSettings) -> KeyStore:
    """The store, ready for use; safe to call from several processes at once. Close its database in the end.

    Raises:
        ConfigurationError: It is damaged, out of reach, not writable, of a newer version, or not the pepper's.
    """
    make_private(settings.data_directory)
    pepper = _given_pepper(settings) or stored_pepper(settings.data_directory)
    if settings.database_url is None:
        _require_file(settings.data_directory, has_pepper=stored_pepper(settings.data_directory) is not None)
    preparing = _database(settings, PREPARE_SECONDS)
    try:
        pepper = await _prepared(preparing, pepper, settings)
    except TypeError:  # how asyncpg says that it knows no such option
        raise ConfigurationError("JOBAI_DATABASE_URL has options that are not understood.") from None
    except StoreUnavailable as error:
        cause = error.__cause__ or error
        raise ConfigurationError(f"{_named(settings)} cannot be used: {database.reason(cause)}.") from None
    finally:
        await preparing.close()
    return KeyStore(_database(settings), pepper)


def attached_store(settings: ServerSettings) -> KeyStore:
    """A store that the process which started this one has prepared.

    Raises:
        ConfigurationError: The pepper has gone away.
    """
    pepper = _given_pepper(settings) or stored_pepper(settings.data_directory)
    if pepper is None:
        raise ConfigurationError(f"The key pepper {settings.data_directory / PEPPER_FILE} is missing.")
    return KeyStore(_database(settings), pepper)


def make_private(directory: Path) -> None:
    """The directory, with mode 0700. One that others may enter is closed to them if it holds nothing but ours.

    Raises:
        ConfigurationError: It cannot be made, or is not ours to close.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if directory.stat().st_mode & 0o077:
            if not _is_ours(directory.iterdir()):
                raise ConfigurationError(
                    f"The data directory {directory} is open to other users and holds files that are not the "
                    f"server's; run chmod 700 on it, or choose another with JOBAI_DATA_DIRECTORY."
                )
            directory.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(f"The data directory {directory} cannot be used: {error.strerror}.") from None


def _is_ours(files: Iterable[Path]) -> bool:
    return all(file.name.startswith((database.FILE_NAME, PEPPER_FILE, "usage", "lost+found")) for file in files)


def _require_file(directory: Path, *, has_pepper: bool) -> None:
    """The database file. It is made before the pepper: where there is a pepper, there must be a database."""
    path = directory / database.FILE_NAME
    try:
        if has_pepper and (not path.exists() or path.stat().st_size == 0):
            raise ConfigurationError(
                f"The key store {path} is missing or empty, though its pepper is there; restore it from a backup, "
                f"or delete {directory / PEPPER_FILE} to begin with no keys (or set JOBAI_DATABASE_URL again, if the "
                f"pepper belongs to that store)."
            )
        with _locked(directory):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            if path.stat().st_size == 0:
                database.begin_file(path)
    except OSError as error:
        raise ConfigurationError(f"The key store {path} cannot be used: {error.strerror}.") from None


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One process at a time; the lock is the directory's own, so that nothing is left behind."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


async def _prepared(opened: Database, pepper: Pepper | None, settings: ServerSettings) -> Pepper:
    if opened.is_sqlite:
        async with opened.reading() as connection:
            verdict = (await connection.execute(text("PRAGMA quick_check(1)"))).scalar_one()
        if verdict != "ok":
            raise ConfigurationError(f"{_named(settings)} is damaged; restore it from a backup.")
    async with opened.changing() as connection:
        if not opened.is_sqlite:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        await connection.run_sync(migrate)
    # The pepper comes after the tables are safely there; see _require_file.
    async with opened.changing() as connection:
        query = select(key_store.c.pepper_fingerprint).with_for_update()
        known: bytes | None = (await connection.execute(query)).scalar_one()
        if pepper is None:  # or is it there by now? Another starter may have been faster.
            pepper = stored_pepper(settings.data_directory)
        if pepper is None and known is None:
            pepper = created_pepper(settings.data_directory)
        if pepper is None or (known is not None and bytes(known) != pepper.fingerprint()):
            kept = "JOBAI_KEY_PEPPER" if settings.key_pepper else str(settings.data_directory / PEPPER_FILE)
            raise ConfigurationError(
                f"{_named(settings)} was written with another key pepper than {kept}; without the right one no key "
                f"can be checked."
            )
        # Written at every start: a store that takes no writes must be found out now.
        await connection.execute(update(key_store).values(pepper_fingerprint=pepper.fingerprint()))
    return pepper


def _given_pepper(settings: ServerSettings) -> Pepper | None:
    return Pepper(settings.key_pepper.get_secret_value()) if settings.key_pepper else None


def _database(settings: ServerSettings, seconds: float | None = None) -> Database:
    url = settings.database_url.get_secret_value() if settings.database_url else None
    return Database.at(url, settings.data_directory, seconds)


def _named(settings: ServerSettings) -> str:
    if settings.database_url is None:
        return f"The key store {settings.data_directory / database.FILE_NAME}"
    return "The key store at JOBAI_DATABASE_URL"
