"""Two servers that count limits in one Redis."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import CHAT, served_app

from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.limits import redis_windows


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server on this machine")
    socket = tmp_path / "redis.sock"
    arguments = [program, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        while not socket.exists():
            assert process.poll() is None, "redis-server does not start"
            time.sleep(0.02)
        yield f"unix://{socket}"
        process.kill()


async def test_they_count_together(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine is not to be taken for a Redis that does not answer.
    monkeypatch.setattr(redis_windows, "ANSWER_SECONDS", 10)
    store = tmp_path / "data"
    async with (
        served_app(StandInEngine(), redis_url=redis_url, data_directory=store) as one,
        served_app(StandInEngine(), redis_url=redis_url, data_directory=store) as other,
    ):
        fields = KeyFields(name="limited", rate_limit=20, tokens_per_minute=1000)
        _, key = await one.state.access.create("test", fields)
        headers = {"X-API-Key": key}
        await other.state.access.authenticate_new(key)  # so that the other has heard of it

        async def ask(served_by: httpx.AsyncClient) -> httpx.Response:
            return await served_by.post("/v1/chat/completions", json=CHAT | {"max_tokens": 8}, headers=headers)

        answers = await asyncio.gather(*(ask(served.client) for served in (one, other) for _ in range(20)))
        assert [answer.status_code for answer in answers].count(200) == 20
        async with asyncio.timeout(20):  # nobody waits for what is given back
            while (last := await ask(other.client)).headers["x-ratelimit-remaining-tokens"] != str(1000 - 20 * (2 + 3)):
                assert last.status_code == 429
        assert last.status_code == 429
