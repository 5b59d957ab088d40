"""Which part of the corpus a text belongs to: the training split or the held-out split.

A word's side is decided by its own spelling, so no list has to be kept in step with another.
"""

import zlib
from collections.abc import Callable, Sequence
from enum import Enum
from random import Random

_HELD_OUT_SHARE = 8  # one word in eight is kept away from training


class Split(Enum):
    """The two sides of the corpus; evaluation only ever sees HELD_OUT."""

    TRAIN = "train"
    HELD_OUT = "held_out"


def side(text: str) -> Split:
    """The split that may use this vocabulary entry."""
    held_out = zlib.crc32(text.encode()) % _HELD_OUT_SHARE == 0
    return Split.HELD_OUT if held_out else Split.TRAIN


def entries(words: Sequence[str], split: Split) -> tuple[str, ...]:
    """The entries of a word list that belong to a split (all of them where it would be empty)."""
    return tuple(word for word in words if side(word) is split) or tuple(words)


def invented(split: Split, invent: Callable[[], str]) -> str:
    """Call `invent` until its result belongs to the split."""
    while True:
        word = invent()
        if side(word) is split:
            return word


def one_of(random: Random, training: Sequence[str], held_out: Sequence[str], split: Split) -> str:
    """One phrase out of the list written for this split."""
    return random.choice(training if split is Split.TRAIN else held_out)
