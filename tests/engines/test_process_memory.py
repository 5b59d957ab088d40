"""Memory of an engine whose processes are stand-ins, as a made-up driver tells it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from jobai_server.engines import process_memory
from jobai_server.engines.process_memory import used_memory

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
input()
"""


@pytest.fixture
def engine() -> Iterator[tuple[int, int]]:
    """An engine's process, and its child's."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.communicate("\n")


@pytest.fixture
def gone() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def driver(monkeypatch: pytest.MonkeyPatch, *gpus: dict[int, int | None]) -> None:
    """What it says: on each GPU, process → bytes."""
    monkeypatch.setattr(process_memory, "is_cpu", lambda: False)
    said = SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: len(gpus),
        nvmlDeviceGetHandleByIndex=lambda number: gpus[number],
        nvmlDeviceGetComputeRunningProcesses=lambda gpu: [
            SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in gpu.items()
        ],
    )
    monkeypatch.setitem(sys.modules, "pynvml", said)


def test_what_the_engines_children_hold_is_its_own(
    monkeypatch: pytest.MonkeyPatch, engine: tuple[int, int], gone: int
) -> None:
    parent, child = engine
    others: dict[int, int | None] = {os.getpid(): 1000, gone: 10_000}
    driver(monkeypatch, {parent: 1, child: 20, **others}, {child: 300, **others})
    assert used_memory(parent) == 321
    driver(monkeypatch, {child: 20, **others})  # as with several GPUs: the engine's own process holds nothing
    assert used_memory(parent) == 20


def test_what_the_driver_does_not_tell_is_not_known(
    monkeypatch: pytest.MonkeyPatch, engine: tuple[int, int], gone: int
) -> None:
    parent, child = engine
    driver(monkeypatch, {parent: 1, child: None})
    assert used_memory(parent) is None
    driver(monkeypatch, {os.getpid(): 1000, gone: 10_000})
    assert used_memory(parent) is None


def test_a_process_that_one_may_not_ask_about_is_none_of_ours(
    monkeypatch: pytest.MonkeyPatch, engine: tuple[int, int]
) -> None:
    ask = os.getsid

    def refused(process_id: int) -> int:
        if process_id == os.getpid():
            raise PermissionError
        return ask(process_id)

    monkeypatch.setattr(os, "getsid", refused)
    parent, child = engine
    driver(monkeypatch, {child: 20, os.getpid(): 1000})
    assert used_memory(parent) == 20
