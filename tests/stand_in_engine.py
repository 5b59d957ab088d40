"""A TextEngine without a model: it writes what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from jobai_server.engines.next_token import AnswerTokens, MessageTokens, NextTokenPrompt, NextTokenRequest
from jobai_server.engines.protocol import (
    Conversation,
    FinishReason,
    ModelCard,
    TextDelta,
    TextRequest,
    ToolCallParser,
)
from jobai_server.errors import InvalidRequest

CONTROL_TOKEN = 0
VOCABULARY = 256


def stand_in_card(**changes: Any) -> ModelCard:
    """A small model's card; `changes` replace its fields."""
    fields: dict[str, Any] = {
        "name": "stand-in",
        "aliases": ("also-stand-in",),
        "context_length": 4096,
        "default_max_tokens": 256,
        "created": 1_700_000_000,
        "roles": ("primary",),
    }
    return ModelCard(**(fields | changes))


@dataclass
class StandInEngine:
    """Writes `script` as every answer, one delta per piece.

    Attributes:
        script: The pieces of the text.
        finish_reason: How answers end.
        fail_before: Raised instead of the first delta.
        fail_after: Raised after the whole script.
        hang_after: Stand still for ever after this many deltas.
        delay: Seconds before each delta.
        parser: What `tool_call_parser` gives.
        judge: The log probabilities that `next_token_logprobs` gives for a prompt.
        requests: What `stream` was asked.
        judged: What `next_token_logprobs` was asked.
        conversations: What was rendered.
        opened: Streams that began.
        closed: Streams that ended, by themselves or because they were closed.
    """

    script: Sequence[str] = ("Hello", " world", "!")
    finish_reason: FinishReason = "stop"
    fail_before: Exception | None = None
    fail_probe: Exception | None = None
    probes: int = 0
    fail_after: Exception | None = None
    hang_after: int | None = None
    delay: float = 0
    parser: ToolCallParser | None = None
    judge: Callable[[NextTokenPrompt], list[float]] = lambda prompt: (
        [-math.log(VOCABULARY)] * len(prompt.next_token_ids)
    )
    card: ModelCard = field(default_factory=stand_in_card)
    requests: list[TextRequest] = field(default_factory=list)
    judged: list[NextTokenRequest] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    async def encode_conversation(self, conversation: Conversation) -> list[int]:
        self.conversations.append(conversation)
        return await self.encode_text("".join(message["content"] for message in conversation.messages))

    async def encode_message(self, given: str, parts: Sequence[str]) -> MessageTokens:
        """One token per byte; the stand-in's template writes nothing but an end."""
        encoded = [await self.encode_text(part) for part in parts]
        return MessageTokens(await self.encode_text(given), encoded, [CONTROL_TOKEN])

    async def encode_text(self, text: str) -> list[int]:
        """One token per byte, none of them a control token."""
        return [byte or 1 for byte in text.encode()]

    def check_token_ids(self, token_ids: Sequence[int], param: str) -> None:
        for token_id in token_ids:
            if not CONTROL_TOKEN < token_id < VOCABULARY:
                raise InvalidRequest(f"Invalid '{param}': {token_id} is not a token of this model.", param=param)

    def tool_call_parser(self, tools: Sequence[Mapping[str, Any]]) -> ToolCallParser | None:
        return self.parser

    def answer_tokens(self, text: str) -> AnswerTokens:
        """One token per byte, and the control token at the end."""
        token_ids = [byte or 1 for byte in text.encode()]
        return AnswerTokens((*token_ids, CONTROL_TOKEN), tuple(token_ids) if len(token_ids) == 1 else ())

    async def next_token_logprobs(self, request: NextTokenRequest) -> list[list[float]]:
        self.judged.append(request)
        if self.fail_before is not None:
            raise self.fail_before
        request.times.began(queue_seconds=0.0)
        return [self.judge(prompt) for prompt in request.prompts]

    async def stream(self, request: TextRequest) -> AsyncGenerator[TextDelta, None]:
        self.requests.append(request)
        self.opened += 1
        try:
            async with aclosing(self._deltas(request)) as deltas:
                async for delta in deltas:
                    yield delta
        finally:
            self.closed += 1

    async def _deltas(self, request: TextRequest) -> AsyncGenerator[TextDelta, None]:
        if self.fail_before is not None:
            raise self.fail_before
        last = len(self.script) - 1
        sent = 0
        for position, text in enumerate(self.script):
            for index in range(request.sampling.n):
                await asyncio.sleep(self.delay)
                if sent == self.hang_after:
                    await asyncio.Event().wait()
                request.times.began(queue_seconds=0.0)
                ends = position == last and self.fail_after is None
                yield TextDelta(index, text, 1, self.finish_reason if ends else None)
                sent += 1
        if self.fail_after is not None:
            raise self.fail_after

    async def probe(self) -> None:
        self.probes += 1
        if self.fail_probe is not None:
            raise self.fail_probe
