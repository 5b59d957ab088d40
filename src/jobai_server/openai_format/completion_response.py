"""A whole completion as the openai package's own class."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobai_server.engines.protocol import FinishReason, TextDelta, TokenLogprobs
from jobai_server.openai_format.completion_reply import CompletionReply, numbered_deltas
from jobai_server.openai_format.logprobs import CompletionLogprobs

if TYPE_CHECKING:
    from openai.types import Completion


@dataclass(slots=True)
class CollectedChoice:
    """One answer as it grows: the pieces of its text, its tokens' log probabilities, and how it ended."""

    text: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprobs] = field(default_factory=list)
    finish_reason: FinishReason | None = None


async def completion(streams: Sequence[AsyncGenerator[TextDelta, None]], reply: CompletionReply) -> Completion:
    """Read all answers to all prompts to their end.

    Args:
        streams: From the engine, one per prompt; closed when this returns or is cancelled.
        reply: How to write; its usage counts the tokens.

    Raises:
        EngineDied: The deltas ended before every answer was finished. What the engine raises passes through.
    """
    choices = [CollectedChoice() for _ in range(reply.choices)]
    async with aclosing(numbered_deltas(streams, reply)) as numbered:
        async for index, delta in numbered:
            choice = choices[index]
            choice.text.append(delta.text)
            choice.finish_reason = delta.finish_reason or choice.finish_reason
            choice.logprobs.extend(delta.logprobs or ())
    reply.check_complete(sum(choice.finish_reason is not None for choice in choices))
    # Importing the openai package takes half a second, which the start of the server need not wait for.
    from openai.types import Completion

    return Completion.model_validate(
        {
            "id": reply.identity.id,
            "object": "text_completion",
            "created": reply.identity.created,
            "model": reply.identity.model,
            "system_fingerprint": reply.identity.system_fingerprint,
            "choices": [_choice(index, choice, reply) for index, choice in enumerate(choices)],
            "usage": reply.usage.as_json(),
            **reply.identity.tier_field,
        }
    )


def _choice(index: int, choice: CollectedChoice, reply: CompletionReply) -> dict[str, Any]:
    return {
        "text": "".join(choice.text),
        "index": index,
        "logprobs": CompletionLogprobs().of(choice.logprobs) if reply.logprobs else None,
        "finish_reason": choice.finish_reason,
    }
