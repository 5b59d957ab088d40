"""Answers of POST /v1/decisions, as the official client reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobai_server.openai_format.decision_request import Choice, Predicate, Question, Score

if TYPE_CHECKING:
    from openai.types import Decision

YES, NO = 0, 1


def answer_object(question: Question, probabilities: Sequence[float]) -> dict[str, Any]:
    """
    Args:
        probabilities: Of yes and no, of the choices, or of the levels, in their order; they sum to 1.
    """
    if isinstance(question, Predicate):
        return {"type": "predicate", "name": question.name, "probability": probabilities[YES]}
    if isinstance(question, Choice):
        return {
            "type": "choice",
            "name": question.name,
            "choice": question.choices[_best(probabilities)].value,
            "confidence": confidence(probabilities),
            "probabilities": [
                {"value": choice.value, "probability": probability}
                for choice, probability in zip(question.choices, probabilities, strict=True)
            ],
        }
    assert isinstance(question, Score)
    return {
        "type": "score",
        "name": question.name,
        "score": sum(value * probability for value, probability in enumerate(probabilities)),
        "confidence": confidence(probabilities),
        "probabilities": [
            {"value": value, "label": level.label, "probability": probability}
            for value, (level, probability) in enumerate(zip(question.levels, probabilities, strict=True))
        ],
    }


def confidence(probabilities: Sequence[float]) -> float:
    """How far the best is from chance: 0 where all are equal, 1 where one has everything."""
    count = len(probabilities)
    return max(0.0, (count * max(probabilities) - 1) / (count - 1))


def decision(model: str, answers: Sequence[Mapping[str, Any]], usage: Mapping[str, Any]) -> Decision:
    # Importing the openai package takes half a second, which the start of the server need not wait for.
    from openai.types import Decision

    return Decision.model_validate({"model": model, "answers": answers, "usage": usage})


def usage_object(input_tokens: int, cached_tokens: int, output_tokens: int) -> dict[str, Any]:
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": cached_tokens, "cache_write_tokens": 0},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input_tokens + output_tokens,
    }


def _best(probabilities: Sequence[float]) -> int:
    return max(range(len(probabilities)), key=probabilities.__getitem__)
