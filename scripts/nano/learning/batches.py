"""Batches of similar length: little padding, and no example sees another."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

import torch
from tokenizers import Tokenizer

from corpus.dialogue import Dialogue, segments
from corpus.mixture import stream

_LEAST_WEIGHT = 12.0  # of a whole answer: a single letter counts as much as a short name
_STEP = 16  # lengths are padded to a multiple of this
_WINDOW = 1024  # examples that are sorted by length together


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and target weights, both of shape (examples, length); padding has the id -1."""

    ids: torch.Tensor
    weights: torch.Tensor

    @property
    def tokens(self) -> int:
        """Tokens that are not padding."""
        return int((self.ids >= 0).sum())


def encode(tokenizer: Tokenizer, dialogue: Dialogue, prompt_weight: float) -> tuple[list[int], list[float]]:
    """The ids of a conversation, and how much the prediction of each counts."""
    ids: list[int] = []
    weights: list[float] = []
    for text, own in segments(dialogue):
        piece = tokenizer.encode(text, add_special_tokens=False).ids
        ids += piece
        weight = max(1.0, _LEAST_WEIGHT / len(piece)) if own else prompt_weight
        weights += [weight] * len(piece)
    return ids, weights


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """How examples become batches; lengths are in tokens."""

    tokens: int = 4096
    longest: int = 768
    prompt_weight: float = 0.1
    prompts_learned: float = 0.4  # share of examples in which the user's words count too


def batches(tokenizer: Tokenizer, seed: int, plan: BatchPlan) -> Iterator[Batch]:
    """Batches without end; each window of examples is cut by length and its batches are mixed."""
    order = torch.Generator().manual_seed(seed)
    chance = Random(seed)
    examples = (
        encode(
            tokenizer,
            dialogue,
            plan.prompt_weight if chance.random() < plan.prompts_learned else 0.0,
        )
        for dialogue in stream(seed)
    )
    fitting = (example for example in examples if len(example[0]) <= plan.longest)
    while True:
        window = sorted(islice(fitting, _WINDOW), key=lambda example: len(example[0]))
        groups: list[list[tuple[list[int], list[float]]]] = [[]]
        for example in window:
            if (len(groups[-1]) + 1) * _padded(len(example[0])) > plan.tokens:
                groups.append([])
            groups[-1].append(example)
        for index in torch.randperm(len(groups), generator=order).tolist():
            yield _stack(groups[index])


def _padded(length: int) -> int:
    return -(-length // _STEP) * _STEP


def _stack(examples: list[tuple[list[int], list[float]]]) -> Batch:
    length = _padded(max(len(ids) for ids, _ in examples))
    ids = torch.full((len(examples), length), -1)
    weights = torch.zeros(len(examples), length)
    for row, (tokens, counts) in enumerate(examples):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        weights[row, : len(counts)] = torch.tensor(counts)
    return Batch(ids, weights)
