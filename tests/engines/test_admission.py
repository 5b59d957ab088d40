from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from jobai_server.engines.admission import RunningRequests
from jobai_server.errors import Overloaded

ENGINES = ("large", "small")


@pytest.fixture
def workers(tmp_path: Path) -> list[RunningRequests]:
    """Three web workers' views of one file."""
    return [RunningRequests(tmp_path / "running", ENGINES, worker, 3) for worker in range(3)]


def test_every_worker_sees_the_requests_of_all(workers: list[RunningRequests]) -> None:
    with workers[0].place("large", 1, limit=9), workers[2].place("large", 4, limit=9):
        assert [worker.total("large") for worker in workers] == [5, 5, 5]
        assert [worker.total("small") for worker in workers] == [0, 0, 0]
    assert [worker.total("large") for worker in workers] == [0, 0, 0]


def test_limit_counts_the_requests_of_all_workers(workers: list[RunningRequests]) -> None:
    with workers[0].place("large", 1, limit=2), workers[1].place("large", 1, limit=2):
        with pytest.raises(Overloaded, match="'large' is at its limit of 2") as refused:
            workers[2].place("large", 1, limit=2).__enter__()
        assert refused.value.retry_after > 0
        assert workers[2].total("large") == 2
        with workers[2].place("small", 1, limit=2):
            pass
    with workers[2].place("large", 2, limit=2):
        pass


def test_several_answers_take_as_many_places(workers: list[RunningRequests]) -> None:
    with pytest.raises(Overloaded), workers[0].place("large", 3, limit=2):
        pass
    with workers[0].place("large", 2, limit=3), pytest.raises(Overloaded), workers[0].place("large", 2, limit=3):
        pass
    assert workers[0].total("large") == 0


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_place_is_free_again_after_an_error(workers: list[RunningRequests], error: type[BaseException]) -> None:
    with contextlib.suppress(error), workers[0].place("large", 2, limit=2):
        raise error
    assert workers[1].total("large") == 0


def test_places_of_a_dead_worker_are_free_again_once_it_is_replaced(
    tmp_path: Path, workers: list[RunningRequests]
) -> None:
    dying = f"""
import os, pathlib
from jobai_server.engines.admission import RunningRequests
with RunningRequests(pathlib.Path({str(tmp_path / "running")!r}), {ENGINES!r}, 1, 3).place("large", 5, 9):
    os._exit(9)
"""
    with workers[0].place("large", 1, limit=9):
        subprocess.run([sys.executable, "-c", dying], check=False)
        assert workers[2].total("large") == 6
        replacement = RunningRequests(tmp_path / "running", ENGINES, 1, 3)
        assert [view.total("large") for view in (*workers, replacement)] == [1, 1, 1, 1]
