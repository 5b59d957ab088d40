from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import psutil
import pytest
from tests.supervision.conftest import NO_ROOM, NoRoom, Script, until

from jobai_server.engines.catalog import EngineState, EngineStatus
from jobai_server.engines.launch import EngineKind
from jobai_server.engines.programs import PROGRAMS
from jobai_server.settings.model import ModelSettings
from jobai_server.supervision import engine_keeper, spare_child
from jobai_server.supervision.engine_keeper import EngineKeeper
from jobai_server.supervision.supervisor import engine_message

MODEL = ModelSettings(name=("nano", "also-nano"), source="package:jobai_server/embedded/jobai_nano")

Kept = Callable[..., AbstractAsyncContextManager[EngineKeeper]]


async def told_to_sleep(engine: EngineKeeper, state: EngineState) -> int | None:
    """Once it was ready; the process it had, when it has come to that state."""
    await until(lambda: engine.status.state == "ready")
    process = engine.process_id
    engine.sleep()
    await until(lambda: engine.status.state == state)
    return process


@pytest.fixture
def told() -> list[EngineStatus]:
    """Every status that was announced."""
    return []


@pytest.fixture
def kept(tmp_path: Path, told: list[EngineStatus]) -> Kept:
    """A running keeper, which ends with the `with` block."""

    @asynccontextmanager
    async def keeping(
        kind: EngineKind = "text",
        folder: str = "0",
        seats: int = 3,
        start_seconds: float = 60,
        gate: asyncio.Semaphore | None = None,
        busy: Callable[[], bool] = lambda: False,
        sleep_level: Literal[1] | None = None,
    ) -> AsyncIterator[EngineKeeper]:
        keeper = EngineKeeper(
            MODEL.model_copy(update={"sleep_level": sleep_level}),
            tmp_path,
            kind=kind,
            seats=seats,
            run_directory=tmp_path / "run" / folder,
            start_seconds=start_seconds,
            debug=False,
            variables={},
            gate=gate or asyncio.Semaphore(),
            announce=lambda keeper: told.append(keeper.status),
            busy=busy,
        )
        task = asyncio.create_task(keeper.run())
        try:
            yield keeper
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    return keeping


async def test_engine_becomes_ready(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("ready")
    async with kept() as engine:
        assert (engine.name, engine.status.state, engine.launch) == ("nano", "starting", None)
        await until(lambda: told)
        assert (engine.status.state, engine.status.restarts, engine.status.reason) == ("ready", 0, "")
        assert engine.launch is not None
        assert engine.launch.model == MODEL
        assert engine.launch.run_directory.is_dir()


async def test_every_seat_is_given_away_once(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("ready")
    async with kept(seats=2) as engine:
        assert engine.take_seat() is None
        await until(lambda: told)
        first, second = engine.take_seat(), engine.take_seat()
        assert first is not None
        assert second is not None
        assert (first.index, second.index) == (0, 1)
        assert len({first.input_address, first.output_address, second.input_address, second.output_address}) == 4
        assert engine.take_seat() is None


async def test_killed_engine_is_started_again(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("ready")
    async with kept() as engine:
        await until(lambda: told)
        first_process, first_launch = engine.process_id, engine.launch
        assert first_process is not None
        assert first_launch is not None
        engine.take_seat()
        os.kill(first_process, signal.SIGKILL)
        await until(lambda: len(told) == 3)
        assert [status.state for status in told] == ["ready", "restarting", "ready"]
        assert [status.restarts for status in told] == [0, 0, 1]
        assert "signal 9" in told[1].reason
        assert engine.process_id != first_process
        assert engine.launch is not None
        assert engine.launch.run_directory != first_launch.run_directory
        seat = engine.take_seat()
        assert seat is not None
        assert seat.index == 0


@pytest.mark.parametrize("ended_by_us", [False, True])
async def test_an_engines_own_processes_do_not_hide_its_end(
    stand_in: Script, kept: Kept, told: list[EngineStatus], ended_by_us: bool
) -> None:
    stand_in("fork,ready")
    async with kept() as engine:
        await until(lambda: told)
        process = psutil.Process(engine.process_id)
        [its_own] = process.children()
        if ended_by_us:
            engine.end_run("it hangs")
        else:
            process.kill()
        await until(lambda: len(told) == 3)
        assert told[1].reason == ("it hangs" if ended_by_us else "the engine process ended unexpectedly (signal 9)")
        assert not its_own.is_running() or its_own.status() == psutil.STATUS_ZOMBIE


async def test_dead_engine_gives_no_seats(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("ready,silent")
    async with kept() as engine:
        await until(lambda: told)
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
        await until(lambda: len(told) == 2)
        assert engine.launch is None
        assert engine.take_seat() is None


async def test_engine_that_never_starts_counts_as_failed_and_is_still_tried(
    stand_in: Script, kept: Kept, told: list[EngineStatus]
) -> None:
    stand_in("fail,fail,fail,fail,ready")
    async with kept() as engine:
        await until(lambda: engine.status.state == "ready")
    states = [status.state for status in told]
    assert states == ["restarting", "restarting", "failed", "failed", "ready", "stopped"]
    assert "out of luck" in told[0].reason
    assert told[4].restarts == 4


async def test_engine_that_has_been_ready_is_not_failed(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("fail,fail,ready,fail,fail,silent")
    async with kept() as engine:
        await until(lambda: engine.status.state == "ready")
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
        await until(lambda: len(told) == 6)
    assert [status.state for status in told[3:6]] == ["restarting"] * 3


@pytest.mark.parametrize("error", NO_ROOM, ids=str)
async def test_a_machine_without_room_for_a_process_is_tried_again(
    stand_in: Script, no_room: NoRoom, kept: Kept, told: list[EngineStatus], error: Exception
) -> None:
    stand_in("ready")
    async with kept() as engine:
        await until(lambda: engine.status.state == "ready")
        no_room(error, 3)
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
        await until(lambda: engine.status.state == "ready" and engine.status.restarts == 4)
    states = [status.state for status in told]
    assert states == ["ready", "restarting", "restarting", "restarting", "failed", "ready", "stopped"]
    assert [status.reason for status in told[2:5]] == [f"it could not be started: {error}"] * 3


async def test_a_disk_without_room_for_a_runs_folder_is_tried_again(
    stand_in: Script, kept: Kept, tmp_path: Path, told: list[EngineStatus]
) -> None:
    stand_in("ready")
    in_the_way = tmp_path / "run"
    in_the_way.touch()
    async with kept() as engine:
        await until(lambda: engine.status.state == "restarting")
        assert engine.status.reason.startswith("it could not be started: ")
        assert str(in_the_way) in engine.status.reason
        in_the_way.unlink()
        await until(lambda: engine.status.state == "ready")


async def test_folders_of_earlier_runs_are_removed_but_the_last(stand_in: Script, kept: Kept, tmp_path: Path) -> None:
    stand_in("ready")
    folders = tmp_path / "run" / "0"
    async with kept() as engine:
        for run, there in enumerate(({"1"}, {"1", "2"}, {"2", "3"}, {"3", "4"})):
            if engine.process_id is not None:
                os.kill(engine.process_id, signal.SIGKILL)
            await until(partial(lambda run: (engine.status.state, engine.status.restarts) == ("ready", run), run))
            assert {path.name for path in folders.iterdir()} == there
            assert engine.launch is not None
            (engine.launch.run_directory / "0.in").touch()


async def test_end_during_the_start_is_told_with_its_exit_code(
    stand_in: Script, kept: Kept, told: list[EngineStatus]
) -> None:
    stand_in("exit,ready")
    async with kept():
        await until(lambda: len(told) == 2)
    assert "during its start (exit code 3)" in told[0].reason


async def test_start_that_takes_too_long_is_ended(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("silent")
    async with kept(start_seconds=0.2) as engine:
        await until(lambda: engine.process_id)
        process = psutil.Process(engine.process_id)
        await until(lambda: told)
        assert "not ready within 0.2 s" in told[0].reason
        assert not process.is_running()


async def test_recycled_engine_has_seats_again(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("ready")
    async with kept(seats=1) as engine:
        await until(lambda: told)
        assert engine.take_seat()
        engine.recycle()
        await until(lambda: len(told) == 3)
        assert engine.take_seat()


@pytest.mark.parametrize("act", ["ready", "silent"])
async def test_stopping_leaves_no_process(stand_in: Script, kept: Kept, told: list[EngineStatus], act: str) -> None:
    stand_in(act)
    async with kept() as engine:
        await until(lambda: engine.process_id and (told or act == "silent"))
        process = psutil.Process(engine.process_id)
    assert not process.is_running()
    assert told[-1].state == "stopped"
    assert engine.launch is None


async def test_engines_with_one_gate_start_one_after_the_other(stand_in: Script, kept: Kept) -> None:
    gate = asyncio.Semaphore(1)
    stand_in("silent,ready")
    async with kept(folder="0", gate=gate, start_seconds=1) as first, kept(folder="1", gate=gate) as second:
        await until(lambda: first.process_id)
        assert second.process_id is None
        await until(lambda: first.status.state == "restarting")
        await until(lambda: first.status.state == second.status.state == "ready")


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has embedding engines count as hung after a second of silence."""
    program = replace(PROGRAMS["embedding"], silence_seconds=1.0)
    monkeypatch.setattr(engine_keeper, "PROGRAMS", {**PROGRAMS, "embedding": program})


async def test_engine_that_hangs_is_killed_and_replaced(
    stand_in: Script, silence: None, kept: Kept, told: list[EngineStatus]
) -> None:
    stand_in("hang,beat")
    async with kept(kind="embedding") as engine:
        await until(lambda: told)
        hung = psutil.Process(engine.process_id)
        await until(lambda: len(told) == 3)
        assert [status.state for status in told] == ["ready", "restarting", "ready"]
        assert "no sign of life for 1 s" in told[1].reason
        assert not hung.is_running()


async def test_stopped_engine_is_killed_although_it_hears_no_signal(
    stand_in: Script, silence: None, kept: Kept, told: list[EngineStatus]
) -> None:
    stand_in("beat")
    async with kept(kind="embedding") as engine:
        await until(lambda: told)
        stopped = psutil.Process(engine.process_id)
        stopped.suspend()
        await until(lambda: len(told) == 3)
        assert not stopped.is_running()


async def test_engine_that_gives_signs_of_life_is_left_alone(
    stand_in: Script, silence: None, kept: Kept, told: list[EngineStatus]
) -> None:
    stand_in("beat")
    async with kept(kind="embedding"):
        await until(lambda: told)
        await asyncio.sleep(2.5)
        assert [status.state for status in told] == ["ready"]


async def test_an_engine_sleeps_until_it_is_wanted(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("ready")
    async with kept() as engine:
        await until(lambda: engine.status.state == "ready")
        first = engine.process_id
        assert first is not None
        engine.sleep()
        await until(lambda: not psutil.pid_exists(first))
        await until(lambda: (engine.status.state, engine.status.process_id) == ("asleep", None))
        assert engine.launch is None
        await asyncio.sleep(0.1)
        assert engine.process_id is None
        engine.wake()
        await until(lambda: engine.status.state == "ready")
        assert engine.process_id not in {None, first}
        assert engine.status.restarts == 0
    states = [(status.state, status.process_id) for status in told]
    assert states[1:] == [
        ("dozing", first),
        ("dozing", None),
        ("asleep", None),
        ("waking", None),
        ("ready", states[-2][1]),
        ("stopped", states[-1][1]),
    ]


async def test_a_process_that_can_sleep_is_kept(stand_in: Script, kept: Kept, told: list[EngineStatus]) -> None:
    stand_in("ready")
    async with kept(sleep_level=1) as engine:
        await until(lambda: engine.status.state == "ready")
        process, launch = engine.process_id, engine.launch
        assert engine.take_seat() is not None
        for _ in range(2):
            engine.sleep()
            await until(lambda: engine.status.state == "asleep")
            assert engine.launch is None
            assert psutil.pid_exists(process or 0)
            engine.wake()
            await until(lambda: engine.status.state == "ready")
        assert (engine.process_id, engine.launch, engine.status.restarts) == (process, launch, 0)
        assert (seat := engine.take_seat()) is not None
        assert seat.index == 1  # the first seat is still taken
    cycle = [("dozing", process), ("asleep", process), ("waking", process), ("ready", process)]
    assert [(status.state, status.process_id) for status in told[1:-1]] == cycle * 2


async def test_a_process_that_dies_in_its_sleep_is_missed_when_it_is_wanted(stand_in: Script, kept: Kept) -> None:
    stand_in("ready")
    async with kept(sleep_level=1) as engine:
        await until(lambda: engine.status.state == "ready")
        engine.sleep()
        await until(lambda: engine.status.state == "asleep")
        assert (first := engine.process_id) is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: (engine.status.state, engine.status.process_id) == ("asleep", None))
        assert engine.status.last_failure is not None
        engine.wake()
        await until(lambda: engine.status.state == "ready")
        assert engine.process_id not in {None, first}


async def test_a_process_that_still_has_work_at_the_limit_ends(
    stand_in: Script, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_keeper, "LONGEST_WAIT_SECONDS", 0.2)
    stand_in("ready")
    async with kept(sleep_level=1, busy=lambda: True) as engine:
        await until(lambda: engine.status.state == "ready")
        engine.sleep()
        await until(lambda: (engine.status.state, engine.status.process_id) == ("asleep", None))


async def test_a_process_that_does_not_wake_is_replaced(
    stand_in: Script, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_keeper, "NAP_SECONDS", 2)
    stand_in("oversleep,ready")
    async with kept(sleep_level=1) as engine:
        first = await told_to_sleep(engine, "asleep")
        engine.wake()
        await until(lambda: engine.status.state == "ready")
        assert engine.process_id not in {None, first}
        assert engine.status.restarts == 1
        assert engine.status.last_failure is not None
        assert "wake up within 2 s" in engine.status.last_failure.reason


async def test_a_client_that_is_connected_takes_no_other_seat(stand_in: Script, kept: Kept) -> None:
    stand_in("ready")
    async with kept(seats=1) as engine:
        await until(lambda: engine.status.state == "ready")
        assert engine.launch is not None
        run = engine.launch.run
        assert engine_message(engine, run).keys() >= {"launch"}
        assert "seat" not in engine_message(engine, run)
        assert engine_message(engine, "another run")["seat"]["index"] == 0
        assert engine_message(engine, None)["status"]["state"] == "restarting"  # none is left


async def test_an_engine_with_work_falls_asleep_when_it_is_done(
    stand_in: Script, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_keeper, "QUIET_SECONDS", 0.1)
    stand_in("ready")
    work = ["a request"]
    async with kept(busy=lambda: bool(work)) as engine:
        await until(lambda: engine.status.state == "ready")
        engine.sleep()
        await until(lambda: engine.status.state == "dozing")
        await asyncio.sleep(0.5)
        assert engine.process_id is not None
        work.clear()
        await until(lambda: engine.process_id is None)


async def test_wanted_while_it_falls_asleep_it_comes_back(stand_in: Script, kept: Kept) -> None:
    stand_in("ready")
    async with kept() as engine:
        first = await told_to_sleep(engine, "dozing")
        engine.wake()
        await until(lambda: engine.status.state == "ready")
        assert engine.process_id not in {None, first}


async def test_an_engine_that_says_it_has_failed_is_started_again_at_once(
    stand_in: Script, kept: Kept, told: list[EngineStatus]
) -> None:
    stand_in("break,ready")
    async with kept() as engine:
        await until(lambda: len(told) == 3)
        assert told[1].reason == "the engine failed: RuntimeError: a step failed"
        assert (engine.status.state, engine.status.reason, engine.status.restarts) == ("ready", "", 1)
        assert engine.status.last_failure is not None
        assert engine.status.last_failure.reason == told[1].reason


async def test_restarts_do_not_go_down_when_it_sleeps(stand_in: Script, kept: Kept) -> None:
    stand_in("break,ready")
    async with kept() as engine:
        await until(lambda: (engine.status.state, engine.status.restarts) == ("ready", 1))
        engine.sleep()
        await until(lambda: engine.status.state == "asleep")
        assert engine.status.restarts == 1


async def test_an_engine_that_hangs_while_it_falls_asleep_can_be_ended(stand_in: Script, kept: Kept) -> None:
    stand_in("hang")
    async with kept(busy=lambda: True) as engine:
        await until(lambda: engine.status.state == "ready")
        engine.sleep()
        await until(lambda: engine.status.state == "dozing")
        assert engine.running
        engine.end_run("it is stuck")
        await until(lambda: engine.status.state == "asleep")
        assert engine.status.last_failure is not None
        assert engine.status.last_failure.reason == "it is stuck"


def stand_ins() -> set[int]:
    """Living children of this process that stand in for an engine's; other tests' servers are children as well."""
    found = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE and "tests.supervision.stand_in_child" in child.cmdline():
                found.add(child.pid)
    return found


async def test_a_spare_process_takes_over(
    stand_in: Script, kept: Kept, told: list[EngineStatus], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare_child, "DELAY_SECONDS", 0.0)
    stand_in("beat")
    async with kept(kind="embedding") as engine:
        await until(lambda: told)
        first = engine.process_id
        assert first is not None
        await until(lambda: len(stand_ins()) == 2)
        [spare] = stand_ins() - {first}
        os.kill(first, signal.SIGKILL)
        await until(lambda: len(told) == 3)
        assert engine.process_id == spare
        await until(lambda: len(stand_ins()) == 2)
        engine.sleep()
        await until(lambda: (engine.status.state, engine.status.process_id) == ("asleep", None))
        assert stand_ins() == set()


async def test_without_room_for_a_spare_process_the_engine_goes_on_and_the_next_run_has_one(
    stand_in: Script,
    no_room: NoRoom,
    kept: Kept,
    told: list[EngineStatus],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(spare_child, "DELAY_SECONDS", 0.1)
    stand_in("beat")
    async with kept(kind="embedding") as engine:
        await until(lambda: told)
        no_room(NO_ROOM[0], 1)
        await until(lambda: "a spare process could not be started" in caplog.text)
        assert [status.state for status in told] == ["ready"]
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
        await until(lambda: len(told) == 3)
        await until(lambda: len(stand_ins()) == 2)


async def test_a_crash_while_it_falls_asleep_is_no_restart(stand_in: Script, kept: Kept) -> None:
    stand_in("ready")
    async with kept(busy=lambda: True) as engine:
        await until(lambda: engine.status.state == "ready")
        engine.sleep()
        await until(lambda: engine.status.state == "dozing")
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
        await until(lambda: engine.status.state == "asleep")
        assert engine.process_id is None
        assert engine.status.restarts == 0


async def test_only_a_ready_engine_falls_asleep(stand_in: Script, kept: Kept) -> None:
    stand_in("silent")
    async with kept() as engine:
        engine.sleep()
        await asyncio.sleep(0.1)
        assert engine.status.state == "starting"
