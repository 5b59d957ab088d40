"""Keepers whose children are stand-ins."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from jobai_server.engines.programs import PROGRAMS
from jobai_server.process import Child, start_child
from jobai_server.supervision import engine_keeper, web_keeper
from jobai_server.supervision.backoff import Backoff

ROOT = Path(__file__).parents[2]
DEADLINE = 20.0
CHILDREN = frozenset(program.module for program in PROGRAMS.values()) | {"jobai_server.web_process"}

Script = Callable[[str], None]


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Has every child be a stand-in, and waits short between tries. Call it with what the children are to do."""

    async def start_stand_in(module: str, environment: Mapping[str, str], inherited: Sequence[int] = ()) -> Child:
        assert module in CHILDREN
        return await start_child("tests.supervision.stand_in_child", environment, inherited)

    for keeper in (engine_keeper, web_keeper):
        monkeypatch.setattr(keeper, "start_child", start_stand_in)
        monkeypatch.setattr(keeper, "Backoff", partial(Backoff, first=0.01))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "src")]))
    monkeypatch.setenv("STAND_IN_RUNS", str(tmp_path / "runs"))
    return partial(monkeypatch.setenv, "STAND_IN")


async def until(reached: Callable[[], object]) -> None:
    """Wait for something a child brings about."""
    async with asyncio.timeout(DEADLINE):
        while True:
            if reached():
                return
            await asyncio.sleep(0.01)
