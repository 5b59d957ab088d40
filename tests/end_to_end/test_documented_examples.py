"""Every example of README.md and docs/, run against the real server as it is printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from tests.end_to_end.documented_examples import ROOT, Example, examples
from tests.end_to_end.node_project import installed_project, needs_node
from tests.end_to_end.running_server import RunningServer

pytestmark = pytest.mark.engine

PRINTED_URL = "http://localhost:8080"
PYTHON_FILES = sorted({one.file for one in examples("python")})


@pytest.fixture(scope="module")
def environment(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a reader has set who followed the page: the key, and the server's own settings for its command line."""
    folder = tmp_path_factory.mktemp("home")
    # An answer that is an error is a failure.
    (folder / ".curlrc").write_text("silent\nfail-with-body\nmax-time = 120\n")
    with httpx2.Client(base_url=server.url, headers=server.headers) as http:
        monitor, other = (
            http.post("/api-keys/create", json={"name": name, "role": "monitor"}).raise_for_status().json()
            for name in ("monitor", "to be revoked")
        )
    return {
        **os.environ,
        "CURL_HOME": str(folder),
        "JOBAI_API_KEY": server.admin_key,
        "MONITOR_KEY": monitor["key"],
        "KEY": other["id"],
        "JOBAI_DATA_DIRECTORY": str(server.folder / "data"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


@pytest.mark.parametrize("example", examples("bash"), ids=lambda example: example.place)
def test_shell_example(example: Example, server: RunningServer, environment: dict[str, str]) -> None:
    code = example.code.replace(PRINTED_URL, server.url)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, f"{example.place}\n{code}\n{done.stdout}{done.stderr}"
    assert done.stdout.strip()


@pytest.mark.parametrize("file", PYTHON_FILES)
def test_python_examples(file: str, server: RunningServer, environment: dict[str, str], tmp_path: Path) -> None:
    """All of a file's in one program: later ones use the client of the first."""
    blocks = [one.code for one in examples("python") if one.file == file]
    program = tmp_path / "examples.py"
    program.write_text("\n\n".join(blocks).replace(PRINTED_URL, server.url))
    done = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{file}\n{done.stdout}{done.stderr}"
    assert done.stdout.strip()


@needs_node
def test_javascript_examples(server: RunningServer, environment: dict[str, str], tmp_path: Path) -> None:
    project = installed_project(tmp_path)
    for example in examples("javascript"):
        (project / "example.mjs").write_text(example.code.replace(PRINTED_URL, server.url))
        done = subprocess.run(
            ["node", "example.mjs"], cwd=project, env=environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, f"{example.place}\n{done.stdout}{done.stderr}"
        assert done.stdout.strip()
