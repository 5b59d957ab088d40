"""What every chunk and answer of one request carries: its id, time, model and fingerprint, and the tokens it used."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class AnswerIdentity:
    """The same in all chunks of an answer.

    Attributes:
        id: `chatcmpl-…` or `cmpl-…`.
        created: Unix time, seconds.
        model: The name of the model that answers.
        system_fingerprint: Changes when the answers to equal requests may change.
        service_tier: How the request ranked where it waited; None where it did not ask to be told.
    """

    id: str
    created: int
    model: str
    system_fingerprint: str
    service_tier: str | None = None

    @property
    def tier_field(self) -> dict[str, str]:
        """The answer's `service_tier`, which is only there where the request has one."""
        return {} if self.service_tier is None else {"service_tier": self.service_tier}


@dataclass(slots=True)
class TokenUsage:
    """Tokens of one request, counted while it runs, so that what a caller who left has used is known.

    Attributes:
        prompt_tokens: Of all prompts together.
        completion_tokens: Of all answers so far.
    """

    prompt_tokens: int
    completion_tokens: int = 0

    def as_json(self) -> dict[str, int]:
        """OpenAI's usage object."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


def new_identity(
    kind: Literal["chatcmpl", "cmpl"], model: str, system_fingerprint: str, service_tier: str | None = None
) -> AnswerIdentity:
    """A fresh identity, now."""
    return AnswerIdentity(new_id(kind), int(time.time()), model, system_fingerprint, service_tier)


def new_id(kind: Literal["chatcmpl", "cmpl", "rerank"]) -> str:
    """An id for an answer."""
    return f"{kind}-{secrets.token_hex(16)}"


def fingerprint(*facts: str) -> str:
    """A short name for a set-up: model, revision, quantisation, server version, say."""
    return "fp_" + hashlib.sha256("\n".join(facts).encode("utf-8", "replace")).hexdigest()[:10]


def new_call_id() -> str:
    """An id for a tool call."""
    return f"call_{secrets.token_hex(12)}"
