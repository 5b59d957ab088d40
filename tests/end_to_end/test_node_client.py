"""The official JavaScript client streams a chat."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from openai import OpenAI
from tests.end_to_end.running_server import RunningServer

PROJECT = Path(__file__).parent / "node"
QUESTION = "What does a nurse do?"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy with its dependencies installed as locked."""
    copy = tmp_path / "node"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("node_modules"))
    install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    installed = subprocess.run(install, cwd=copy, capture_output=True, text=True, check=False, timeout=120)
    assert installed.returncode == 0, installed.stderr
    return copy


@pytest.mark.engine
@pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="Node.js and npm are not installed")
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


def test_the_lock_pins_the_client_and_names_no_registry() -> None:
    wanted = json.loads((PROJECT / "package.json").read_text())["dependencies"]["openai"]
    lock = (PROJECT / "package-lock.json").read_text()
    assert json.loads(lock)["packages"]["node_modules/openai"]["version"] == wanted
    assert "resolved" not in lock
    assert "://" not in lock
