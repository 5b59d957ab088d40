"""What was acknowledged survives a kill -9, and no secret can be found in what is left on disk."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from jobai_server.auth.access import Access
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.store_opening import prepared_store
from jobai_server.errors import KeyRevoked
from jobai_server.settings import ServerSettings

KILLS = 50

# Creates keys and revokes every other one for ever; says so only once that is done, as the routes do.
WRITER = """
import asyncio, itertools, os, sys
from pathlib import Path
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.store_opening import attached_store
from jobai_server.settings import ServerSettings

async def main():
    store = attached_store(ServerSettings(data_directory=Path(sys.argv[1])))
    for number in itertools.count():
        _, key = await store.create("writer", KeyFields(name="a"))
        os.write(1, f"created {key}\\n".encode())
        if number % 2:
            await store.revoke("writer", key)
            os.write(1, f"revoked {key}\\n".encode())

# Forked for every run: importing takes far longer than the run.
while True:
    if not sys.stdin.readline():
        break
    child = os.fork()
    if child == 0:
        asyncio.run(main())
    os.write(1, f"child {child}\\n".encode())
    os.waitpid(child, 0)
    os.write(1, b"dead\\n")
"""


async def test_fifty_kills_lose_nothing_and_revive_nobody(tmp_path: Path) -> None:
    settings = ServerSettings(data_directory=tmp_path / "data")
    await (await prepared_store(settings)).database.close()
    created, revoked = await asyncio.to_thread(_killed_again_and_again, settings.data_directory)
    assert len(created) > KILLS
    with sqlite3.connect(settings.data_directory / "keys.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    access = await Access.opened(await prepared_store(settings))
    in_doubt = 0
    for key in created:
        try:
            access.authenticate(key)
            assert key not in revoked
        except KeyRevoked:
            in_doubt += key not in revoked
    # Revoked, and killed before it could say so: at most one a run.
    assert in_doubt <= KILLS
    await access.close()


def _killed_again_and_again(directory: Path) -> tuple[list[str], set[str]]:
    """The keys whose creation, and those whose revocation, was acknowledged."""
    said: dict[str, list[str]] = {"created": [], "revoked": []}
    command = [sys.executable, "-c", WRITER, str(directory)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as host:
        assert host.stdin is not None
        assert host.stdout is not None
        for _ in range(KILLS):
            host.stdin.write("go\n")
            host.stdin.flush()
            child, patience = 0, random.randint(2, 9)
            while (line := host.stdout.readline().split()) != ["dead"]:
                assert line, "the writer ended by itself"
                word, value = line
                if word == "child":
                    child = int(value)
                else:
                    said[word].append(value)
                patience -= 1
                if patience == 0:
                    time.sleep(random.uniform(0, 0.01))  # anywhere in the next change
                    os.kill(child, signal.SIGKILL)
        host.stdin.close()
    return said["created"], set(said["revoked"])


async def test_no_secret_is_found_in_the_store(store: KeyStore, settings: ServerSettings) -> None:
    keys = []
    for number in range(100):
        record, key = await store.create("tester", KeyFields(name=f"key {number}", metadata={"number": str(number)}))
        _, new_key = await store.rotate("tester", key, 60)
        keys += [key, new_key]
        if number % 2:
            await store.revoke("tester", record.id)
    if settings.database_url is None:
        content = b"".join(path.read_bytes() for path in settings.data_directory.iterdir())
        assert (settings.data_directory / "keys.sqlite3-wal").stat().st_size > 0
    else:
        content = await _dump(store)
    assert b"key 99" in content  # so that there is something to be found in it
    for key in keys:
        secret = key.rpartition("_")[2]
        assert secret.encode() not in content
        assert secret[:28].encode() not in content


async def _dump(store: KeyStore) -> bytes:
    """Everything in the tables, as text."""
    from sqlalchemy import text

    parts = []
    async with store.database.reading() as connection:
        for table in ("key_store", "api_keys", "key_digests", "key_audit"):
            rows = await connection.execute(text(f"SELECT t::text FROM {table} AS t"))
            parts += [str(row[0]) for row in rows]
    return "\n".join(parts).encode()
