"""Labelled examples: which categories are right for which text, and whether there are enough of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobai_server.classification.calibration.adjustment import Scores
from jobai_server.errors import InvalidRequest

MIN_EXAMPLES = 20
MIN_PER_CATEGORY = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its right categories: one, or any number where several may fit.

    Attributes:
        listed: Whether they were given as a list.
    """

    text: str
    categories: tuple[str, ...]
    listed: bool = False

    @property
    def kind(self) -> str:
        """What the parts of a split shall have in equal shares."""
        return "\n".join(sorted(self.categories))


def truth_of(examples: Sequence[Example], categories: Sequence[str], *, multi_label: bool) -> Scores:
    """1 where a category is right for a text, else 0; shape (examples, categories).

    Raises:
        InvalidRequest: An example names another category, or there are too few examples, of one category or in all.
            Equal texts count once.
    """
    place = {name: number for number, name in enumerate(categories)}
    truth = np.zeros((len(examples), len(categories)))
    for number, example in enumerate(examples):
        for index, name in enumerate(example.categories):
            if name not in place:
                param = f"examples[{number}]." + (f"categories[{index}]" if example.listed else "category")
                raise InvalidRequest(f"'{param}' is not one of 'categories'.", param=param)
            truth[number, place[name]] = 1.0
    _check_enough(examples, truth, categories, multi_label=multi_label)
    return truth


def _check_enough(examples: Sequence[Example], truth: Scores, categories: Sequence[str], *, multi_label: bool) -> None:
    texts = [example.text for example in examples]
    distinct = len(set(texts))
    if distinct < MIN_EXAMPLES:
        raise _too_few(f"{MIN_EXAMPLES} examples with different texts are needed, but {distinct} were given.")
    for number, name in enumerate(categories):
        for wanted, what in ((1.0, "of"), (0.0, "that are not of"))[: 2 if multi_label else 1]:
            count = len({text for text, right in zip(texts, truth[:, number], strict=True) if right == wanted})
            if count < MIN_PER_CATEGORY:
                raise _too_few(
                    f"{MIN_PER_CATEGORY} examples {what} every category are needed, but {count} {what} "
                    f"'{name[:64]}' were given."
                )


def _too_few(message: str) -> InvalidRequest:
    return InvalidRequest(f"Too few examples: at least {message}", param="examples", code="too_few_examples")
