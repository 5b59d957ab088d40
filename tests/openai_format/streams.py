"""Ways to make and read streams in these tests."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from jobai_server.engines.protocol import TextDelta, TokenChoice, TokenLogprobs
from jobai_server.openai_format.identity import AnswerIdentity

CHAT = AnswerIdentity("chatcmpl-1", 1_700_000_000, 'a "model"', "fp_1")
COMPLETION = AnswerIdentity("cmpl-1", 1_700_000_000, "a-model", "fp_1")


class Stream:
    """Deltas as an engine gives them; remembers whether it was closed."""

    def __init__(self, deltas: Iterable[TextDelta | Exception]) -> None:
        self.deltas = list(deltas)
        self.closed = False

    async def read(self) -> AsyncGenerator[TextDelta, None]:
        try:
            for delta in self.deltas:
                if isinstance(delta, Exception):
                    raise delta
                yield delta
        finally:
            self.closed = True


def texts(*pieces: str, index: int = 0, reason: Any = "stop", logprobs: bool = False) -> list[TextDelta]:
    """One delta per piece of one answer."""
    last = len(pieces) - 1
    return [
        TextDelta(index, text, 1, reason if at == last else None, (logprob(text),) if logprobs else None)
        for at, text in enumerate(pieces)
    ]


def logprob(text: str) -> TokenLogprobs:
    chosen = TokenChoice(text, -0.5, text.encode())
    return TokenLogprobs(chosen, (TokenChoice("other", -0.25, b"other"), TokenChoice("never", float("-inf"), b"never")))


async def read(events: AsyncGenerator[bytes, None]) -> list[Any]:
    """The decoded events of a whole stream, which must end with [DONE]."""
    return decoded(b"".join([piece async for piece in events]))


def decoded(stream: bytes) -> list[Any]:
    lines = stream.decode().split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    # Clients differ in where they break lines; none may find one inside an event.
    assert all(line.startswith("data: ") and len(line.splitlines()) == 1 for line in lines[:-1])
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
