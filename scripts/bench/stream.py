"""One streamed answer, read after it has ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stream:
    """The raw bytes of one HTTP answer, in pieces with their times of arrival, and when the request was sent."""

    sent: float
    pieces: list[tuple[float, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Seconds until the first content, and between content events after it."""

    first_token: float
    gaps: list[float]


class BadStream(Exception):
    """A stream that is not what was asked for; then nothing measured on it counts."""


def read_stream(stream: Stream, max_tokens: int) -> Answer:
    """Check that the answer is whole and exactly `max_tokens` long, and read its times.

    Raises:
        BadStream: It is not.
    """
    head = b"".join(data for _, data in stream.pieces[:4])
    if not head.startswith(b"HTTP/1.1 200 "):
        raise BadStream(head[:2000].decode(errors="replace"))
    times: list[float] = []
    last: Any = None
    tokens: int | None = None
    finished: str | None = None
    for time, payload in _events(stream.pieces):
        if last == "[DONE]":
            raise BadStream("an event after [DONE]")
        last = payload if payload == "[DONE]" else json.loads(payload)
        if last == "[DONE]":
            continue
        if usage := last.get("usage"):
            tokens = usage["completion_tokens"]
        for choice in last.get("choices", ()):
            finished = choice["finish_reason"] or finished
            if choice["delta"].get("content"):
                times.append(time)
    if last != "[DONE]" or tokens != max_tokens or finished != "length" or not 0 < len(times) <= max_tokens:
        raise BadStream(f"{tokens} tokens in {len(times)} events, finish_reason {finished}, the last event {last}")
    return Answer(times[0] - stream.sent, [later - time for time, later in zip(times, times[1:], strict=False)])


def _events(pieces: list[tuple[float, bytes]]) -> list[tuple[float, str]]:
    """Every `data:` line with the arrival of its end. Chunk sizes of the transfer encoding stand on lines of their own,
    since both servers end every HTTP chunk with an event."""
    events: list[tuple[float, str]] = []
    rest = b""
    for time, data in pieces:
        *lines, rest = (rest + data).split(b"\n")
        events.extend((time, line[6:].strip().decode()) for line in lines if line.startswith(b"data: "))
    return events
