"""The life of keys in a running server: the first one, changes from the host, a kill -9, a second start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI
from tests.end_to_end.running_server import RunningServer, running_server

pytestmark = pytest.mark.engine

CHAT: dict[str, Any] = {"model": "primary", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
# Enough that each of two workers gets some.
CONNECTIONS = 16


def shown_key(server: RunningServer) -> str | None:
    found = re.search(r"jobai_\w{12}_\w{34}", server.output())
    return found[0] if found else None


def answers(server: RunningServer, key: str) -> set[int]:
    """What the key gets on many connections, from whichever worker takes each."""
    headers = {"X-API-Key": key}
    return {httpx2.get(f"{server.base_url}/models", headers=headers).status_code for _ in range(CONNECTIONS)}


def within_a_second(server: RunningServer, key: str, status: int) -> None:
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline and answers(server, key) != {status}:
        pass
    time.sleep(max(0.0, deadline - time.monotonic()))
    assert answers(server, key) == {status}


def keys_command(folder: Path, *arguments: str) -> str:
    """What `jobai-server keys …` prints on standard output."""
    command = [sys.executable, "-m", "jobai_server", "keys", *arguments]
    environment = os.environ | {"JOBAI_DATA_DIRECTORY": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_keys_outlive_the_server_and_no_secret_is_left_behind(tmp_path: Path) -> None:
    data = tmp_path / "data"
    given: dict[str, Any] = {"JOBAI_ADMIN_KEY": None, "JOBAI_DATA_DIRECTORY": str(data), "WORKERS": "2"}
    with running_server(**given) as server:
        admin = shown_key(server)
        assert admin is not None
        assert f'-H "Authorization: Bearer {admin}"' in server.output()
        assert answers(server, admin) == {200}
        created = httpx2.post(
            f"{server.url}/api-keys/create", headers={"X-API-Key": admin}, json={"name": "client1", "rate_limit": 1000}
        )
        assert created.status_code == 201
        client_key = created.json()["key"]
        within_a_second(server, client_key, 200)
        with OpenAI(base_url=server.base_url, api_key=client_key, max_retries=0) as client:
            assert client.chat.completions.create(**CHAT).choices
        host_key = keys_command(data, "create", "--name", "from the host")
        within_a_second(server, host_key, 200)
        keys_command(data, "revoke", host_key)
        within_a_second(server, host_key, 401)
        revoked = httpx2.delete(f"{server.url}/api-keys/revoke/{client_key}", headers={"X-API-Key": admin})
        assert revoked.status_code == 200
        server.stop(signal.SIGKILL)
        secrets = [key.encode() for key in (admin, client_key, host_key)]
        left = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file()) + server.log().encode()
        assert not any(secret in left for secret in secrets)
    with running_server(**given) as server:
        assert shown_key(server) is None
        assert "$JOBAI_API_KEY" in server.output()
        assert answers(server, admin) == {200}
        assert answers(server, client_key) == answers(server, host_key) == {401}


def test_a_damaged_store_keeps_the_server_from_starting(tmp_path: Path) -> None:
    data = tmp_path / "data"
    keys_command(data, "create", "--name", "first", "--role", "admin")
    (data / "keys.sqlite3").write_bytes(os.urandom(8192))
    environment = os.environ | {"JOBAI_DATA_DIRECTORY": str(data), "HOST": "127.0.0.1", "PORT": "0"}
    command = [sys.executable, "-m", "jobai_server", "serve"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert re.fullmatch(r"jobai-server: The key store .*keys\.sqlite3 .*\n", done.stderr.splitlines(keepends=True)[-1])
