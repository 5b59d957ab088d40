"""What was used, on its way to the store."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import aiosqlite
import pytest

from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.store_opening import attached_store, prepared_store
from jobai_server.auth.usage import usage_writer
from jobai_server.auth.usage.usage_counts import HOUR, UsageCounts, UsageSum
from jobai_server.auth.usage.usage_table import read_usage, total_usage
from jobai_server.auth.usage.usage_writer import UsageWriter
from jobai_server.settings import ServerSettings
from jobai_server.storage import database as database_module
from jobai_server.storage.database import Database


@pytest.fixture
async def store(settings: ServerSettings) -> AsyncIterator[KeyStore]:
    store = await prepared_store(settings)
    yield store
    await store.database.close()


async def sums(database: Database) -> dict[tuple[str, str], UsageSum]:
    """By model and route, everything the key has used."""
    async with database.reading() as connection:
        rows = await read_usage(connection, "key", 0, 1 << 40)
    return {(slot.model, slot.route): used for slot, used in rows}


def request(tokens: int = 1) -> UsageSum:
    return UsageSum(1, 0, tokens, 2 * tokens, 0.5)


async def test_workers_add_up(store: KeyStore) -> None:
    workers = [UsageCounts() for _ in range(3)]
    writers = [UsageWriter(store.database, counts) for counts in workers]
    for _ in range(4):
        for number, counts in enumerate(workers):
            counts.add("key", "model", "/chat", request(number))
            counts.add("key", "model", f"/{number}", request())
            counts.add("other", "model", "/chat", request())
        await asyncio.gather(*(writer.flush() for writer in writers))
    used = await sums(store.database)
    assert used["model", "/chat"] == UsageSum(12, 0, 12, 24, 6.0)
    assert used["model", "/2"] == UsageSum(4, 0, 4, 8, 2.0)


async def test_hours_are_kept_apart(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = UsageCounts()
    for hour in (100, 101, 101):
        monkeypatch.setattr(time, "time", lambda hour=hour: hour * HOUR + 5.0)
        counts.add("key", "model", "/chat", request())
    await UsageWriter(store.database, counts).flush()
    async with store.database.reading() as connection:
        rows = await read_usage(connection, "key", 0, 1 << 40)
        assert [(slot.hour, used.requests) for slot, used in rows] == [(100 * HOUR, 1), (101 * HOUR, 2)]
        only = await read_usage(connection, "key", 101 * HOUR, 102 * HOUR)
        assert [slot.hour for slot, _ in only] == [101 * HOUR]
        assert await total_usage(connection, "key", 0, 1 << 40) == UsageSum(3, 0, 3, 6, 1.5)
        assert await total_usage(connection, "nobody", 0, 1 << 40) == UsageSum()


async def test_it_is_stored_meanwhile_and_at_the_end(store: KeyStore) -> None:
    counts = UsageCounts()
    async with UsageWriter(store.database, counts).running():
        counts.add("key", "model", "/chat", request())
        async with asyncio.timeout(20):
            while not await sums(store.database):  # noqa: ASYNC110 - the store has no event
                await asyncio.sleep(0.05)
        counts.add("key", "model", "/chat", request())
    assert (await sums(store.database))["model", "/chat"].requests == 2


async def test_nothing_is_lost_while_the_store_is_out_of_reach(
    sqlite_settings: ServerSettings, caplog: pytest.LogCaptureFixture
) -> None:
    store = await prepared_store(sqlite_settings)
    caplog.set_level(logging.INFO, "jobai_server.auth.usage")
    counts = UsageCounts()
    writer = UsageWriter(store.database, counts)
    with sqlite3.connect(sqlite_settings.data_directory / "keys.sqlite3") as other:
        other.execute("ALTER TABLE key_usage RENAME TO gone")
    for _ in range(3):
        counts.add("key", "model", "/chat", request())
        await writer.flush()
    with sqlite3.connect(sqlite_settings.data_directory / "keys.sqlite3") as other:
        other.execute("ALTER TABLE gone RENAME TO key_usage")
    other.close()
    await writer.flush()
    assert (await sums(store.database))["model", "/chat"].requests == 3
    ours = [record.levelname for record in caplog.records if "usage" in record.name]
    assert ours == ["ERROR", "INFO"]
    await store.database.close()


async def test_a_commit_that_takes_long_is_waited_for_and_counts_once(
    sqlite_settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await prepared_store(sqlite_settings)).database.close()
    monkeypatch.setattr(database_module, "DEADLINE_SECONDS", 2.0)
    store = attached_store(sqlite_settings)
    commit = aiosqlite.Connection.commit

    async def slow_commit(connection: aiosqlite.Connection) -> None:
        await commit(connection)
        await asyncio.sleep(2.5)

    counts = UsageCounts()
    counts.add("key", "model", "/chat", request())
    writer = UsageWriter(store.database, counts)
    with monkeypatch.context() as context:
        context.setattr(aiosqlite.Connection, "commit", slow_commit)
        await writer.flush()
    await writer.flush()
    assert (await sums(store.database))["model", "/chat"].requests == 1
    await store.database.close()


COUNTER = """
import asyncio, os, sys
from pathlib import Path
from jobai_server.auth.store_opening import attached_store
from jobai_server.auth.usage.usage_counts import UsageCounts, UsageSum
from jobai_server.auth.usage.usage_writer import UsageWriter
from jobai_server.settings import ServerSettings

class TellingWriter(UsageWriter):
    async def flush(self):
        await super().flush()
        os.write(1, b"F")

async def main():
    counts = UsageCounts()
    store = attached_store(ServerSettings(data_directory=Path(sys.argv[1])))
    async with TellingWriter(store.database, counts).running():
        while True:
            counts.add("key", "model", "/chat", UsageSum(1))
            os.write(1, b".")
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


async def test_a_kill_loses_what_came_since_the_last_flush_at_most(sqlite_settings: ServerSettings) -> None:
    store = await prepared_store(sqlite_settings)
    arguments = [sys.executable, "-c", COUNTER, str(sqlite_settings.data_directory)]
    process = await asyncio.create_subprocess_exec(*arguments, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = b""
    while said.count(b"F") < 3:
        piece = await process.stdout.read(1000)
        assert piece, "the counter ended by itself"
        said += piece
    os.kill(process.pid, signal.SIGKILL)
    said += await process.stdout.read()
    await process.wait()
    stored = (await sums(store.database))["model", "/chat"].requests
    # The last flush took with it what was there when the one before had ended.
    certain = said.rsplit(b"F", 2)[0].count(b".")
    assert said.count(b".") >= stored >= certain > 0
    assert usage_writer.FLUSH_SECONDS < 1
    await store.database.close()


def test_a_flush_that_fails_does_not_lose_what_came_meanwhile() -> None:
    counts = UsageCounts()
    counts.add("key", "model", "/chat", request())
    taken = counts.take()
    counts.add("key", "model", "/chat", request())
    counts.put_back(taken)
    [used] = counts.take().values()
    assert used == UsageSum(2, 0, 2, 4, 1.0)
