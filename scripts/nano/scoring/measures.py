"""Figures for a table: exact match, accuracy, calibration, valid JSON, and answers that end."""

import json
from collections.abc import Mapping, Sequence
from statistics import fmean
from string import ascii_uppercase

from scoring.answer import Answer
from scoring.questions import MAIN_FIELDS, Question

_BINS = 10
Pairs = Sequence[tuple[Question, Answer]]


def measure(questions: Sequence[Question], answers: Sequence[Answer]) -> dict[str, float]:
    """Every figure as a share between 0 and 1."""
    by_task: dict[str, list[tuple[Question, Answer]]] = {}
    for question, answer in zip(questions, answers, strict=True):
        by_task.setdefault(question.task, []).append((question, answer))
    figures = {f"{field} exact match": exact_match(by_task[field]) for field in MAIN_FIELDS}
    for task, name in (
        ("naming", "classification by name, exact match"),
        ("yes_no", "yes/no accuracy"),
        ("missing", "missing fact recognised"),
        ("summary", "summary exact match"),
        ("refusal", "refusal exact match"),
        ("tools", "function call exact match"),
    ):
        figures[name] = exact_match(by_task[task])
    figures |= json_figures(by_task["json"]) | calibration(by_task["classification"])
    figures["answers that end by themselves"] = fmean(answer.finished for answer in answers)
    return figures


def exact_match(pairs: Pairs) -> float:
    """Share of answers that are right character by character, spaces around them aside."""
    return fmean(answer.text.strip() == question.expected for question, answer in pairs)


def json_figures(pairs: Pairs) -> dict[str, float]:
    """Valid JSON with exactly the keys that were asked for, and right values."""
    valid, values = [], []
    for question, answer in pairs:
        expected = json.loads(question.expected)
        given = _object(answer.text)
        valid.append(list(given) == list(expected))
        values += [given.get(key, ...) == value for key, value in expected.items()]
    return {"JSON valid with the right keys": fmean(valid), "JSON values right": fmean(values)}


def _object(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def calibration(pairs: Pairs) -> dict[str, float]:
    """Accuracy and calibration of the letters' own probabilities, as shares among the letters on offer."""
    shares = [_shares(answer, ascii_uppercase[: int(question.facts["choices"])]) for question, answer in pairs]
    return judged("classification", shares, [question.expected for question, _ in pairs])


def judged(name: str, shares: Sequence[Mapping[str, float]], right: Sequence[str]) -> dict[str, float]:
    """Accuracy, expected calibration error and Brier score of probabilities over the choices of each question.

    The Brier score is the squared distance to the right answer summed over the choices, from 0 to 2.
    """
    best = [max(given, key=lambda choice: given[choice]) for given in shares]
    correct = [choice == answer for choice, answer in zip(best, right, strict=True)]
    sure = [given[choice] for given, choice in zip(shares, best, strict=True)]
    squares = [
        sum((share - (choice == answer)) ** 2 for choice, share in given.items())
        for given, answer in zip(shares, right, strict=True)
    ]
    return {
        f"{name} accuracy": fmean(correct),
        f"{name} ECE": expected_calibration_error(sure, correct),
        f"{name} Brier": fmean(squares),
    }


def _shares(answer: Answer, letters: str) -> dict[str, float]:
    total = sum(answer.letters.get(letter, 0.0) for letter in letters)
    if total == 0:  # no probabilities were given: all on the letter that was written
        return {letter: float(answer.text.strip() == letter) for letter in letters}
    return {letter: answer.letters.get(letter, 0.0) / total for letter in letters}


def expected_calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    """Mean distance between confidence and accuracy over ten bins of confidence."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, correct in zip(sure, right, strict=True):
        bins.setdefault(min(int(confidence * _BINS), _BINS - 1), []).append((confidence, correct))
    return sum(
        len(entries) / len(sure) * abs(fmean(entry[0] for entry in entries) - fmean(entry[1] for entry in entries))
        for entries in bins.values()
    )
