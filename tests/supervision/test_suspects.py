from __future__ import annotations

from jobai_server.supervision.suspects import REMEMBERED, Suspects


def test_who_was_there_at_two_ends_is_refused() -> None:
    suspects = Suspects()
    assert suspects.note("1", ["bad", "innocent"]) == set()
    assert suspects.note("2", ["bad", "another"]) == {"bad"}
    assert suspects.note("3", ["another"]) == {"another"}
    assert suspects.refused == {"bad", "another"}


def test_several_workers_that_tell_of_one_end_are_one() -> None:
    suspects = Suspects()
    assert suspects.note("1", ["same"]) == set()
    assert suspects.note("1", ["same"]) == set()
    assert suspects.refused == set()


def test_memory_is_bounded() -> None:
    suspects = Suspects()
    suspects.note("1", ["first"])
    suspects.note("2", [str(number) for number in range(REMEMBERED)])
    assert suspects.note("3", ["first"]) == set()
