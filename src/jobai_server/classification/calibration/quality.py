"""How far probabilities can be believed: calibration error, Brier score, accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from jobai_server.classification.calibration.adjustment import SMALLEST_PROBABILITY, Scores

BINS = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures over labelled examples.

    Attributes:
        expected_calibration_error: Mean distance between how sure an answer was and how often such answers were right,
            over 10 bins of equal width, weighted by their answers (Guo et al. 2017); 0 is best.
        brier_score: Mean square of what probabilities were off by: summed over the categories of a text (0 to 2), or
            the mean of all yes-or-no judgements (0 to 1); 0 is best.
        log_loss: Mean cross-entropy in natural logarithms, per text or per judgement; 0 is best.
        accuracy: Share of right answers: of texts, or of yes-or-no judgements at 0.5.
    """

    expected_calibration_error: float
    brier_score: float
    log_loss: float
    accuracy: float

    def as_json(self) -> Mapping[str, float]:
        return {name: round(value, 6) for name, value in asdict(self).items()}


def quality_of(probabilities: Scores, truth: Scores, *, multi_label: bool) -> Quality:
    """
    Args:
        probabilities: Shape (examples, categories).
        truth: 1 where the category is right, else 0; the same shape.
    """
    squares = (probabilities - truth) ** 2
    if multi_label:
        sure, right = probabilities.ravel(), truth.ravel()
        said = np.where(truth > 0, probabilities, 1.0 - probabilities).ravel()
        brier, accuracy = squares.mean(), ((probabilities >= 0.5) == (truth > 0)).mean()
    else:
        chosen = probabilities.argmax(axis=1)
        rows = np.arange(len(chosen))
        sure, right = probabilities[rows, chosen], truth[rows, chosen]
        said = (probabilities * truth).sum(axis=1)
        brier, accuracy = squares.sum(axis=1).mean(), right.mean()
    log_loss = -np.log(np.clip(said, SMALLEST_PROBABILITY, 1.0)).mean()
    return Quality(expected_calibration_error(sure, right), float(brier), float(log_loss), float(accuracy))


def expected_calibration_error(sure: Scores, right: Scores) -> float:
    """
    Args:
        sure: Probabilities, shape (answers,).
        right: 1 where what was said came true, else 0.
    """
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    return float(sum(abs((sure - right)[bins == number].sum()) for number in range(BINS)) / len(sure))
