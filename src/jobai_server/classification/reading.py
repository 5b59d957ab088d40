"""One look at a model: a prompt, and between which next tokens it chooses there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobai_server.classification.labels import TokenGroup
from jobai_server.engines.next_token import NextTokenPrompt

Logs = NDArray[np.float64]
"""Natural logarithms of probabilities."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt and the groups of tokens that may follow it."""

    token_ids: Sequence[int]
    groups: Sequence[TokenGroup]

    def prompt(self) -> NextTokenPrompt:
        return NextTokenPrompt(self.token_ids, [token_id for group in self.groups for token_id in group])

    def logs(self, answer: Sequence[float]) -> Logs:
        """One per group, from the engine's answer to `prompt`."""
        sizes = np.cumsum([len(group) for group in self.groups])[:-1]
        return np.array([np.logaddexp.reduce(part) for part in np.split(np.array(answer), sizes)])


def normalised(logs: Logs) -> Logs:
    """Scaled so that the probabilities along the last axis sum to 1."""
    return np.asarray(logs - np.logaddexp.reduce(logs, axis=-1, keepdims=True))
