"""A question about an input, what the model is shown for it, and what its next token says about the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from jobai_server.classification.labels import LETTERS
from jobai_server.classification.reading import Logs, normalised
from jobai_server.classification.task import on_one_line

# Every digit is a single token in every vocabulary, longer numbers are not.
DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Option:
    """A choice or a level."""

    name: str
    description: str | None = None

    def shown(self) -> str:
        """On one line: a line break would begin a line of the list that nobody asked for."""
        return on_one_line(f"{self.name}: {self.description}" if self.description else self.name)


@dataclass(frozen=True, slots=True)
class DecisionQuestion:
    """One question.

    Attributes:
        kind: `predicate`: is it so? `choice`: which option? `score`: which of the ordered options?
        options: None for a predicate, two or more for the others, up to ten for a score.
    """

    kind: Literal["predicate", "choice", "score"]
    instructions: str
    options: tuple[Option, ...] = ()

    @property
    def readings(self) -> int:
        """How often the model is asked."""
        return 1 if len(self.options) <= len(LETTERS) else len(self.options)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one look at the next token is after: parts of a text, joined, that go on from the input.

    Attributes:
        marks: The letters or digits that stand for the options, in their order; none where yes or no is asked for.
    """

    parts: tuple[str, ...]
    marks: str = ""


def prompts(question: DecisionQuestion) -> list[Prompt]:
    """What is asked about a question. The input stands before it, so that the model reads it once for all questions.

    More options than there are letters are judged one by one, in view of all of them.
    """
    asked = question.instructions.strip()
    if question.kind == "predicate":
        return [Prompt((f"{asked} Answer yes or no.".lstrip(),))]
    if question.kind == "score":
        return [_marked(asked, question, DIGITS, "digit")]
    if question.readings == 1:
        return [_marked(asked, question, LETTERS, "letter")]
    listing = "\n".join(f"- {option.shown()}" for option in question.options)
    shared = f"{asked}\n{listing}\n\n".lstrip()
    return [
        Prompt((shared, f"Is it this one: {on_one_line(option.name)}? Answer yes or no."))
        for option in question.options
    ]


def probabilities(logs: Sequence[Logs]) -> list[float]:
    """Of yes and no, or of the options in their order; they sum to 1.

    Args:
        logs: For every prompt of the question, the log probabilities of its marks, or of yes and no.
    """
    scores = logs[0] if len(logs) == 1 else np.array([yes - no for yes, no in logs])
    shares: list[float] = np.exp(normalised(scores)).tolist()
    return shares


def _marked(asked: str, question: DecisionQuestion, marks: str, noun: str) -> Prompt:
    used = marks[: len(question.options)]
    listing = "\n".join(f"{mark}: {option.shown()}" for mark, option in zip(used, question.options, strict=True))
    return Prompt((f"{asked}\n{listing}\n\nAnswer with the {noun} only.".lstrip(),), used)
