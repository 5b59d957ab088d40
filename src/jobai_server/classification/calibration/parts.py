"""Which examples a calibration is fitted on and which it is measured on; their order does not matter."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
# From here on a quarter is enough to measure on.
HELD_OUT_FROM = 200
HELD_OUT_FOLDS = 4


def fold_numbers(texts: Sequence[str], kinds: Sequence[str], folds: int) -> NDArray[np.int64]:
    """A fold for every example, from 0: all kinds are spread evenly over the folds, and equal texts stay together.

    Args:
        kinds: What to spread evenly: the right category of each text.
    """
    kind_of: dict[str, str] = {}
    for text, kind in sorted(zip(texts, kinds, strict=True)):
        kind_of.setdefault(text, kind)
    # By a digest, so that the order of the examples does not matter and no order of the texts themselves does.
    ranked = sorted(kind_of, key=lambda text: (kind_of[text], hashlib.sha256(text.encode()).digest()))
    fold_of = {text: number % folds for number, text in enumerate(ranked)}
    return np.array([fold_of[text] for text in texts])
