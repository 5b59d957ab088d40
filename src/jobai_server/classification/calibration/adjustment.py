"""A fitted temperature and bias per category: what they make of a classification's scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

# Of a probability that came out as 0: its logarithm would drown everything else.
SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Probabilities are made of `scores / temperature + biases`.

    Attributes:
        temperature: Above 1 where the model is too sure of itself.
        biases: One per category, in natural logarithms; above 0 where the model names the category too rarely.
        multi_label: Whether every category is a yes or no of its own.
    """

    temperature: float
    biases: tuple[float, ...]
    multi_label: bool

    @classmethod
    def none(cls, categories: int, *, multi_label: bool) -> Adjustment:
        """What changes nothing."""
        return cls(1.0, (0.0,) * categories, multi_label)

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Adjustment:
        return cls(float(stored["temperature"]), tuple(map(float, stored["biases"])), bool(stored["multi_label"]))

    def as_json(self) -> dict[str, Any]:
        return {"temperature": self.temperature, "biases": list(self.biases), "multi_label": self.multi_label}

    def probabilities(self, scores: Scores) -> Scores:
        """Shape (texts, categories), as the scores; rows sum to 1 where a text has one category."""
        return probabilities_of(scores / self.temperature + np.array(self.biases), multi_label=self.multi_label)

    def of_probabilities(self, uncalibrated: Scores) -> Scores:
        """As `probabilities`, from probabilities of shape (texts, categories)."""
        return self.probabilities(scores_of(uncalibrated, multi_label=self.multi_label))


def scores_of(probabilities: Scores, *, multi_label: bool) -> Scores:
    """What is scaled: the logarithms of probabilities, or of the odds for a yes."""
    kept = np.clip(probabilities, SMALLEST_PROBABILITY, 1.0)
    if not multi_label:
        return np.asarray(np.log(kept))
    return np.asarray(np.log(kept) - np.log(np.clip(1.0 - probabilities, SMALLEST_PROBABILITY, 1.0)))


def probabilities_of(logits: Scores, *, multi_label: bool) -> Scores:
    """Softmax along the categories, or the logistic function of each."""
    if multi_label:
        return np.asarray(np.exp(-np.logaddexp(0.0, -logits)))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))
