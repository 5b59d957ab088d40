"""The official JavaScript client streams a chat."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest
from openai import OpenAI
from tests.end_to_end.node_project import PROJECT, installed_project, needs_node
from tests.end_to_end.running_server import RunningServer
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, served_app

QUESTION = "What does a nurse do?"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return installed_project(tmp_path)


@pytest.mark.engine
@needs_node
def test_node_streams_the_same_answer_as_python(server: RunningServer, client: OpenAI, project: Path) -> None:
    run = subprocess.run(
        ["node", "stream_chat.mjs", QUESTION],
        cwd=project,
        env=os.environ | {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.admin_key},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    answer = client.chat.completions.create(
        model="primary", messages=[{"role": "user", "content": QUESTION}], temperature=0, max_tokens=16
    )
    assert json.loads(run.stdout) == {
        "answer": answer.choices[0].message.content,
        "finishReason": answer.choices[0].finish_reason,
        "usage": answer.usage and answer.usage.to_dict(),
    }


@needs_node
async def test_node_skips_the_comments_of_a_stream_that_waits(project: Path) -> None:
    async with served_app(StandInEngine(delay=0.3), keep_alive_seconds=0.1) as served:
        environment = {"OPENAI_BASE_URL": f"http://127.0.0.1:{served.port}/v1", "OPENAI_API_KEY": ADMIN_KEY}
        run = await asyncio.create_subprocess_exec(
            "node", "stream_chat.mjs", QUESTION, cwd=project, env=os.environ | environment, stdout=subprocess.PIPE
        )
        stdout, _ = await run.communicate()
    assert run.returncode == 0
    assert json.loads(stdout)["answer"] == "Hello world!"


def test_the_lock_pins_the_client_and_names_no_registry() -> None:
    wanted = json.loads((PROJECT / "package.json").read_text())["dependencies"]["openai"]
    lock = (PROJECT / "package-lock.json").read_text()
    assert json.loads(lock)["packages"]["node_modules/openai"]["version"] == wanted
    assert "resolved" not in lock
    assert "://" not in lock
