from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from openai.types import Completion
from tests.openai_format.streams import COMPLETION, Stream, read, texts
from tests.stand_in_engine import StandInEngine

from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import Sampling, TextDelta, TextRequest
from jobai_server.errors import EngineDied
from jobai_server.openai_format.completion_events import completion_events
from jobai_server.openai_format.completion_reply import CompletionReply
from jobai_server.openai_format.completion_response import completion
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.openai_format.merged_streams import merged


def reply(**fields: Any) -> CompletionReply:
    given: dict[str, Any] = {"identity": COMPLETION, "usage": TokenUsage(7)}
    return CompletionReply(**(given | fields))


def check(chunks: list[Any]) -> None:
    for chunk in chunks:
        # The package's type has no null here, though OpenAI streams one until the answer ends.
        ended = chunk | {"choices": [c | {"finish_reason": c["finish_reason"] or "stop"} for c in chunk["choices"]]}
        assert Completion.model_validate(ended).model_dump(exclude_unset=True) == ended


def text(chunks: list[Any], index: int) -> str:
    return "".join(c["text"] for chunk in chunks for c in chunk["choices"] if c["index"] == index)


async def test_plain_stream() -> None:
    answer = reply(include_usage=True)
    chunks = await read(completion_events([Stream(texts('a"\n', "é\u2028", "", "c")).read()], answer))
    check(chunks)
    assert text(chunks, 0) == 'a"\né\u2028c'
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"] == {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 11}
    assert chunks[0]["usage"] is None


async def test_prompts_and_answers_are_numbered() -> None:
    def streams() -> list[AsyncGenerator[TextDelta, None]]:
        return [
            Stream([*texts("a", "b"), *texts("c", index=1)]).read(),
            Stream([*texts("d", index=1, reason="length"), *texts("e", "f")]).read(),
        ]

    chunks = await read(completion_events(streams(), reply(prompts=2, answers=2)))
    check(chunks)
    assert [text(chunks, index) for index in range(4)] == ["ab", "c", "ef", "d"]
    whole = await completion(streams(), reply(prompts=2, answers=2))
    assert [choice.text for choice in whole.choices] == ["ab", "c", "ef", "d"]
    assert whole.choices[3].finish_reason == "length"
    assert whole.usage is not None
    assert whole.usage.total_tokens == 13


async def test_logprobs_count_characters() -> None:
    chunks = await read(completion_events([Stream(texts("ab", "c", logprobs=True)).read()], reply(logprobs=True)))
    check(chunks)
    held = [chunk["choices"][0]["logprobs"] for chunk in chunks]
    assert [logprobs["text_offset"] for logprobs in held] == [[0], [2]]
    whole = await completion([Stream(texts("ab", "c", logprobs=True)).read()], reply(logprobs=True))
    logprobs = whole.choices[0].logprobs
    assert logprobs is not None
    assert (logprobs.tokens, logprobs.text_offset, logprobs.token_logprobs) == (["ab", "c"], [0, 2], [-0.5, -0.5])
    assert logprobs.top_logprobs == [
        {"other": -0.25, "never": -9999.0, "ab": -0.5},
        {"other": -0.25, "never": -9999.0, "c": -0.5},
    ]


@pytest.mark.parametrize("count", [1, 3])
async def test_answers_that_broke_off_are_errors(count: int) -> None:
    streams = [Stream(texts("a", reason=None)) for _ in range(count)]
    with pytest.raises(EngineDied):
        await read(completion_events([stream.read() for stream in streams], reply(prompts=count)))
    with pytest.raises(EngineDied):
        await completion([stream.read() for stream in streams], reply(prompts=count))


def hanging(count: int, **fields: Any) -> tuple[StandInEngine, list[AsyncGenerator[TextDelta, None]]]:
    engine = StandInEngine(**({"hang_after": 1} | fields))
    return engine, [engine.stream(TextRequest(str(n), [1], Sampling(max_tokens=5), Owner("key"))) for n in range(count)]


@pytest.mark.parametrize("count", [1, 4])
async def test_closing_closes_every_stream(count: int) -> None:
    engine, streams = hanging(count)
    events = completion_events(streams, reply(prompts=count))
    await anext(events)
    await asyncio.sleep(0.01)
    await events.aclose()
    assert (engine.opened, engine.closed) == (count, count)
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("streamed", [True, False])
async def test_cancelling_closes_every_stream(count: int, streamed: bool) -> None:
    engine, streams = hanging(count, hang_after=0)
    answer = reply(prompts=count)
    work = read(completion_events(streams, answer)) if streamed else completion(streams, answer)
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0.01)
    assert engine.opened == count
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert engine.closed == count
    assert len(asyncio.all_tasks()) == 1


async def test_the_first_error_ends_all() -> None:
    good, streams = hanging(3)
    bad = Stream([*texts("a", reason=None), EngineDied("gone")])
    with pytest.raises(EngineDied, match="gone"):
        async for _ in merged([*streams, bad.read()]):
            pass
    assert good.closed == good.opened
    assert bad.closed


async def test_merging_loses_nothing() -> None:
    streams = [Stream(texts(*[f"{n}-{i}" for i in range(50)])) for n in range(8)]
    seen: dict[int, list[str]] = {}
    async for number, delta in merged([stream.read() for stream in streams]):
        seen.setdefault(number, []).append(delta.text)
    assert seen == {n: [f"{n}-{i}" for i in range(50)] for n in range(8)}


async def test_a_slow_reader_holds_the_streams_back() -> None:
    stream = Stream([])
    made = 0

    async def endless() -> AsyncGenerator[TextDelta, None]:
        nonlocal made
        while True:
            made += 1
            yield TextDelta(0, "x", 1)

    both = merged([endless(), stream.read()])
    await anext(both)
    await asyncio.sleep(0.01)
    assert made < 20
    await both.aclose()
