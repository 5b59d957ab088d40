"""What `serve` prints once it is ready. The shared server was given no key, so it made one."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess

import pytest
from tests.end_to_end.running_server import RunningServer
from tests.end_to_end.vocabulary import MODEL

pytestmark = pytest.mark.engine


def test_it_names_the_address_and_the_models(server: RunningServer) -> None:
    block = server.output()
    assert f"jobai-server is ready at {server.base_url}\n" in block
    assert re.search(rf"{MODEL} +\(primary, classification\) +ready\n", block)


def test_a_new_key_is_shown_once_and_kept_only_as_a_hash(server: RunningServer) -> None:
    assert re.search(rf"admin key +{re.escape(server.admin_key)}\n", server.output())
    data = server.folder / "data"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for path in data.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert server.admin_key.encode() not in path.read_bytes()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_printed_command_gets_an_answer(server: RunningServer) -> None:
    command = re.search(r"^curl .*?^  -d .*?$", server.output(), re.MULTILINE | re.DOTALL)
    assert command is not None
    ran = subprocess.run(["bash", "-c", command[0]], capture_output=True, text=True, check=True, timeout=60)
    answer = json.loads(ran.stdout)
    assert answer["model"] == MODEL
    assert answer["choices"][0]["message"]["role"] == "assistant"
