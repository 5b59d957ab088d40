"""A Postgres of the tests' own, where this machine has it; tests that need one are skipped elsewhere."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest


class Cluster:
    """A throw-away Postgres on a Unix socket, without a password."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.process = process

    def url(self, database: str) -> str:
        return f"postgresql://jobai@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of a database of its own."""
        name = f"test_{uuid.uuid4().hex}"
        asyncio.run(self._execute(f"CREATE DATABASE {name}"))
        return self.url(name)

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(host=str(self.folder), user="jobai", database="postgres")
        await connection.execute(statement)
        await connection.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
        Path(found) for found in [shutil.which("initdb")] if found
    ]
    if not programs:
        pytest.skip("PostgreSQL is not installed on this machine")
    binaries = programs[-1].parent
    # Short, because the socket's path is bounded; Postgres refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="jpg-", dir="/tmp"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        user = "postgres" if subprocess.run(["id", "postgres"], capture_output=True).returncode == 0 else "nobody"
        shutil.chown(folder, user)
        as_user = ["setpriv", f"--reuid={user}", "--clear-groups", "--"]
    data = str(folder / "data")
    initialise = [*as_user, str(binaries / "initdb"), "-D", data, "-U", "jobai", "-A", "trust", "--no-sync"]
    made = subprocess.run(initialise, cwd="/tmp", capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"PostgreSQL's initdb does not work here: {made.stderr.strip()[-200:]}")
    serve = [*as_user, str(binaries / "postgres"), "-D", data, "-k", str(folder), "-c", "listen_addresses="]
    process = subprocess.Popen([*serve, "-c", "fsync=off"], cwd="/tmp", stderr=subprocess.DEVNULL)
    try:
        ready = [str(binaries / "pg_isready"), "-h", str(folder), "-U", "jobai", "-t", "30", "-q"]
        while subprocess.run(ready).returncode:
            assert process.poll() is None, "PostgreSQL ended while it started"
        yield Cluster(folder, process)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
