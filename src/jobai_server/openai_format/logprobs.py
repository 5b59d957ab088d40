"""Log probabilities in the two shapes of OpenAI's API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from jobai_server.engines.protocol import TokenChoice, TokenLogprobs

LEAST_LOGPROB = -9999.0
"""OpenAI's value for a token that is very unlikely; JSON has no minus infinity."""


def chat_logprobs(tokens: Iterable[TokenLogprobs]) -> list[dict[str, Any]]:
    """The `logprobs.content` of a chat, one object per token."""
    return [_choice(token.chosen) | {"top_logprobs": [_choice(choice) for choice in token.top]} for token in tokens]


@dataclass(slots=True)
class CompletionLogprobs:
    """The `logprobs` of one completion, which count the characters before each token.

    Attributes:
        offset: Characters of the answer before the next token.
    """

    offset: int = 0

    def of(self, tokens: Sequence[TokenLogprobs]) -> dict[str, Any]:
        """The object for these tokens, which follow those of earlier calls."""
        offsets = []
        for token in tokens:
            offsets.append(self.offset)
            self.offset += len(token.chosen.token)
        return {
            "tokens": [token.chosen.token for token in tokens],
            "token_logprobs": [_finite(token.chosen.logprob) for token in tokens],
            "top_logprobs": [_best(token) for token in tokens],
            "text_offset": offsets,
        }


def _choice(choice: TokenChoice) -> dict[str, Any]:
    return {"token": choice.token, "logprob": _finite(choice.logprob), "bytes": list(choice.data)}


def _best(token: TokenLogprobs) -> dict[str, float]:
    """Alternatives by text; the chosen token is always among them, as with OpenAI."""
    best: dict[str, float] = {}
    for choice in (*token.top, token.chosen):
        best.setdefault(choice.token, _finite(choice.logprob))
    return best


def _finite(logprob: float) -> float:
    # The comparison is false for NaN as well.
    return logprob if logprob >= LEAST_LOGPROB else LEAST_LOGPROB
