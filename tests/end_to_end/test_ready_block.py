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


def test_it_names_the_address_the_models_and_where_the_key_is(server: RunningServer) -> None:
    block = server.output()
    assert f"jobai-server is ready at {server.base_url}\n" in block
    assert re.search(rf"{MODEL} +\(primary, classification\) +ready\n", block)
    assert re.search(rf"kept in {re.escape(str(server.key_file))}\n", block)


def test_a_new_key_is_shown_once_and_kept_for_its_owner_alone(server: RunningServer) -> None:
    key = server.key_file.read_text().strip()
    assert key == server.admin_key
    assert len(key) > 40
    assert re.search(rf"admin key +{re.escape(key)}\n", server.output())
    assert stat.S_IMODE(server.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.key_file.parent.stat().st_mode) == 0o700
    assert [path.name for path in server.key_file.parent.iterdir()] == [server.key_file.name]


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_printed_command_gets_an_answer(server: RunningServer) -> None:
    command = re.search(r"^curl .*?^  -d .*?$", server.output(), re.MULTILINE | re.DOTALL)
    assert command is not None
    ran = subprocess.run(["bash", "-c", command[0]], capture_output=True, text=True, check=True, timeout=60)
    answer = json.loads(ran.stdout)
    assert answer["model"] == MODEL
    assert answer["choices"][0]["message"]["role"] == "assistant"
