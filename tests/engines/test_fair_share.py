"""Whose turn it is."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import pytest
from tests.engines.queues import GREEDY, POLITE, THIRD, queues

from jobai_server.engines import fair_share
from jobai_server.engines.fair_share import Sequences, with_room
from jobai_server.engines.owner import Owner, Rank
from jobai_server.engines.request_queue import Place, RequestQueue

ONE = Sequences(total=1, alone=1, contended=1)


class Work:
    """Requests at a queue, begun in the order in which they get their turn."""

    def __init__(self, queue: RequestQueue) -> None:
        self._queue = queue
        self._open: dict[str, tuple[contextlib.ExitStack, Place]] = {}

    def ask(self, name: str, owner: Owner, tokens: int = 100, answers: int = 1) -> None:
        stack = contextlib.ExitStack()
        self._open[name] = (stack, stack.enter_context(self._queue.place(owner, answers, tokens)))

    def running(self) -> set[str]:
        return {name for name, (_, place) in self._open.items() if place.running}

    def end(self, name: str, used: int = 100) -> None:
        stack, place = self._open.pop(name)
        place.used = used
        stack.close()

    def order(self) -> list[str]:
        """Ends what runs, one after another, until nothing is left; the order in which they ran."""
        order = []
        while self._open:
            [name] = self.running()
            order.append(name)
            self.end(name)
        return order


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(queues(tmp_path, sequences=ONE)[0])


async def test_keys_take_turns_whatever_they_have_waiting(work: Work) -> None:
    for number in range(4):
        work.ask(f"greedy {number}", GREEDY)
    work.ask("polite 0", POLITE)
    work.ask("polite 1", POLITE)
    assert work.order() == ["greedy 0", "polite 0", "greedy 1", "polite 1", "greedy 2", "greedy 3"]


async def test_what_counts_is_tokens(work: Work) -> None:
    for number in range(2):
        work.ask(f"long {number}", GREEDY, tokens=300)
    for number in range(4):
        work.ask(f"short {number}", POLITE, tokens=100)
    # `end` says that each used 100, so that the long ones, once they are over, have cost no more than the short ones.
    assert work.order() == ["long 0", "short 0", "long 1", "short 1", "short 2", "short 3"]


async def test_tokens_that_were_used_stay_paid(work: Work) -> None:
    for number in range(2):
        work.ask(f"long {number}", GREEDY, tokens=300)
    for number in range(4):
        work.ask(f"short {number}", POLITE, tokens=100)
    work.end("long 0", used=300)
    assert work.order() == ["short 0", "short 1", "short 2", "long 1", "short 3"]


async def test_who_was_away_has_saved_up_nothing(work: Work) -> None:
    for number in range(6):
        work.ask(f"greedy {number}", GREEDY)
    for number in range(3):
        work.end(f"greedy {number}")
    for number in range(3):
        work.ask(f"polite {number}", POLITE)
    order = work.order()
    assert order == ["greedy 3", "polite 0", "greedy 4", "polite 1", "greedy 5", "polite 2"]


async def test_administrators_go_first_and_flex_goes_last(work: Work) -> None:
    work.ask("running", THIRD)
    work.ask("flex", Owner("a", Rank.FLEX))
    work.ask("own flex", Owner("greedy", Rank.FLEX))
    work.ask("greedy", GREEDY)
    work.ask("admin", Owner("admin", Rank.PRIORITY))
    assert work.order() == ["running", "admin", "greedy", "flex", "own flex"]


async def test_alone_a_key_may_have_all_but_what_is_kept_for_one_that_comes(tmp_path: Path) -> None:
    work = Work(queues(tmp_path, sequences=Sequences(total=9, alone=8, contended=2))[0])
    for number in range(12):
        work.ask(f"greedy {number}", GREEDY)
    assert len(work.running()) == 8
    work.ask("polite", POLITE)
    assert "polite" in work.running()
    for number in range(6):  # the greedy key is above its share now, so that nothing takes the place of what ends
        work.end(f"greedy {number}")
    assert work.running() == {"greedy 6", "greedy 7", "polite"}
    work.end("greedy 6")
    assert work.running() == {"greedy 7", "greedy 8", "polite"}


async def test_a_key_that_has_gone_stops_holding_others_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(queues(tmp_path, sequences=Sequences(total=9, alone=8, contended=2))[0])
    work.ask("polite", POLITE)
    work.end("polite")
    for number in range(12):
        work.ask(f"greedy {number}", GREEDY)
    assert len(work.running()) == 2
    monkeypatch.setattr(fair_share, "RECENT_NANOSECONDS", 0)
    work.end("greedy 0")
    assert len(work.running()) == 8


async def test_a_key_that_only_asks_for_flex_holds_nobody_back(tmp_path: Path) -> None:
    work = Work(queues(tmp_path, sequences=Sequences(total=9, alone=8, contended=2))[0])
    for number in range(6):
        work.ask(f"flex {number}", Owner("polite", Rank.FLEX))
    for number in range(12):
        work.ask(f"greedy {number}", GREEDY)
    running = Counter(name.split()[0] for name in work.running())
    assert running["greedy"] == 3
    for number in range(6):
        work.end(f"flex {number}")
    assert Counter(name.split()[0] for name in work.running())["greedy"] == 8


async def test_a_request_for_several_answers_waits_for_room_for_all(tmp_path: Path) -> None:
    work = Work(queues(tmp_path, sequences=Sequences(total=4, alone=3, contended=3))[0])
    work.ask("three", GREEDY, answers=3)
    work.ask("two", POLITE, answers=2)
    work.ask("one", THIRD)  # it would fit, but then those who ask for more would wait for ever
    assert work.running() == {"three"}
    work.end("three")
    assert work.running() == {"two", "one"}


@pytest.mark.parametrize(("asked", "alone", "contended"), [(1, 1, 1), (4, 4, 2), (64, 64, 32), (100, 100, 50)])
def test_the_engine_has_room_beyond_what_one_key_may_have(asked: int, alone: int, contended: int) -> None:
    total = with_room(asked)
    assert total > asked
    assert Sequences.of(total, 0.5) == Sequences(total, alone, contended)


async def test_a_thousand_keys_share_a_table_for_ten(tmp_path: Path) -> None:
    [queue] = queues(tmp_path, sequences=ONE, max_concurrent_requests=10)
    with queue.place(GREEDY, 1, 10) as kept:
        for number in range(1000):
            with queue.place(Owner(f"key {number}"), 1, 10):
                assert queue.length().waiting == 1
        assert kept.running
