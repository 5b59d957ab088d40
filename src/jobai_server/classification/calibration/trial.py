"""Fitting and measuring in one: no example is ever judged by a fit that has seen it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from jobai_server.classification.calibration.adjustment import Adjustment, Scores, probabilities_of
from jobai_server.classification.calibration.examples import Example
from jobai_server.classification.calibration.fit import fitted
from jobai_server.classification.calibration.parts import FOLDS, HELD_OUT_FOLDS, HELD_OUT_FROM, fold_numbers
from jobai_server.classification.calibration.quality import Quality, quality_of


@dataclass(frozen=True, slots=True)
class Trial:
    """A fit, and how it does on examples it has not seen.

    Attributes:
        adjustment: The fit to use.
        method: `held_out`: fitted on one part and measured on the other. `cross_validation`, where examples are few:
            fitted on all; measured with as many other fits as there are folds, each on the fold that was kept from it.
        fit_examples: How many the adjustment was fitted on.
        held_out_examples: How many it was measured on.
        before: Of the held-out examples, without calibration.
        after: Of the same examples, with it.
    """

    adjustment: Adjustment
    method: Literal["held_out", "cross_validation"]
    fit_examples: int
    held_out_examples: int
    before: Quality
    after: Quality

    def report(self) -> Mapping[str, Any]:
        return {
            "method": self.method,
            "fit_examples": self.fit_examples,
            "held_out_examples": self.held_out_examples,
            "before": self.before.as_json(),
            "after": self.after.as_json(),
        }


def tried(scores: Scores, truth: Scores, examples: Sequence[Example], *, multi_label: bool) -> Trial:
    """Fit and measure; takes up to seconds for many categories, so call it in a thread.

    Args:
        scores: As `scores_of` gives them, shape (examples, categories).
        truth: 1 where the category is right, else 0; the same shape.
    """
    texts, kinds = [example.text for example in examples], [example.kind for example in examples]
    if len(texts) >= HELD_OUT_FROM:
        held_out = fold_numbers(texts, kinds, HELD_OUT_FOLDS) == 0
        adjustment = fitted(scores[~held_out], truth[~held_out], multi_label=multi_label)
        after = adjustment.probabilities(scores[held_out])
        return _trial(adjustment, "held_out", int((~held_out).sum()), scores[held_out], truth[held_out], after)
    folds = fold_numbers(texts, kinds, FOLDS)
    after = np.zeros_like(scores)
    for number in sorted(set(folds.tolist())):
        held_out = folds == number
        part = fitted(scores[~held_out], truth[~held_out], multi_label=multi_label)
        after[held_out] = part.probabilities(scores[held_out])
    adjustment = fitted(scores, truth, multi_label=multi_label)
    return _trial(adjustment, "cross_validation", len(texts), scores, truth, after)


def _trial(
    adjustment: Adjustment,
    method: Literal["held_out", "cross_validation"],
    fit_examples: int,
    scores: Scores,
    truth: Scores,
    after: Scores,
) -> Trial:
    multi_label = adjustment.multi_label
    before = quality_of(probabilities_of(scores, multi_label=multi_label), truth, multi_label=multi_label)
    measured = quality_of(after, truth, multi_label=multi_label)
    return Trial(adjustment, method, fit_examples, len(scores), before, measured)
