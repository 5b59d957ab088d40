"""The temperature and biases that make labelled examples most probable.

Guo et al., "On Calibration of Modern Neural Networks" (2017), with a bias per category as in their vector scaling, but
one temperature for all, and with a prior that holds both near "as it is" while there are few examples. In the inverse
temperature the loss is convex, so Newton's method finds its one minimum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jobai_server.classification.calibration.adjustment import Adjustment, Scores, probabilities_of

# Standard deviations of the prior: what is believed of the inverse temperature (around 1) and the biases (around 0).
SHARPNESS_DEVIATION = 1.0
BIAS_DEVIATION = 1.0
# Of the inverse temperature; below, all that the model says would be taken for noise.
SHARPNESS_BOUNDS = (0.02, 20.0)
MAX_STEPS = 100
SMALLEST_GAIN = 1e-10

Vector = NDArray[np.float64]


def fitted(scores: Scores, truth: Scores, *, multi_label: bool) -> Adjustment:
    """Fit by cross-entropy.

    Args:
        scores: As `scores_of` gives them, shape (examples, categories).
        truth: 1 where the category is right, else 0; the same shape, one 1 per row unless `multi_label`.
    """
    loss = _Loss(scores, truth, multi_label)
    point = loss.minimum(loss.start(), fixed_sharpness=False)
    low, high = SHARPNESS_BOUNDS
    if not low <= point[0] <= high:  # the best point within a bound that was crossed is on it
        point[0] = min(max(point[0], low), high)
        point = loss.minimum(point, fixed_sharpness=True)
    return Adjustment(1.0 / float(point[0]), tuple(map(float, point[1:])), multi_label)


class _Loss:
    """Cross-entropy of all examples plus the prior. A point is the inverse temperature, then the biases."""

    def __init__(self, scores: Scores, truth: Scores, multi_label: bool) -> None:
        self._scores = scores
        self._truth = truth
        self._multi_label = multi_label
        categories = scores.shape[1]
        self._precision = np.full(categories + 1, BIAS_DEVIATION**-2)
        self._precision[0] = SHARPNESS_DEVIATION**-2

    def start(self) -> Vector:
        point = np.zeros(self._scores.shape[1] + 1)
        point[0] = 1.0
        return point

    def minimum(self, point: Vector, *, fixed_sharpness: bool) -> Vector:
        value = self._value(point)
        for _ in range(MAX_STEPS):
            gradient, curvature = self._derivatives(point)
            if fixed_sharpness:
                gradient[0], curvature[0, :], curvature[:, 0], curvature[0, 0] = 0.0, 0.0, 0.0, 1.0
            step = np.linalg.solve(curvature, gradient)
            length = 1.0
            while (next_value := self._value(point - length * step)) > value and length > SMALLEST_GAIN:
                length /= 2
            gain = value - next_value
            if gain <= SMALLEST_GAIN:
                break
            point, value = point - length * step, next_value
        return point

    def _value(self, point: Vector) -> float:
        logits = self._logits(point)
        if self._multi_label:
            entropy = np.logaddexp(0.0, logits) - self._truth * logits
        else:
            highest = logits.max(axis=1, keepdims=True)
            entropy = (highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=1))) - (self._truth * logits).sum(
                axis=1
            )
        return float(entropy.sum() + 0.5 * (self._precision * (point - self.start()) ** 2).sum())

    def _derivatives(self, point: Vector) -> tuple[Vector, Vector]:
        """Gradient, and Hessian, which the prior makes positive definite."""
        scores = self._scores
        probabilities = probabilities_of(self._logits(point), multi_label=self._multi_label)
        off = probabilities - self._truth
        gradient = np.concatenate([[(off * scores).sum()], off.sum(axis=0)])
        gradient += self._precision * (point - self.start())
        curvature = np.diag(self._precision)
        if self._multi_label:
            spread = probabilities * (1.0 - probabilities)
            mixed = spread * scores
            curvature[1:, 1:] += np.diag(spread.sum(axis=0))
        else:
            mixed = probabilities * (scores - (probabilities * scores).sum(axis=1, keepdims=True))
            curvature[1:, 1:] += np.diag(probabilities.sum(axis=0)) - probabilities.T @ probabilities
        curvature[0, 0] += (mixed * scores).sum()
        curvature[0, 1:] += mixed.sum(axis=0)
        curvature[1:, 0] += mixed.sum(axis=0)
        return gradient, curvature

    def _logits(self, point: Vector) -> Scores:
        return np.asarray(self._scores * point[0] + point[1:])
