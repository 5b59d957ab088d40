"""Fitting and measuring calibrations, on made-up models whose errors are known."""

from __future__ import annotations

import numpy as np
import pytest

from jobai_server.classification.calibration.adjustment import Adjustment, Scores, probabilities_of, scores_of
from jobai_server.classification.calibration.examples import Example
from jobai_server.classification.calibration.fit import SHARPNESS_BOUNDS, fitted
from jobai_server.classification.calibration.parts import fold_numbers
from jobai_server.classification.calibration.quality import expected_calibration_error, quality_of
from jobai_server.classification.calibration.trial import tried


def one_of(random: np.random.Generator, probabilities: Scores) -> Scores:
    """Draw a right category for each row."""
    return np.array([random.multinomial(1, row) for row in probabilities], dtype=float)


def overconfident(examples: int, temperature: float, biases: list[float], seed: int = 1) -> tuple[Scores, Scores]:
    """Scores of a model that is `temperature` times too sure and leaves `biases` out, and the truth."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 1.5, (examples, len(biases)))
    truth = one_of(random, probabilities_of(honest + np.array(biases), multi_label=False))
    said = probabilities_of(honest * temperature, multi_label=False)
    return scores_of(said, multi_label=False), truth


def labelled(truth: Scores) -> list[Example]:
    return [Example(f"text {number}", (str(row.argmax()),)) for number, row in enumerate(truth)]


def test_the_temperature_and_the_biases_of_an_overconfident_model_are_found() -> None:
    scores, truth = overconfident(4000, 3.0, [0.8, 0.0, -0.8])
    adjustment = fitted(scores, truth, multi_label=False)
    assert adjustment.temperature == pytest.approx(3.0, rel=0.1)
    assert np.subtract(adjustment.biases, np.mean(adjustment.biases)) == pytest.approx([0.8, 0.0, -0.8], abs=0.15)


def test_a_model_of_yes_and_no_is_fitted_as_well() -> None:
    random = np.random.default_rng(2)
    honest = random.normal(0, 1.5, (3000, 2))
    truth = (random.random(honest.shape) < probabilities_of(honest + [1.0, -0.5], multi_label=True)).astype(float)
    adjustment = fitted(honest * 2.0, truth, multi_label=True)
    assert adjustment.temperature == pytest.approx(2.0, rel=0.1)
    assert adjustment.biases == pytest.approx([1.0, -0.5], abs=0.15)


def test_the_fit_is_a_minimum() -> None:
    scores, truth = overconfident(200, 2.0, [0.5, 0.0, 0.0, -0.5])
    best = fitted(scores, truth, multi_label=False)

    def loss(temperature: float, biases: tuple[float, ...]) -> float:
        found = Adjustment(temperature, biases, multi_label=False).probabilities(scores)
        prior = 0.5 * ((1 / temperature - 1) ** 2 + sum(bias**2 for bias in biases))
        return float(-(np.log(found) * truth).sum() + prior)

    least = loss(best.temperature, best.biases)
    for factor in (0.97, 1.03):
        assert loss(best.temperature * factor, best.biases) > least
    for number in range(4):
        moved = tuple(bias + (0.05 if index == number else 0) for index, bias in enumerate(best.biases))
        assert loss(best.temperature, moved) > least


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_model_that_is_always_wrong_gets_a_temperature_within_bounds(multi_label: bool) -> None:
    truth = np.tile([[1.0, 0.0], [0.0, 1.0]], (500, 1))
    adjustment = fitted((1 - truth) * 20.0 - 10.0, truth, multi_label=multi_label)
    assert adjustment.temperature == pytest.approx(1 / SHARPNESS_BOUNDS[0])
    found = adjustment.probabilities(np.array([[0.0, -20.0]]))
    assert np.isfinite(found).all()


def test_without_examples_nothing_changes() -> None:
    adjustment = fitted(np.zeros((0, 3)), np.zeros((0, 3)), multi_label=False)
    assert adjustment == Adjustment.none(3, multi_label=False)
    probabilities = np.array([[0.2, 0.3, 0.5]])
    assert adjustment.of_probabilities(probabilities) == pytest.approx(probabilities)


def test_impossible_categories_stay_numbers() -> None:
    adjustment = Adjustment(2.0, (0.0, 0.0), multi_label=False)
    assert adjustment.of_probabilities(np.array([[1.0, 0.0]])).sum() == pytest.approx(1.0, abs=1e-12)
    yes_or_no = Adjustment(2.0, (0.0, 0.0), multi_label=True)
    assert np.isfinite(yes_or_no.of_probabilities(np.array([[1.0, 0.0]]))).all()


# With few examples the measure itself is coarse: some error is left over for chance alone.
@pytest.mark.parametrize(("examples", "method", "share"), [(60, "cross_validation", 1.0), (1000, "held_out", 0.6)])
def test_the_error_on_examples_the_fit_has_not_seen_falls(examples: int, method: str, share: float) -> None:
    scores, truth = overconfident(examples, 4.0, [0.0, 0.0, 0.0])
    trial = tried(scores, truth, labelled(truth), multi_label=False)
    assert trial.method == method
    assert trial.after.expected_calibration_error < share * trial.before.expected_calibration_error
    assert trial.after.brier_score < trial.before.brier_score
    assert trial.after.log_loss < trial.before.log_loss
    assert trial.fit_examples + trial.held_out_examples == (examples if method == "held_out" else 2 * examples)


def test_noise_is_not_praised() -> None:
    """Scores that say nothing: an honest measure shows no skill where a fit on its own examples would."""
    random = np.random.default_rng(3)
    scores = scores_of(probabilities_of(random.normal(0, 3, (60, 5)), multi_label=False), multi_label=False)
    truth = one_of(random, np.full((60, 5), 0.2))
    trial = tried(scores, truth, labelled(truth), multi_label=False)
    assert trial.adjustment.temperature > 5
    assert trial.after.log_loss == pytest.approx(np.log(5), abs=0.15)


def test_the_measures_are_those_of_the_textbook() -> None:
    assert expected_calibration_error(np.array([0.95, 0.95, 0.65, 0.65]), np.array([1, 1, 0, 1])) == pytest.approx(0.1)
    found = quality_of(np.array([[0.8, 0.2], [0.6, 0.4]]), np.array([[1.0, 0.0], [0.0, 1.0]]), multi_label=False)
    assert found.accuracy == 0.5
    assert found.brier_score == pytest.approx((0.04 + 0.04 + 0.36 + 0.36) / 2)
    assert found.log_loss == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)
    assert found.expected_calibration_error == pytest.approx((0.2 + 0.6) / 2)
    several = quality_of(np.array([[0.8, 0.2], [0.6, 0.4]]), np.array([[1.0, 0.0], [0.0, 1.0]]), multi_label=True)
    assert several.brier_score == pytest.approx((0.04 + 0.04 + 0.36 + 0.36) / 4)
    assert several.accuracy == 0.5


def test_parts_hold_every_kind_keep_equal_texts_together_and_do_not_depend_on_the_order() -> None:
    texts = [f"text {number}" for number in range(40)] + ["text 3", "text 3"]
    kinds = [str(number % 4) for number in range(40)] + ["3", "3"]
    folds = fold_numbers(texts, kinds, 5)
    for fold in range(5):
        assert {kind for kind, number in zip(kinds, folds, strict=True) if number == fold} == {"0", "1", "2", "3"}
    assert folds[3] == folds[40] == folds[41]
    backwards = fold_numbers(texts[::-1], kinds[::-1], 5)
    assert backwards[::-1].tolist() == folds.tolist()
