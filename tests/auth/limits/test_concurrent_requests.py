"""Counting what each key has running."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from jobai_server.auth.limits.concurrent_requests import ConcurrentRequests


def test_workers_count_together(tmp_path: Path) -> None:
    with closing(_worker(tmp_path, 0)) as first, closing(_worker(tmp_path, 1)) as second:
        assert [first.enter("key", 2), second.enter("key", 2), first.enter("key", 2)] == [True, True, False]
        assert second.enter("other", 1)
        first.leave("key")
        assert second.enter("key", 2)
        assert first.total("key") == 2


def test_what_a_dead_worker_had_running_is_forgotten_when_it_is_replaced(tmp_path: Path) -> None:
    with closing(_worker(tmp_path, 1)) as second:
        with closing(_worker(tmp_path, 0)) as first:
            first.enter("key", 9)
            first.enter("other", 9)
            second.enter("key", 9)
        with closing(_worker(tmp_path, 0)):
            assert (second.total("key"), second.total("other")) == (1, 0)


def test_leaving_twice_does_not_make_room(tmp_path: Path) -> None:
    with closing(_worker(tmp_path, 0)) as worker:
        worker.enter("key", 1)
        worker.leave("key")
        worker.leave("key")
        worker.leave("never seen")
        assert worker.enter("key", 1)
        assert not worker.enter("key", 1)


def _worker(folder: Path, number: int) -> ConcurrentRequests:
    return ConcurrentRequests(folder / "concurrent", number, workers=2)
