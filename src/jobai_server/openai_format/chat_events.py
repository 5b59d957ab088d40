"""A chat answer as server-sent events, one `chat.completion.chunk` each.

Plain text takes a short path: the bytes around it are prepared once per answer, so that a token costs one
JSON escape and one concatenation.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from jobai_server.engines.protocol import ParsedText, TextDelta, ToolCallDelta
from jobai_server.openai_format.chat_reply import ChatReply
from jobai_server.openai_format.identity import new_call_id
from jobai_server.openai_format.logprobs import chat_logprobs
from jobai_server.openai_format.server_sent_event import DONE, MARK, event, json_text


async def chat_events(deltas: AsyncGenerator[TextDelta, None], reply: ChatReply) -> AsyncGenerator[bytes, None]:
    """Write a stream of chunks, nothing before the first delta, `[DONE]` at the end.

    Args:
        deltas: From the engine; closed when this generator is.
        reply: How to write; its usage counts the tokens.

    Raises:
        EngineDied: The deltas ended before every answer was finished. What the engine raises passes through.
    """
    writers = [_AnswerWriter(index, reply) for index in range(reply.answers)]
    finished = 0
    usage = reply.usage
    async with aclosing(deltas):
        async for delta in deltas:
            usage.completion_tokens += delta.token_count
            events = writers[delta.index].write(delta)
            finished += delta.finish_reason is not None
            if events:
                yield events
    reply.check_complete(finished)
    if reply.include_usage:
        yield event(_chunk(reply, []) | {"usage": usage.as_json()})
    yield DONE


class _AnswerWriter:
    """Writes the chunks of one answer."""

    def __init__(self, index: int, reply: ChatReply) -> None:
        self._index = index
        self._reply = reply
        self._parser = None if reply.new_parser is None else reply.new_parser()
        self._plain = self._parser is None and not reply.logprobs
        self._called: set[int] = set()
        self._started = False
        before, after = self._event({"content": MARK}).split(json_text(MARK))
        self._before, self._after = before, after

    def write(self, delta: TextDelta) -> bytes:
        """All events that one delta makes, in one piece; may be empty."""
        if self._started and self._plain and delta.finish_reason is None:
            return self._before + json_text(delta.text) + self._after if delta.text else b""
        events = [] if self._started else [self._event({"role": "assistant", "content": ""})]
        self._started = True
        if self._plain:
            if delta.text:
                events.append(self._before + json_text(delta.text) + self._after)
        else:
            events.extend(self._detailed(delta))
        if delta.finish_reason is not None:
            reason = "tool_calls" if self._called and delta.finish_reason == "stop" else delta.finish_reason
            events.append(self._event({}, finish_reason=reason))
        return b"".join(events)

    def _detailed(self, delta: TextDelta) -> list[bytes]:
        """Events with tool calls or log probabilities."""
        pieces = []
        if self._parser is None:
            pieces.append(ParsedText(delta.text))
        else:
            pieces.append(self._parser.parse_delta(delta.text))
            if delta.finish_reason is not None:
                pieces.append(self._parser.parse_end())
        changes: list[dict[str, Any]] = []
        for piece in pieces:
            if piece.content:
                changes.append({"content": piece.content})
            changes.extend({"tool_calls": [self._call(call)]} for call in piece.tool_calls)
        logprobs = chat_logprobs(delta.logprobs) if self._reply.logprobs and delta.logprobs else None
        if logprobs and not changes:
            changes.append({"content": ""})
        # The log probabilities of one step belong to one chunk, whatever the parser made of its text.
        return [self._event(change, logprobs=None if position else logprobs) for position, change in enumerate(changes)]

    def _call(self, call: ToolCallDelta) -> dict[str, Any]:
        if call.index in self._called:
            return {"index": call.index, "function": {"arguments": call.arguments}}
        self._called.add(call.index)
        function = {"name": call.name or "", "arguments": call.arguments}
        return {"index": call.index, "id": new_call_id(), "type": "function", "function": function}

    def _event(
        self, change: dict[str, Any], *, logprobs: list[dict[str, Any]] | None = None, finish_reason: str | None = None
    ) -> bytes:
        choice = {
            "index": self._index,
            "delta": change,
            "logprobs": None if logprobs is None else {"content": logprobs, "refusal": None},
            "finish_reason": finish_reason,
        }
        return event(_chunk(self._reply, [choice]))


def _chunk(reply: ChatReply, choices: list[dict[str, Any]]) -> dict[str, Any]:
    chunk: dict[str, Any] = {
        "id": reply.identity.id,
        "object": "chat.completion.chunk",
        "created": reply.identity.created,
        "model": reply.identity.model,
        "system_fingerprint": reply.identity.system_fingerprint,
        "choices": choices,
        **reply.identity.tier_field,
    }
    return chunk | {"usage": None} if reply.include_usage else chunk
