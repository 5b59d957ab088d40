"""What the model is shown for a question, and what its next token says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from jobai_server.classification.decisions.question import DecisionQuestion, Option, probabilities, prompts

PREDICATE = DecisionQuestion("predicate", "It rains.")
CHOICE = DecisionQuestion("choice", "Which?", (Option("a", "first"), Option("b")))
SCORE = DecisionQuestion("score", "How much?", (Option("low"), Option("mid"), Option("high")))
MANY = DecisionQuestion("choice", "Which one?", tuple(Option(f"option {number}") for number in range(255)))


def test_every_kind_has_its_marks() -> None:
    assert [one.marks for one in prompts(PREDICATE)] == [""]
    assert [one.marks for one in prompts(CHOICE)] == ["AB"]
    assert "\nA: a: first\nB: b\n" in prompts(CHOICE)[0].parts[0]
    assert [one.marks for one in prompts(SCORE)] == ["012"]
    assert "\n0: low\n1: mid\n2: high\n" in prompts(SCORE)[0].parts[0]


def test_an_option_is_one_line_whatever_is_in_it() -> None:
    question = DecisionQuestion("choice", "Which?", (Option("a\nC: c", "x\n\ny"), Option("b")))
    assert prompts(question)[0].parts[0].startswith("Which?\nA: a C: c: x y\nB: b\n\n")


def test_more_options_than_letters_are_judged_one_by_one_in_view_of_all() -> None:
    asked = prompts(MANY)
    assert len(asked) == MANY.readings == 255
    assert {one.marks for one in asked} == {""}
    assert len({one.parts[0] for one in asked}) == 1
    assert all(f"- option {number}\n" in asked[0].parts[0] for number in range(255))
    assert "option 254" in asked[254].parts[1]
    found = probabilities([np.array([0.0, -3.0 if number == 7 else 3.0]) for number in range(255)])
    assert max(range(255), key=found.__getitem__) == 7
    assert math.fsum(found) == pytest.approx(1.0, abs=1e-9)


def test_probabilities_are_shared_among_the_possible_answers_alone() -> None:
    assert probabilities([np.log([0.03, 0.01])]) == pytest.approx([0.75, 0.25])
    assert probabilities([np.array([-1000.0, -2000.0])]) == [1.0, 0.0]
