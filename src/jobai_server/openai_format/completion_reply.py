"""What is known about the answers to one completion request before the first token."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from jobai_server.engines.protocol import TextDelta
from jobai_server.errors import EngineDied
from jobai_server.openai_format.completion_request import CompletionRequest
from jobai_server.openai_format.identity import AnswerIdentity, TokenUsage
from jobai_server.openai_format.merged_streams import merged


@dataclass(frozen=True, slots=True)
class CompletionReply:
    """How to write down the answers of one completion request.

    Attributes:
        identity: What all chunks carry.
        usage: Of all prompts together; counted while the answers are read.
        prompts: How many prompts there are.
        answers: Answers per prompt; the choice's index is `prompt * answers + answer`.
        include_usage: Whether a stream ends with the usage.
        logprobs: Whether tokens come with log probabilities.
    """

    identity: AnswerIdentity
    usage: TokenUsage
    prompts: int = 1
    answers: int = 1
    include_usage: bool = False
    logprobs: bool = False

    @property
    def choices(self) -> int:
        """Answers of all prompts together."""
        return self.prompts * self.answers

    def check_complete(self, finished: int) -> None:
        """Refuse to present answers that broke off as whole ones.

        Raises:
            EngineDied: Fewer answers came to an end than were asked for.
        """
        if finished < self.choices:
            raise EngineDied("The model stopped before the answer was complete.")


def completion_reply(body: CompletionRequest, identity: AnswerIdentity, prompt_tokens: int) -> CompletionReply:
    """The recipe for one request; `prompt_tokens` is the sum over its prompts."""
    return CompletionReply(
        identity=identity,
        usage=TokenUsage(prompt_tokens),
        prompts=len(body.prompts),
        answers=body.answers,
        include_usage=body.include_usage,
        logprobs=body.logprobs is not None,
    )


async def numbered_deltas(
    streams: Sequence[AsyncGenerator[TextDelta, None]], reply: CompletionReply
) -> AsyncGenerator[tuple[int, TextDelta], None]:
    """The deltas of all prompts with the index of their choice; the tokens are counted on the way.

    All streams are closed when this generator is.
    """
    usage, answers = reply.usage, reply.answers
    if len(streams) == 1:
        # The common case goes without tasks and a queue.
        async with aclosing(streams[0]) as stream:
            async for delta in stream:
                usage.completion_tokens += delta.token_count
                yield delta.index, delta
        return
    async with aclosing(merged(streams)) as numbered:
        async for prompt, delta in numbered:
            usage.completion_tokens += delta.token_count
            yield prompt * answers + delta.index, delta
