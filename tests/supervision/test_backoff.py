from __future__ import annotations

import pytest

from jobai_server.supervision import backoff
from jobai_server.supervision.backoff import Backoff


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still unless a test moves it: its only item is the time."""
    now = [1000.0]
    monkeypatch.setattr(backoff, "monotonic", lambda: now[0])
    return now


def test_waits_double_up_to_the_longest(clock: list[float]) -> None:
    wait = Backoff(first=0.5, longest=10, stable_seconds=60)
    waits = []
    for _ in range(7):
        wait.started()
        waits.append(wait.ended())
    assert waits == [0.5, 1, 2, 4, 8, 10, 10]


def test_a_run_that_lasted_starts_over(clock: list[float]) -> None:
    wait = Backoff(first=0.5, longest=10, stable_seconds=60)
    for _ in range(5):
        wait.started()
        wait.ended()
    assert wait.failures == 5
    wait.started()
    wait.of_use()
    clock[0] += 60
    assert wait.ended() == 0.5
    assert wait.failures == 1


def test_a_run_that_nearly_lasted_does_not(clock: list[float]) -> None:
    wait = Backoff(first=0.5, longest=10, stable_seconds=60)
    wait.started()
    wait.ended()
    wait.started()
    clock[0] += 3600  # loading a large model
    wait.of_use()
    clock[0] += 59.9
    assert wait.ended() == 1


def test_a_run_that_was_never_of_use_counts_however_long_it_took(clock: list[float]) -> None:
    wait = Backoff(first=0.5, longest=10, stable_seconds=60)
    wait.started()
    wait.of_use()
    clock[0] += 60
    wait.ended()
    for expected in (1, 2, 4):
        wait.started()
        clock[0] += 600
        assert wait.ended() == expected


def test_thousands_of_failures_wait_no_longer_than_the_longest(clock: list[float]) -> None:
    wait = Backoff(first=0.5, longest=10, failures=5000)
    wait.started()
    assert wait.ended() == 10
