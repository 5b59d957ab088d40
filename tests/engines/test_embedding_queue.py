from __future__ import annotations

import numpy as np
import pytest

from jobai_server.engines.embedding_queue import InputQueue, QueuedInput


def added(queue: InputQueue[str], *lengths: int, owner: str = "one") -> None:
    queue.add(QueuedInput(owner, index, np.zeros(length, np.int32)) for index, length in enumerate(lengths))


def lengths(queue: InputQueue[str]) -> list[int]:
    return [len(one.token_ids) for one in queue.take()]


def test_batch_is_of_similar_length_around_the_oldest() -> None:
    queue: InputQueue[str] = InputQueue(batch_tokens=60)
    added(queue, 20, 100, 21, 5, 19)
    assert lengths(queue) == [19, 20]
    assert lengths(queue) == [100]
    assert lengths(queue) == [21]
    assert lengths(queue) == [5]
    assert lengths(queue) == []


def test_batch_with_its_padding_stays_within_the_tokens() -> None:
    queue: InputQueue[str] = InputQueue(batch_tokens=100)
    added(queue, *range(8, 40))
    while taken := lengths(queue):
        assert max(taken) * len(taken) <= 100
        assert 2 * min(taken) >= max(taken)


def test_single_text_beyond_the_tokens_is_a_batch_of_its_own() -> None:
    queue: InputQueue[str] = InputQueue(batch_tokens=10)
    added(queue, 50, 50)
    assert lengths(queue) == [50]


def test_long_text_is_not_starved_by_short_ones() -> None:
    queue: InputQueue[str] = InputQueue(batch_tokens=100)
    added(queue, *[10] * 15)
    added(queue, 90, owner="long")
    taken = []
    for _ in range(3):
        taken += queue.take()
        added(queue, *[10] * 20)  # short ones never end
    assert "long" in {one.owner for one in taken}


def test_texts_of_several_owners_share_a_batch() -> None:
    queue: InputQueue[str] = InputQueue(batch_tokens=100)
    added(queue, 10, 11, owner="one")
    added(queue, 12, owner="other")
    assert [(one.owner, one.index) for one in queue.take()] == [("one", 0), ("one", 1), ("other", 0)]


@pytest.mark.parametrize("dropped", ["one", "other", "nobody"])
def test_dropped_owner_waits_no_more(dropped: str) -> None:
    queue: InputQueue[str] = InputQueue(batch_tokens=1000)
    added(queue, 10, 30, owner="one")
    added(queue, 20, owner="other")
    queue.drop(dropped)
    left = sum(length for owner, length in (("one", 10), ("one", 30), ("other", 20)) if owner != dropped)
    taken = []
    while batch := queue.take():
        taken += batch
    assert sum(len(one.token_ids) for one in taken) == left
    assert dropped not in {one.owner for one in taken}
    assert len(queue) == 0
