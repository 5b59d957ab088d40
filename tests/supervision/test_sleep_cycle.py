"""When an idle engine falls asleep."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobai_server.engines.queue_table import FREE, QueueTable
from jobai_server.supervision.engine_load import EngineLoad
from jobai_server.supervision.sleep_cycle import LOOK_SECONDS, SleepCycle

SECONDS = 3.0
LOOKS = int(SECONDS / LOOK_SECONDS)


class Watched(SimpleNamespace):
    launch: Any = "there"
    slept: int = 0
    attached: bool = True

    def sleep(self) -> None:
        self.slept += 1


@pytest.fixture
def table(tmp_path: Path) -> QueueTable:
    return QueueTable(tmp_path / "queue", 8)


@pytest.fixture
def engine(tmp_path: Path) -> Watched:
    return Watched(busy=EngineLoad(tmp_path / "queue").busy)


@pytest.fixture
def cycle(engine: Watched) -> SleepCycle:
    return SleepCycle(engine, lambda: engine.attached, SECONDS)  # type: ignore[arg-type]


def look(cycle: SleepCycle, times: int) -> None:
    for _ in range(times):
        cycle.look()


@pytest.mark.usefixtures("table")
def test_nothing_to_do_for_long_enough(engine: Watched, cycle: SleepCycle) -> None:
    look(cycle, LOOKS - 1)
    assert engine.slept == 0
    look(cycle, 1)
    assert engine.slept == 1


def test_a_request_that_waits_or_runs_begins_it_anew(table: QueueTable, engine: Watched, cycle: SleepCycle) -> None:
    look(cycle, LOOKS - 1)
    row = table.add(worker=0, key=0, rank=1, answers=1, tokens=1, start=0)
    look(cycle, 3 * LOOKS)
    assert engine.slept == 0
    table.entries["state"][row] = FREE
    look(cycle, LOOKS - 1)
    assert engine.slept == 0
    look(cycle, 1)
    assert engine.slept == 1


@pytest.mark.usefixtures("table")
def test_the_time_of_an_engine_that_is_not_there_does_not_count(engine: Watched, cycle: SleepCycle) -> None:
    look(cycle, LOOKS - 1)
    engine.launch = None
    look(cycle, LOOKS)
    engine.launch = "there"
    look(cycle, LOOKS - 1)
    assert engine.slept == 0


@pytest.mark.usefixtures("table")
def test_the_time_until_its_clients_are_there_does_not_count(engine: Watched, cycle: SleepCycle) -> None:
    engine.attached = False
    look(cycle, 3 * LOOKS)
    engine.attached = True
    look(cycle, LOOKS - 1)
    assert engine.slept == 0
    look(cycle, 1)
    assert engine.slept == 1
