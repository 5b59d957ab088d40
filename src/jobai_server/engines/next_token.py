"""What an engine can be asked about the token that comes next; nothing here knows vLLM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import RequestTimes

MAX_NEXT_TOKENS = 128
"""Tokens whose probabilities can be asked for at once; vLLM's limit."""
MAX_PROMPTS_AT_ONCE = 32
"""Prompts of one NextTokenRequest that are with the engine at a time; the next one follows as soon as one is done."""


@dataclass(frozen=True, slots=True)
class NextTokenPrompt:
    """A prompt, and the tokens whose probabilities to come next are asked for: 1 to MAX_NEXT_TOKENS distinct ids."""

    token_ids: Sequence[int]
    next_token_ids: Sequence[int]


@dataclass(slots=True)
class PromptReuse:
    """Prompt tokens that the engine had in its cache; for the engine to count."""

    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class NextTokenRequest:
    """Prompts to be judged by their next token, all in one go. `request_id` is ours and unique; never the client's.

    Attributes:
        known_by: By what a request is known again that ends an engine: all its prompts, or what says as much and is
            the same every time.
    """

    request_id: str
    prompts: Sequence[NextTokenPrompt]
    owner: Owner
    times: RequestTimes = field(default_factory=RequestTimes)
    reuse: PromptReuse = field(default_factory=PromptReuse)
    known_by: Sequence[NextTokenPrompt] | None = None

    @property
    def content(self) -> Sequence[NextTokenPrompt]:
        return self.prompts if self.known_by is None else self.known_by


@dataclass(frozen=True, slots=True)
class AnswerTokens:
    """A short text as tokens of the assistant's answer.

    Attributes:
        whole: The answer that is this text alone, as the chat template writes it, the token that ends the turn last.
        single: The tokens that are this text when an answer begins with it, with and without a space before; empty
            where it takes several.
    """

    whole: tuple[int, ...]
    single: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MessageTokens:
    """A user's message in tokens, cut so that many messages can share what they have in common.

    Attributes:
        before: What the chat template writes before the message, and the text all messages begin with.
        parts: Texts that may follow it, in any order and number.
        after: What the template writes after the message, up to the answer.
    """

    before: Sequence[int]
    parts: Sequence[Sequence[int]]
    after: Sequence[int]
