"""Child processes: messages both ways, an orderly stop, and no life after the parent's."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from jobai_server.process import MAX_LINE_BYTES, Child, start_child

DEADLINE = 20.0

ECHO = """
import json, os, signal, subprocess, sys
from jobai_server.process import adopt

control = adopt(sys.argv)

def say(message):
    control.sendall(json.dumps(message).encode() + b"\\n")

say({"event": "hello", "word": os.environ.get("WORD"), "session": os.getsid(0)})
for line in control.makefile("rb"):
    message = json.loads(line)
    if message == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if message == "grandchild":
        message = subprocess.Popen(["sleep", "600"]).pid
    if message == "exit":
        sys.exit(7)
    say({"heard": message})
"""

PARENT = """
import asyncio, sys
from jobai_server.process import start_child
async def main():
    child = await start_child("echo_child", {})
    await child.channel.receive()
    print(child.process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that says hello and echoes what it hears, importable in child processes."""
    (tmp_path / "echo_child.py").write_text(ECHO)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    return "echo_child"


@pytest.fixture
async def child(module: str) -> AsyncIterator[Child]:
    child = await start_child(module, {"WORD": "sesame"})
    yield child
    await child.stop(0)


async def received(child: Child) -> dict[str, object]:
    async with asyncio.timeout(DEADLINE):
        message = await child.channel.receive()
    assert message is not None
    return message


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while True:
            if reached():
                return
            await asyncio.sleep(0.01)


async def test_child_gets_its_environment_and_a_session_of_its_own(child: Child) -> None:
    assert await received(child) == {"event": "hello", "word": "sesame", "session": child.process.pid}


async def test_messages_pass_both_ways_in_order_whatever_their_text(child: Child) -> None:
    await received(child)
    messages = ["line\nbreak", "\u2028 Grüße 🎷", {"nested": [1, 2.5, None]}, "x" * 1_000_000]
    for message in messages:
        child.channel.send(message)  # type: ignore[arg-type]
    assert [(await received(child))["heard"] for _ in messages] == messages


async def test_messages_end_when_the_child_does(child: Child) -> None:
    await received(child)
    child.channel.send("exit")  # type: ignore[arg-type]
    async with asyncio.timeout(DEADLINE):
        assert await child.channel.receive() is None
        assert await child.process.wait() == 7
    assert not child.alive


async def test_sending_to_a_dead_child_is_no_error(child: Child) -> None:
    await received(child)
    child.process.kill()
    await child.process.wait()
    for _ in range(100):
        child.channel.send({"anybody": "there?"})
        await asyncio.sleep(0)
    child.signal(signal.SIGTERM)
    assert child.process.returncode == -signal.SIGKILL


async def test_settings_of_the_largest_size_fit_in_a_message(child: Child) -> None:
    await received(child)
    text = "x" * (MAX_LINE_BYTES - 64)
    child.channel.send({"text": text})
    assert (await received(child))["heard"] == {"text": text}


async def test_stop_lets_a_willing_child_end_itself(child: Child) -> None:
    await received(child)
    await child.stop(DEADLINE)
    assert child.process.returncode == -signal.SIGTERM


async def test_stop_kills_a_child_that_does_not_listen(child: Child) -> None:
    await received(child)
    child.channel.send("deaf")  # type: ignore[arg-type]
    await received(child)
    await child.stop(0.1)
    assert child.process.returncode == -signal.SIGKILL


async def test_stop_ends_what_the_child_has_started_too(child: Child) -> None:
    await received(child)
    child.channel.send("grandchild")  # type: ignore[arg-type]
    grandchild = psutil.Process((await received(child))["heard"])
    await child.stop(0.1)
    await until(lambda: not lives(grandchild))


async def test_stop_may_be_repeated(child: Child) -> None:
    await child.stop(0)
    await child.stop(0)
    assert not child.alive


async def test_inherited_descriptor_stays_open_and_others_do_not(tmp_path: Path, module: str) -> None:
    with (tmp_path / "shared").open("w") as shared, (tmp_path / "private").open("w") as private:
        os.set_inheritable(private.fileno(), True)
        child = await start_child(module, {}, inherited=(shared.fileno(),))
        await received(child)
        open_files = {Path(file.path).name for file in psutil.Process(child.process.pid).open_files()}
        await child.stop(0)
    assert "shared" in open_files
    assert "private" not in open_files


async def test_child_dies_when_its_parent_is_killed(module: str) -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    assert lives(child)
    parent.kill()
    await parent.wait()
    await until(lambda: not lives(child))


async def test_child_whose_parent_is_gone_before_it_could_adopt_does_not_run(module: str) -> None:
    a_process_that_is_not_its_parent = "1"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, "0", a_process_that_is_not_its_parent, stdin=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(DEADLINE):
        assert await process.wait() == 1


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
