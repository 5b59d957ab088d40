"""Answers to decisions, read by the official client's own types."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types import Decision

from jobai_server.openai_format.decision_request import DecisionRequest
from jobai_server.openai_format.decision_response import answer_object, confidence, decision, usage_object
from jobai_server.openai_format.request_model import parse_request


def answered(question: dict[str, Any], probabilities: list[float]) -> Any:
    body = parse_request(DecisionRequest, {"input": "", "questions": [question]})
    answers = [answer_object(body.questions[0], probabilities)]
    sent = decision("m", answers, usage_object(10, 4, 1)).model_dump_json(exclude_unset=True)
    received = Decision.model_validate_json(sent)
    assert (received.model, received.usage.total_tokens) == ("m", 11)
    assert received.usage.input_tokens_details.cached_tokens == 4
    return received.answers[0]


def test_a_predicate_has_the_probability_of_yes() -> None:
    answer = answered({"type": "predicate", "instructions": "", "name": "n"}, [0.7, 0.3])
    assert (answer.type, answer.name, answer.probability) == ("predicate", "n", 0.7)


def test_a_choice_keeps_the_type_of_its_values() -> None:
    choices = [{"value": "true"}, {"value": True}, {"value": "other"}]
    answer = answered({"type": "choice", "instructions": "", "choices": choices}, [0.2, 0.7, 0.1])
    assert answer.choice is True
    assert [one.value for one in answer.probabilities] == ["true", True, "other"]
    assert [one.probability for one in answer.probabilities] == [0.2, 0.7, 0.1]
    assert answer.name is None
    assert answer.confidence == pytest.approx((3 * 0.7 - 1) / 2)


def test_a_score_is_the_expected_level_from_zero() -> None:
    levels = [{"label": "low"}, {"label": "mid"}, {"label": "high"}]
    answer = answered({"type": "score", "instructions": "", "levels": levels}, [0.1, 0.2, 0.7])
    assert answer.score == pytest.approx(1.6)
    assert [(one.value, one.label) for one in answer.probabilities] == [(0, "low"), (1, "mid"), (2, "high")]


def test_confidence_goes_from_chance_to_certainty() -> None:
    assert confidence([0.25] * 4) == pytest.approx(0.0)
    assert confidence([1.0, 0.0]) == pytest.approx(1.0)
