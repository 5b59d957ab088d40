"""A completion as server-sent events, one `text_completion` object each; plain text takes a short path as in chat."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from jobai_server.engines.protocol import TextDelta
from jobai_server.openai_format.completion_reply import CompletionReply, numbered_deltas
from jobai_server.openai_format.logprobs import CompletionLogprobs
from jobai_server.openai_format.server_sent_event import DONE, MARK, event, json_text


async def completion_events(
    streams: Sequence[AsyncGenerator[TextDelta, None]], reply: CompletionReply
) -> AsyncGenerator[bytes, None]:
    """Write a stream of chunks, nothing before the first delta, `[DONE]` at the end.

    Args:
        streams: From the engine, one per prompt; closed when this generator is.
        reply: How to write; its usage counts the tokens.

    Raises:
        EngineDied: The deltas ended before every answer was finished. What the engine raises passes through.
    """
    writers = [_ChoiceWriter(index, reply) for index in range(reply.choices)]
    finished = 0
    async with aclosing(numbered_deltas(streams, reply)) as numbered:
        async for index, delta in numbered:
            finished += delta.finish_reason is not None
            events = writers[index].write(delta)
            if events:
                yield events
    reply.check_complete(finished)
    if reply.include_usage:
        yield event(_chunk(reply, []) | {"usage": reply.usage.as_json()})
    yield DONE


class _ChoiceWriter:
    """Writes the chunks of one answer."""

    def __init__(self, index: int, reply: CompletionReply) -> None:
        self._index = index
        self._reply = reply
        self._logprobs = CompletionLogprobs() if reply.logprobs else None
        self._before, self._after = self._event(MARK).split(json_text(MARK))

    def write(self, delta: TextDelta) -> bytes:
        """The event of one delta; empty where there is nothing to say yet."""
        if delta.finish_reason is None and self._logprobs is None:
            return self._before + json_text(delta.text) + self._after if delta.text else b""
        logprobs = self._logprobs.of(delta.logprobs) if self._logprobs and delta.logprobs else None
        if not delta.text and logprobs is None and delta.finish_reason is None:
            return b""
        return self._event(delta.text, logprobs=logprobs, finish_reason=delta.finish_reason)

    def _event(self, text: str, *, logprobs: dict[str, Any] | None = None, finish_reason: str | None = None) -> bytes:
        choice = {"text": text, "index": self._index, "logprobs": logprobs, "finish_reason": finish_reason}
        return event(_chunk(self._reply, [choice]))


def _chunk(reply: CompletionReply, choices: list[dict[str, Any]]) -> dict[str, Any]:
    chunk: dict[str, Any] = {
        "id": reply.identity.id,
        "object": "text_completion",
        "created": reply.identity.created,
        "model": reply.identity.model,
        "system_fingerprint": reply.identity.system_fingerprint,
        "choices": choices,
        **reply.identity.tier_field,
    }
    return chunk | {"usage": None} if reply.include_usage else chunk
