"""A whole chat answer as the openai package's own class."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobai_server.engines.protocol import FinishReason, ParsedText, TextDelta, ToolCallDelta
from jobai_server.openai_format.chat_reply import ChatReply
from jobai_server.openai_format.identity import new_call_id
from jobai_server.openai_format.logprobs import chat_logprobs

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion


@dataclass(slots=True)
class CollectedAnswer:
    """One answer as it grows.

    Attributes:
        text: Its pieces.
        logprobs: One object per token.
        finish_reason: Set at its end.
    """

    text: list[str] = field(default_factory=list)
    logprobs: list[dict[str, Any]] = field(default_factory=list)
    finish_reason: FinishReason | None = None


async def chat_completion(deltas: AsyncGenerator[TextDelta, None], reply: ChatReply) -> ChatCompletion:
    """Read all answers to their end.

    Args:
        deltas: From the engine; closed when this returns or is cancelled.
        reply: How to write; its usage counts the tokens.

    Raises:
        EngineDied: The deltas ended before every answer was finished. What the engine raises passes through.
    """
    answers = [CollectedAnswer() for _ in range(reply.answers)]
    async with aclosing(deltas):
        async for delta in deltas:
            reply.usage.completion_tokens += delta.token_count
            answer = answers[delta.index]
            answer.text.append(delta.text)
            answer.finish_reason = delta.finish_reason or answer.finish_reason
            if reply.logprobs and delta.logprobs:
                answer.logprobs.extend(chat_logprobs(delta.logprobs))
    reply.check_complete(sum(answer.finish_reason is not None for answer in answers))
    # Importing the openai package takes half a second, which the start of the server need not wait for.
    from openai.types.chat import ChatCompletion

    return ChatCompletion.model_validate(
        {
            "id": reply.identity.id,
            "object": "chat.completion",
            "created": reply.identity.created,
            "model": reply.identity.model,
            "system_fingerprint": reply.identity.system_fingerprint,
            "choices": [_choice(index, answer, reply) for index, answer in enumerate(answers)],
            "usage": reply.usage.as_json(),
            **reply.identity.tier_field,
        }
    )


def _choice(index: int, answer: CollectedAnswer, reply: ChatReply) -> dict[str, Any]:
    text = "".join(answer.text)
    parsed = ParsedText(text) if reply.new_parser is None else reply.new_parser().parse_complete(text)
    message: dict[str, Any] = {"role": "assistant", "content": parsed.content, "refusal": None}
    finish_reason: str | None = answer.finish_reason
    if parsed.tool_calls:
        message["content"] = parsed.content or None
        message["tool_calls"] = [_call(call) for call in parsed.tool_calls]
        finish_reason = "tool_calls" if finish_reason == "stop" else finish_reason
    return {
        "index": index,
        "message": message,
        "logprobs": {"content": answer.logprobs, "refusal": None} if reply.logprobs else None,
        "finish_reason": finish_reason,
    }


def _call(call: ToolCallDelta) -> dict[str, Any]:
    function = {"name": call.name or "", "arguments": call.arguments}
    return {"id": new_call_id(), "type": "function", "function": function}
