"""The figures of the evaluation, on answers whose figures are known."""

import pytest

from scoring.answer import Answer
from scoring.measures import calibration, exact_match, expected_calibration_error, json_figures
from scoring.questions import Question, questions


def question(expected: str, **facts: object) -> Question:
    return Question("any", (), expected, facts)


def test_exact_match_ignores_only_outer_spaces() -> None:
    answers = (Answer(" Nurse\n", True), Answer("nurse", True))
    assert exact_match([(question("Nurse"), answer) for answer in answers]) == 0.5


def test_json_needs_exactly_the_keys() -> None:
    asked = question('{"a": 1, "b": "x"}')
    figures = json_figures([(asked, Answer('{"a": 1, "b": "y"}', True)), (asked, Answer('{"a": 1}', True))])
    assert figures == {"JSON valid with the right keys": 0.5, "JSON values right": 0.5}


def test_sure_and_right_is_calibrated() -> None:
    pairs = [(question("A", choices=2), Answer("A", True, {"A": 0.5, "C": 0.5}))]
    assert calibration(pairs) == {
        "classification accuracy": 1.0,
        "classification ECE": 0.0,
        "classification Brier": 0.0,
    }


def test_calibration_error_of_half_right_and_fully_sure() -> None:
    assert expected_calibration_error([1.0, 1.0], [True, False]) == pytest.approx(0.5)


def test_questions_are_the_same_every_time() -> None:
    assert questions(3, 0) == questions(3, 0)
    assert questions(3, 0) != questions(3, 1)
