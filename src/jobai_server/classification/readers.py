"""The three ways to read a model's choice: which prompts to ask, and what the answers come to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from jobai_server.classification.labels import letter_groups, yes_no_groups
from jobai_server.classification.orders import orders
from jobai_server.classification.prompt import letter_conversation, name_conversation, yes_no_conversation
from jobai_server.classification.reading import Logs, Reading, normalised
from jobai_server.classification.task import ClassificationTask
from jobai_server.classification.trie import TokenTrie
from jobai_server.engines.protocol import TextEngine
from jobai_server.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model says about one text.

    Attributes:
        rows: Log probabilities that sum to 1 in every row. One row per order with one column per category; for
            yes/no one row per category, the yes first.
        label_mass: The probability that fell on any label at all, on average over the rows.
    """

    rows: Logs
    label_mass: float


class Reader(Protocol):
    """One task for one model."""

    def readings(self, text: str) -> AsyncIterator[Reading]:
        """Everything that has to be asked about a text."""
        ...

    def judgement(self, answers: Sequence[Logs]) -> Judgement:
        """
        Args:
            answers: What `Reading.logs` gave, in the order of `readings`.
        """
        ...


def reader(engine: TextEngine, task: ClassificationTask) -> Reader:
    """
    Raises:
        InvalidRequest: The model has not as many letters as there are categories, or cannot tell two names apart.
    """
    if task.method == "yes_no":
        return YesNoReader(engine, task)
    return LetterReader(engine, task) if task.method == "letters" else NameReader(engine, task)


class LetterReader:
    """Lists the categories with letters and reads which letter comes next; one reading per order."""

    def __init__(self, engine: TextEngine, task: ClassificationTask) -> None:
        groups = letter_groups(engine)
        count = len(task.categories)
        if count > len(groups):
            message = f"The model '{engine.card.name}' can tell {len(groups)} letters apart, and there are {count} "
            raise InvalidRequest(f"{message}categories; use the method 'names'.", param="method")
        self._engine = engine
        self._task = task
        self._letters = list(groups)[:count]
        self._groups = list(groups.values())[:count]
        self._orders = orders(count, task.permutations)

    async def readings(self, text: str) -> AsyncIterator[Reading]:
        for order in self._orders:
            conversation = letter_conversation(self._task, order, self._letters, text)
            yield Reading(await self._engine.encode_conversation(conversation), self._groups)

    def judgement(self, answers: Sequence[Logs]) -> Judgement:
        logs = np.stack(answers)
        rows = np.empty_like(logs)
        for row, order, found in zip(rows, self._orders, logs, strict=True):
            row[list(order)] = found
        return Judgement(normalised(rows), _mass(logs))


class NameReader:
    """Lists the categories and reads along their names; one reading per order and per point where names part."""

    def __init__(self, engine: TextEngine, task: ClassificationTask) -> None:
        names = [engine.answer_tokens(category.name).whole for category in task.categories]
        for index, name in enumerate(names):
            if name in names[:index]:
                message = f"To the model '{engine.card.name}' this category's name is the same as another's."
                raise InvalidRequest(message, param=f"categories[{index}]")
        self._engine = engine
        self._task = task
        self._trie = TokenTrie.of(names)
        self._orders = orders(len(names), task.permutations)

    async def readings(self, text: str) -> AsyncIterator[Reading]:
        for order in self._orders:
            prompt = await self._engine.encode_conversation(name_conversation(self._task, order, text))
            for branch in self._trie.branches:
                yield Reading([*prompt, *branch.prefix], [(token,) for token in branch.next_tokens])

    def judgement(self, answers: Sequence[Logs]) -> Judgement:
        count = len(self._trie.branches)
        parts = [answers[start : start + count] for start in range(0, len(answers), count)]
        return Judgement(
            normalised(np.stack([self._trie.logs(part) for part in parts])),
            float(np.mean([_mass(part[0]) for part in parts])),
        )


class YesNoReader:
    """Asks about each category by itself; one reading per category."""

    def __init__(self, engine: TextEngine, task: ClassificationTask) -> None:
        self._engine = engine
        self._task = task
        self._groups = yes_no_groups(engine)

    async def readings(self, text: str) -> AsyncIterator[Reading]:
        for category in self._task.categories:
            conversation = yes_no_conversation(self._task, category, text)
            yield Reading(await self._engine.encode_conversation(conversation), self._groups)

    def judgement(self, answers: Sequence[Logs]) -> Judgement:
        logs = np.stack(answers)
        return Judgement(normalised(logs), _mass(logs))


def _mass(logs: Logs) -> float:
    return float(np.exp(np.logaddexp.reduce(logs, axis=-1)).mean())
