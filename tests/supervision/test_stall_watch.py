"""When an engine with work to do counts as stuck."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from jobai_server.engines.queue_table import RUNNING, WAITING, QueueTable
from jobai_server.supervision.stall_watch import LOOK_SECONDS, StallWatch

SECONDS = 3.0
LOOKS = int(SECONDS / LOOK_SECONDS)


class Watched(SimpleNamespace):
    running: bool = True

    def end_run(self, reason: str) -> None:
        self.ended = [*getattr(self, "ended", []), reason]


@pytest.fixture
def table(tmp_path: Path) -> QueueTable:
    table = QueueTable(tmp_path / "queue", 8)
    table.add(worker=0, key=0, rank=1, answers=1, tokens=1, start=0)
    return table


@pytest.fixture
def engine() -> Watched:
    return Watched()


@pytest.fixture
def watch(engine: Watched, tmp_path: Path) -> StallWatch:
    return StallWatch(engine, tmp_path / "queue", SECONDS)  # type: ignore[arg-type]


def look(watch: StallWatch, times: int) -> None:
    for _ in range(times):
        watch.look()


def test_work_without_a_token_ends_the_run_once(table: QueueTable, engine: Watched, watch: StallWatch) -> None:
    table.entries["state"][0] = RUNNING
    look(watch, LOOKS)
    assert not hasattr(engine, "ended")
    look(watch, 1)
    assert engine.ended == ["it is stuck: 1 requests are running, and no token for 3 s"]
    look(watch, LOOKS)
    assert len(engine.ended) == 1


def test_a_token_now_and_then_is_enough(table: QueueTable, engine: Watched, watch: StallWatch) -> None:
    table.entries["state"][0] = RUNNING
    for _ in range(5):
        look(watch, LOOKS)
        table.note_progress()
    assert not hasattr(engine, "ended")


def test_idling_and_waiting_for_a_turn_are_not_being_stuck(
    table: QueueTable, engine: Watched, watch: StallWatch
) -> None:
    assert table.entries["state"][0] == WAITING
    look(watch, 10 * LOOKS)
    assert not hasattr(engine, "ended")


def test_an_engine_that_is_not_there_is_nobodys_fault(table: QueueTable, engine: Watched, watch: StallWatch) -> None:
    table.entries["state"][0] = RUNNING
    look(watch, LOOKS)
    engine.running = False
    look(watch, LOOKS)
    engine.running = True
    look(watch, LOOKS)
    assert not hasattr(engine, "ended")
