"""The server's database: SQLite in the data directory, or Postgres by URL; every use of it has a deadline."""

from __future__ import annotations

import asyncio
import errno
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from jobai_server.errors import ConfigurationError, StoreUnavailable

log = logging.getLogger(__name__)

FILE_NAME = "keys.sqlite3"
# Of what workers ask all the time to stay up to date; whatever else is asked may take longer.
POLL_DEADLINE_SECONDS = 1.0
DEADLINE_SECONDS = 5.0
# SQLite's wait for another writer; shorter than our deadline, so that its own error comes first.
BUSY_SECONDS = 4.0

FAILURES = (SQLAlchemyError, OSError, TimeoutError, PostgresError, InterfaceError)


class Database:
    """Connections to the database. Make one inside the event loop that uses it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @classmethod
    def at(cls, url: str | None, data_directory: Path) -> Database:
        """The database at a `postgresql://` URL, or the SQLite file in the data directory, which must exist.

        Raises:
            ConfigurationError: The URL cannot be read.
        """
        if url is None:
            return cls(_sqlite(data_directory / FILE_NAME))
        try:
            return cls(_postgres(make_url(url)))
        except (SQLAlchemyError, ValueError):  # whose messages may hold the password
            raise ConfigurationError("JOBAI_DATABASE_URL cannot be read; check its port and its options.") from None

    def reading(self, seconds: float | None = None) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection in a transaction that sees one state of the database.

        Raises:
            StoreUnavailable: On entering, inside or on leaving.
        """
        return self._transaction("BEGIN", DEADLINE_SECONDS if seconds is None else seconds, logging.DEBUG)

    def changing(self, seconds: float | None = None) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection in a transaction that may write; what it wrote is durable once the block has been left.

        Raises:
            StoreUnavailable: On entering, inside or on leaving; nothing was acknowledged then.
        """
        return self._transaction("BEGIN IMMEDIATE", DEADLINE_SECONDS if seconds is None else seconds, logging.ERROR)

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self, begin: str, seconds: float, level: int) -> AsyncIterator[AsyncConnection]:
        try:
            async with asyncio.timeout(seconds), self._engine.connect() as connection:
                await connection.execution_options(sqlite_begin=begin)
                async with connection.begin():
                    yield connection
        except FAILURES as error:
            log.log(level, "database: %s", reason(error))
            raise StoreUnavailable("The server's database cannot be used at the moment.") from error


def begin_file(path: Path) -> None:
    """Puts an empty SQLite file into WAL mode; for one process at a time, before any other opens it.

    SQLite does not wait for others while it changes the mode: two that do so at once get "database is locked".

    Raises:
        OSError: It cannot be written.
    """
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise OSError(errno.EIO, reason(error)) from error


def reason(error: BaseException) -> str:
    """What the database said, in one line, without statements, parameters or passwords."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    said = str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__]
    return said[0][:200]


def _sqlite(path: Path) -> AsyncEngine:
    # mode=rw: a file that has gone away is an error, never a reason for an empty store.
    url = URL.create("sqlite+aiosqlite", database=f"file:{path}", query={"mode": "rw", "uri": "true"})
    # isolation_level None: transactions begin where we say so, not before Python's first guess at a write.
    engine = create_async_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


def _postgres(url: URL) -> AsyncEngine:
    query = dict(url.query)
    if "sslmode" in query:  # libpq's name for what asyncpg calls ssl
        query["ssl"] = query.pop("sslmode")
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query),
        hide_parameters=True,
        pool_size=2,
        max_overflow=2,
        pool_timeout=POLL_DEADLINE_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "timeout": POLL_DEADLINE_SECONDS,
            "command_timeout": DEADLINE_SECONDS,
            "server_settings": {"application_name": "jobai-server"},
        },
    )
