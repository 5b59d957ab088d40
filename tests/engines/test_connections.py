"""What a web worker does when it hears how an engine is doing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import until

from jobai_server.engines import connections
from jobai_server.engines.catalog import Catalog, EngineState, EngineStatus
from jobai_server.engines.connections import Connections
from jobai_server.engines.launch import EngineLaunch
from jobai_server.engines.request_queues import RequestQueues
from jobai_server.errors import EngineDied
from jobai_server.settings import ModelSettings

NAME = "stand-in"


class Opened(StandInEngine):
    failed = False

    def fail(self) -> None:
        self.failed = True


class Openings:
    """Every try to open an engine; each hangs until it is let go."""

    def __init__(self) -> None:
        self.seats: list[int] = []
        self.cancelled = 0
        self.go = asyncio.Event()
        self.error: Exception | None = None

    async def open(self, launch: Any, seat: Any, card: Any, queue: Any) -> StandInEngine:
        self.seats.append(seat.index)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return Opened()


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> Openings:
    openings = Openings()
    monkeypatch.setattr(connections, "open_vllm_engine", openings.open)
    monkeypatch.setattr(connections, "VLLM_CLIENT", __name__)  # importing vLLM takes seconds
    return openings


@pytest.fixture
def catalog() -> Catalog:
    card = StandInEngine().card
    return Catalog.of({card.name: card})


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def unwell() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def worker(tmp_path: Path, catalog: Catalog, told: list[tuple[str, str]], unwell: list[tuple[str, str]]) -> Connections:
    queues = RequestQueues(tmp_path, {NAME: ModelSettings.model_validate({"name": NAME, "source": "/none"})}, 0, 1)
    return Connections(
        catalog,
        queues,
        lambda *connected: told.append(connected),
        lambda *casualties: None,
        lambda *who_and_why: unwell.append(who_and_why),
        attach_seconds=60,
    )


def message(state: EngineState, run: str = "1", seat: int | None = None, process: int | None = 7) -> dict[str, Any]:
    """The supervisor's word on the engine."""
    said: dict[str, Any] = {"name": NAME, "status": asdict(EngineStatus(state, time.time(), process_id=process))}
    if state == "ready":
        model = ModelSettings.model_validate({"name": NAME, "source": "/none"})
        launch = EngineLaunch(
            kind="text", name=NAME, model=model, path=Path("/none"), seats=3, run_directory=Path("/none") / run
        )
        said["launch"] = launch.model_dump(mode="json")
        said |= {"seat": launch.seat(seat).model_dump()} if seat is not None else {}
    return said


async def test_an_engine_that_sleeps_before_it_is_open_is_not_waited_for(
    worker: Connections, catalog: Catalog, openings: Openings, told: list[tuple[str, str]]
) -> None:
    opening = asyncio.create_task(worker.apply(message("ready", seat=0)))
    await until(lambda: openings.seats)
    await worker.apply(message("asleep"))
    async with asyncio.timeout(5):
        await opening
    assert openings.cancelled == 1
    assert (catalog.entries[NAME].status.state, told) == ("asleep", [])

    openings.go.set()
    await worker.apply(message("ready", seat=1))
    assert openings.seats == [0, 1]
    assert told == [(NAME, "1")]
    assert catalog.entries[NAME].engine is not None


async def test_an_engine_whose_process_slept_is_used_again_as_it_was(
    worker: Connections, catalog: Catalog, openings: Openings, told: list[tuple[str, str]]
) -> None:
    openings.go.set()
    await worker.apply(message("ready", seat=0))
    engine = catalog.entries[NAME].engine
    for state in ("dozing", "asleep", "waking"):
        await worker.apply(message(state))
        assert catalog.entries[NAME].engine is None
    await worker.apply(message("ready"))
    assert catalog.entries[NAME].engine is engine
    assert openings.seats == [0]
    assert told == [(NAME, "1")]


async def test_an_engine_whose_process_ended_is_opened_anew(
    worker: Connections, catalog: Catalog, openings: Openings
) -> None:
    openings.go.set()
    await worker.apply(message("ready", seat=0))
    engine: Any = catalog.entries[NAME].engine
    await worker.apply(message("dozing", process=None))
    assert engine.failed
    await worker.apply(message("asleep", process=None))
    await worker.apply(message("ready", run="2", seat=0))
    assert catalog.entries[NAME].engine is not engine
    assert openings.seats == [0, 0]


async def test_a_worker_that_ends_while_it_opens_an_engine_ends(worker: Connections, openings: Openings) -> None:
    opening = asyncio.create_task(worker.apply(message("ready", seat=0)))
    await until(lambda: openings.seats)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert openings.cancelled == 1


async def test_an_engine_that_cannot_be_attached_to_is_unwell_and_the_worker_goes_on(
    worker: Connections, catalog: Catalog, openings: Openings, unwell: list[tuple[str, str]]
) -> None:
    openings.go.set()
    openings.error = AttributeError("no such tokenizer")
    await worker.apply(message("ready", seat=0))
    why = "a web worker could not be attached to it: AttributeError: no such tokenizer"
    assert unwell == [(NAME, why)]
    entry = catalog.entries[NAME]
    assert (entry.engine, entry.status.state, entry.status.reason) == (None, "restarting", why)

    openings.error = None
    await worker.apply(message("ready", run="2", seat=0))
    assert (entry.engine is None, entry.status.state) == (False, "ready")


async def test_an_engine_that_hangs_at_its_first_work_is_unwell(
    worker: Connections, openings: Openings, unwell: list[tuple[str, str]]
) -> None:
    worker._attach_seconds = 0.01
    await worker.apply(message("ready", seat=0))
    assert unwell == [(NAME, "a web worker could not be attached to it: TimeoutError: it does not do its first work")]
    assert openings.cancelled == 1


async def test_an_engine_that_ends_while_it_is_attached_to_is_the_supervisors_business(
    worker: Connections, openings: Openings, unwell: list[tuple[str, str]]
) -> None:
    openings.go.set()
    openings.error = EngineDied("gone")
    await worker.apply(message("ready", seat=0))
    assert unwell == []
