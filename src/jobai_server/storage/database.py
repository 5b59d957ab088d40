"""The server's database: SQLite in the data directory, or Postgres by URL; every wait for it has a deadline."""

from __future__ import annotations

import asyncio
import errno
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from jobai_server.errors import ConfigurationError, StoreUnavailable

log = logging.getLogger(__name__)

FILE_NAME = "keys.sqlite3"
DEADLINE_SECONDS = 5.0
# SQLite's wait for another writer, as a part of our deadline: shorter, so that its own error comes first.
BUSY_PART = 0.8

FAILURES = (SQLAlchemyError, OSError, TimeoutError, PostgresError, InterfaceError)

Found = TypeVar("Found")


class Database:
    """Connections to the database. Make one inside the event loop that uses it."""

    def __init__(self, engine: AsyncEngine, seconds: float, reader: Engine | None = None) -> None:
        self._engine = engine
        self._seconds = seconds
        self._reader = reader
        # Not the loop's own threads: those may all be at work on something long.
        self._thread = ThreadPoolExecutor(1, "database") if reader is not None else None

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @classmethod
    def at(cls, url: str | None, data_directory: Path, seconds: float | None = None) -> Database:
        """The database at a `postgresql://` URL, or the SQLite file in the data directory, which must exist.

        Args:
            seconds: How long a transaction may take, if not DEADLINE_SECONDS.

        Raises:
            ConfigurationError: The URL cannot be read.
        """
        seconds = DEADLINE_SECONDS if seconds is None else seconds
        if url is None:
            return cls(*_sqlite(data_directory / FILE_NAME, seconds))
        try:
            return cls(_postgres(make_url(url), seconds), seconds)
        except (SQLAlchemyError, ValueError):  # whose messages may hold the password
            raise ConfigurationError("JOBAI_DATABASE_URL cannot be read; check its port and its options.") from None

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection in a transaction that sees one state of the database.

        Raises:
            StoreUnavailable: On entering, inside or on leaving.
        """
        return self._transaction("BEGIN", self._seconds, logging.DEBUG)

    def changing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection in a transaction that may write; what it wrote is durable once the block has been left.

        Raises:
            StoreUnavailable: On entering, inside or on leaving; nothing was acknowledged then.
        """
        return self._transaction("BEGIN IMMEDIATE", self._seconds, logging.ERROR)

    async def read(self, find: Callable[[Connection], Found], seconds: float) -> Found:
        """What `find` finds in a transaction of its own. On SQLite a busy event loop hardly delays it.

        Every statement of an asynchronous connection takes a few turns of the loop; this takes them once for all.

        Raises:
            StoreUnavailable: Also when it took longer than `seconds`.
        """
        if self._reader is None:
            async with self._transaction("BEGIN", seconds, logging.DEBUG) as connection:
                return await connection.run_sync(find)
        loop = asyncio.get_running_loop()
        with _failures_told(logging.DEBUG):
            async with asyncio.timeout(seconds):
                return await loop.run_in_executor(self._thread, _found, self._reader, find)

    async def close(self) -> None:
        await self._engine.dispose()
        if self._reader is not None and self._thread is not None:
            self._thread.shutdown(wait=False)
            self._reader.dispose()

    @asynccontextmanager
    async def _transaction(self, begin: str, seconds: float, level: int) -> AsyncIterator[AsyncConnection]:
        with _failures_told(level):
            async with asyncio.timeout(seconds) as deadline, self._engine.connect() as connection:
                await connection.execution_options(sqlite_begin=begin)
                async with connection.begin():
                    yield connection
                    if self.is_sqlite:  # its thread ends a commit that nobody waits for: it would pass for undone
                        deadline.reschedule(None)


def _found(engine: Engine, find: Callable[[Connection], Found]) -> Found:
    with engine.begin() as connection:
        return find(connection)


@contextmanager
def _failures_told(level: int) -> Iterator[None]:
    try:
        yield
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
        with closing(sqlite3.connect(path, timeout=BUSY_PART * DEADLINE_SECONDS)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise OSError(errno.EIO, reason(error)) from error


def reason(error: BaseException) -> str:
    """What the database said, in one line, without statements, parameters or passwords."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    said = str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__]
    return said[0][:200]


def _sqlite(path: Path, seconds: float) -> tuple[AsyncEngine, float, Engine]:
    """For a Database: its engine, how long it may take, and an engine for a thread to read with."""
    # mode=rw: a file that has gone away is an error, never a reason for an empty store.
    url = URL.create("sqlite+aiosqlite", database=f"file:{path}", query={"mode": "rw", "uri": "true"})
    # isolation_level None: transactions begin where we say so, not before Python's first guess at a write.
    given: dict[str, Any] = {
        "hide_parameters": True,
        "connect_args": {"timeout": BUSY_PART * seconds, "isolation_level": None},
    }
    engine = create_async_engine(url, **given)
    reader = create_engine(url.set(drivername="sqlite"), pool_size=1, **given)
    for sync_engine in (engine.sync_engine, reader):
        event.listen(sync_engine, "connect", _configure)
        event.listen(sync_engine, "begin", _begin)
    return engine, seconds, reader


def _configure(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _postgres(url: URL, seconds: float) -> AsyncEngine:
    query = dict(url.query)
    if "sslmode" in query:  # libpq's name for what asyncpg calls ssl
        query["ssl"] = query.pop("sslmode")
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg", query=query),
        hide_parameters=True,
        pool_size=2,
        max_overflow=2,
        pool_timeout=DEADLINE_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "timeout": DEADLINE_SECONDS,
            "command_timeout": seconds,
            "server_settings": {"application_name": "jobai-server"},
        },
    )
