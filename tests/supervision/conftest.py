"""Keepers whose children are stand-ins."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jobai_server.engines.programs import PROGRAMS
from jobai_server.process import Child, start_child
from jobai_server.supervision import engine_keeper, web_keeper
from jobai_server.supervision.backoff import Backoff

ROOT = Path(__file__).parents[2]
DEADLINE = 20.0
CHILDREN = frozenset(program.module for program in PROGRAMS.values()) | {"jobai_server.web_process"}

Script = Callable[[str], None]
NoRoom = Callable[[Exception, int], None]

NO_ROOM = (
    OSError(errno.EAGAIN, "Resource temporarily unavailable"),
    OSError(errno.EMFILE, "Too many open files"),
    RuntimeError("can't start new thread"),
)
"""What a start raises where the machine has no room for one more process."""


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


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> NoRoom:
    """Call it with an error, for so many starts of any child to raise it."""

    def fail(error: Exception, times: int) -> None:
        start: Callable[..., Awaitable[Child]] = vars(engine_keeper)["start_child"]
        errors = [error] * times

        async def start_or_fail(*arguments: Any, **options: Any) -> Child:
            if errors:
                raise errors.pop()
            return await start(*arguments, **options)

        for keeper in (engine_keeper, web_keeper):
            monkeypatch.setattr(keeper, "start_child", start_or_fail)

    return fail


async def until(reached: Callable[[], object]) -> None:
    """Wait for something a child brings about."""
    async with asyncio.timeout(DEADLINE):
        while True:
            if reached():
                return
            await asyncio.sleep(0.01)
