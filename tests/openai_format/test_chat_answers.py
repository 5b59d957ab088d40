from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk
from tests.openai_format.streams import CHAT, Stream, read, texts

from jobai_server.engines.protocol import TextDelta
from jobai_server.errors import EngineDied
from jobai_server.openai_format.chat_events import chat_events
from jobai_server.openai_format.chat_reply import ChatReply
from jobai_server.openai_format.chat_response import chat_completion
from jobai_server.openai_format.forced_calls import CallArrayParser, NamedCallParser
from jobai_server.openai_format.identity import TokenUsage

CALLS = '[{"name": "f", "parameters": {"a": "}]\\"é"}}, {"name": "g", "parameters": {}}]'


def reply(**fields: Any) -> ChatReply:
    given: dict[str, Any] = {"identity": CHAT, "usage": TokenUsage(7)}
    return ChatReply(**(given | fields))


def check(chunks: list[Any]) -> None:
    """Every chunk is exactly what the openai package would write."""
    for chunk in chunks:
        assert ChatCompletionChunk.model_validate(chunk).model_dump(exclude_unset=True) == chunk
        assert chunk["model"] == 'a "model"'


def content(chunks: list[Any], index: int = 0) -> str:
    choices = [choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


async def test_plain_stream() -> None:
    pieces = ['He said "hi"\n', "", "\x00\x1f\\ é\u2028\x85 日本 😀", "end"]
    chunks = await read(chat_events(Stream(texts(*pieces)).read(), reply()))
    check(chunks)
    assert chunks[0]["choices"] == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}
    ]
    assert chunks[-1]["choices"] == [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}]
    assert content(chunks) == "".join(pieces)
    assert len(chunks) == 5
    assert all("usage" not in chunk for chunk in chunks)


async def test_half_characters_stay_valid_utf8() -> None:
    chunks = await read(chat_events(Stream(texts("a\ud800b", "x")).read(), reply()))
    assert content(chunks) == "a?bx"


async def test_usage_comes_last_and_is_null_before() -> None:
    answer = reply(include_usage=True)
    chunks = await read(chat_events(Stream(texts("a", "b", reason="length")).read(), answer))
    check(chunks)
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-2]["choices"][0]["finish_reason"] == "length"


async def test_several_answers() -> None:
    deltas = [delta for pair in zip(texts("a", "b"), texts("c", "d", index=1), strict=True) for delta in pair]
    chunks = await read(chat_events(Stream(deltas).read(), reply(answers=2)))
    check(chunks)
    assert (content(chunks, 0), content(chunks, 1)) == ("ab", "cd")
    roles = [chunk["choices"][0]["index"] for chunk in chunks if "role" in chunk["choices"][0]["delta"]]
    assert roles == [0, 1]
    whole = await chat_completion(Stream(deltas).read(), reply(answers=2))
    assert [choice.message.content for choice in whole.choices] == ["ab", "cd"]
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 4


async def test_logprobs() -> None:
    chunks = await read(chat_events(Stream(texts("a", "", "b", logprobs=True)).read(), reply(logprobs=True)))
    check(chunks)
    held = [chunk["choices"][0]["logprobs"]["content"] for chunk in chunks if chunk["choices"][0]["logprobs"]]
    assert [tokens[0]["token"] for tokens in held] == ["a", "", "b"]
    assert held[0][0]["bytes"] == [97]
    assert held[0][0]["top_logprobs"][1]["logprob"] == -9999.0
    whole = await chat_completion(Stream(texts("a", "b", logprobs=True)).read(), reply(logprobs=True))
    assert whole.choices[0].logprobs is not None
    assert [token.token for token in whole.choices[0].logprobs.content or []] == ["a", "b"]


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
async def test_required_calls(size: int) -> None:
    pieces = [CALLS[at : at + size] for at in range(0, len(CALLS), size)]
    chunks = await read(chat_events(Stream(texts(*pieces)).read(), reply(new_parser=CallArrayParser)))
    check(chunks)
    calls: dict[int, dict[str, str]] = {}
    for chunk in chunks:
        for call in chunk["choices"][0]["delta"].get("tool_calls", []):
            if "id" in call:
                assert call["type"] == "function"
                assert call["id"].startswith("call_")
                assert len(call["id"]) == 29
                calls[call["index"]] = {"name": call["function"]["name"], "arguments": ""}
            calls[call["index"]]["arguments"] += call["function"]["arguments"]
    assert calls == {0: {"name": "f", "arguments": '{"a": "}]\\"é"}'}, 1: {"name": "g", "arguments": "{}"}}
    assert content(chunks) == ""
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_whole_answers_with_calls() -> None:
    whole = await chat_completion(Stream(texts(CALLS)).read(), reply(new_parser=CallArrayParser))
    message = whole.choices[0].message
    assert message.content is None
    assert [call.function.name for call in message.tool_calls or [] if call.type == "function"] == ["f", "g"]
    assert whole.choices[0].finish_reason == "tool_calls"


async def test_a_named_call_is_all_arguments() -> None:
    def parser() -> NamedCallParser:
        return NamedCallParser("f")

    chunks = await read(chat_events(Stream(texts('{"a"', ": 1}")).read(), reply(new_parser=parser)))
    check(chunks)
    calls = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert [call["function"].get("name") for call in calls] == ["f", None]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"a": 1}'
    whole = await chat_completion(Stream(texts('{"a": 1}')).read(), reply(new_parser=parser))
    assert whole.choices[0].message.tool_calls


@pytest.mark.parametrize(("text", "expected"), [("no calls", "no calls"), ('[{"na', '{"na'), ("{}", "{}"), ("", "")])
async def test_what_is_no_call_is_content(text: str, expected: str) -> None:
    deltas = texts(*text, "", reason="length")
    chunks = await read(chat_events(Stream(deltas).read(), reply(new_parser=CallArrayParser)))
    assert content(chunks) == expected
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"
    whole = await chat_completion(Stream(deltas).read(), reply(new_parser=CallArrayParser))
    assert whole.choices[0].message.content == expected


async def test_nothing_is_written_before_the_first_delta() -> None:
    stream = Stream([EngineDied("gone")])
    with pytest.raises(EngineDied):
        await anext(chat_events(stream.read(), reply()))
    assert stream.closed


@pytest.mark.parametrize("cut", [texts("a", reason=None), []])
async def test_an_answer_that_broke_off_is_an_error(cut: list[TextDelta]) -> None:
    with pytest.raises(EngineDied):
        await read(chat_events(Stream(cut).read(), reply()))
    with pytest.raises(EngineDied):
        await chat_completion(Stream(cut).read(), reply())


async def test_closing_the_events_closes_the_engine_stream() -> None:
    stream = Stream(texts("a", "b", "c"))
    answer = reply()
    events = chat_events(stream.read(), answer)
    await anext(events)
    await events.aclose()
    assert stream.closed
    assert answer.usage.completion_tokens == 1


async def test_an_error_after_the_first_delta_passes_through() -> None:
    stream = Stream([*texts("a", reason=None), EngineDied("gone")])
    events = chat_events(stream.read(), reply())
    await anext(events)
    with pytest.raises(EngineDied):
        await anext(events)
