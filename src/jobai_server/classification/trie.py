"""Names as token sequences, and the points at which they part: only there the model has something to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobai_server.classification.reading import Logs, normalised


@dataclass(frozen=True, slots=True)
class Branch:
    """The tokens so far, and those that may come next; at least two."""

    prefix: tuple[int, ...]
    next_tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TokenTrie:
    """
    Attributes:
        branches: The first is the one nearest to the root.
        paths: Per name the branches it passes, each with the number of the token it takes there.
    """

    branches: tuple[Branch, ...]
    paths: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def of(cls, names: Sequence[tuple[int, ...]]) -> TokenTrie:
        """
        Args:
            names: Different from each other, each with the token that ends an answer last, so that none is the
                beginning of another.
        """
        branches: list[Branch] = []
        paths: list[list[tuple[int, int]]] = [[] for _ in names]
        pending: list[tuple[int, list[int]]] = [(0, list(range(len(names))))]
        for depth, members in pending:  # grows meanwhile: the shallow ones come first
            by_token: dict[int, list[int]] = {}
            for member in members:
                by_token.setdefault(names[member][depth], []).append(member)
            if len(by_token) > 1:
                for number, parted in enumerate(by_token.values()):
                    for member in parted:
                        paths[member].append((len(branches), number))
                branches.append(Branch(names[members[0]][:depth], tuple(by_token)))
            pending += [(depth + 1, parted) for parted in by_token.values() if len(parted) > 1]
        return cls(tuple(branches), tuple(map(tuple, paths)))

    def logs(self, answers: Sequence[Logs]) -> Logs:
        """Per name the logarithm of its probability among the names.

        Args:
            answers: Per branch the logs of its next tokens.
        """
        decided = [normalised(answer) for answer in answers]
        return np.array([sum(decided[branch][number] for branch, number in path) for path in self.paths])
