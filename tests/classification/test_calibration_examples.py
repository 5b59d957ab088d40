"""Labelled examples: counted per category and in all."""

from __future__ import annotations

import pytest

from jobai_server.classification.calibration.examples import Example, truth_of
from jobai_server.errors import InvalidRequest


def examples(**counts: int) -> list[Example]:
    return [Example(f"{name} {number}", (name,)) for name, count in counts.items() for number in range(count)]


def test_enough_examples_give_the_truth() -> None:
    truth = truth_of(examples(a=10, b=10), ["b", "a"], multi_label=False)
    assert truth[:10].tolist() == [[0.0, 1.0]] * 10
    assert truth[10:].tolist() == [[1.0, 0.0]] * 10


def test_several_categories_may_be_right() -> None:
    several = [*examples(a=9, b=9), Example("both", ("a", "b")), Example("none", ())]
    truth = truth_of(several, ["a", "b"], multi_label=True)
    assert truth[-2:].tolist() == [[1.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("given", "multi_label", "message"),
    [
        (examples(a=10, b=9), False, "at least 20 examples with different texts are needed, but 19 were given"),
        ([*examples(a=10, b=9), *examples(a=5)], False, "but 19 were given"),
        (examples(a=20, b=2), False, "3 examples of every category are needed, but 2 of 'b' were given"),
        (examples(a=25), False, "but 0 of 'b' were given"),
        ([Example(f"{n}", ("a", "b") if n > 1 else ("b",)) for n in range(20)], True, "2 that are not of 'a'"),
    ],
)
def test_too_few_are_refused_with_a_count(given: list[Example], multi_label: bool, message: str) -> None:
    with pytest.raises(InvalidRequest, match="Too few examples") as caught:
        truth_of(given, ["a", "b"], multi_label=multi_label)
    assert message in caught.value.message
    assert (caught.value.param, caught.value.code) == ("examples", "too_few_examples")


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        (Example("x", ("c",)), "examples[40].category"),
        (Example("x", ("a", "c"), listed=True), "examples[40].categories[1]"),
    ],
)
def test_a_category_that_is_not_asked_for_is_named_by_its_place(wrong: Example, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        truth_of([*examples(a=20, b=20), wrong], ["a", "b"], multi_label=wrong.listed)
    assert caught.value.param == param
