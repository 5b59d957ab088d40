"""The texts that wait for the embedding model, and which of them go through it together."""

from __future__ import annotations

import bisect
import itertools
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Owner = TypeVar("Owner")


@dataclass(frozen=True, slots=True, eq=False)
class QueuedInput(Generic[Owner]):
    """One text of a request: its token ids, int32, and its place among the owner's texts."""

    owner: Owner
    index: int
    token_ids: NDArray[np.int32]


class InputQueue(Generic[Owner]):
    """Batches of similar length, so that little is padding, around the text that has waited longest, so that none
    waits for ever.

    Args:
        batch_tokens: Tokens in one batch with their padding; a single longer text is a batch of its own.
    """

    def __init__(self, batch_tokens: int) -> None:
        self._batch_tokens = batch_tokens
        self._waiting: OrderedDict[int, QueuedInput[Owner]] = OrderedDict()  # in the order of their arrival
        self._by_length: list[tuple[int, int]] = []  # (tokens, number of the arrival), sorted
        self._arrivals = itertools.count()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, inputs: Iterable[QueuedInput[Owner]]) -> None:
        for number, one in zip(self._arrivals, inputs, strict=False):
            self._waiting[number] = one
            self._by_length.append((len(one.token_ids), number))
        self._by_length.sort()

    def drop(self, owner: Owner) -> None:
        """Forget what still waits of an owner."""
        kept = [place for place in self._by_length if self._waiting[place[1]].owner is not owner]
        if len(kept) < len(self._by_length):
            numbers = {number for _, number in kept}
            self._waiting = OrderedDict((number, one) for number, one in self._waiting.items() if number in numbers)
            self._by_length = kept

    def take(self) -> list[QueuedInput[Owner]]:
        """The next batch, shortest text first; empty where nothing waits."""
        if not self._waiting:
            return []
        oldest, one = next(iter(self._waiting.items()))
        first = bisect.bisect_left(self._by_length, (len(one.token_ids), oldest))
        first, end = self._similar(first)
        taken = [self._waiting.pop(number) for _, number in self._by_length[first:end]]
        del self._by_length[first:end]
        return taken

    def _similar(self, first: int) -> tuple[int, int]:
        """Grow a range of `_by_length` from one text to a batch, each time by the neighbour that pads least."""
        end = first + 1
        while True:
            rows, longest = end - first, self._by_length[end - 1][0]
            shorter = self._by_length[first - 1][0] if first else None
            longer = self._by_length[end][0] if end < len(self._by_length) else None
            fits_shorter = shorter is not None and 2 * shorter >= longest and (rows + 1) * longest <= self._batch_tokens
            fits_longer = (
                longer is not None
                and 2 * self._by_length[first][0] >= longer
                and (rows + 1) * longer <= self._batch_tokens
            )
            if fits_shorter and (not fits_longer or longest - (shorter or 0) <= rows * ((longer or 0) - longest)):
                first -= 1
            elif fits_longer:
                end += 1
            else:
                return first, end
