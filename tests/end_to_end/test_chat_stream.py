"""POST /v1/chat/completions as a stream."""

from __future__ import annotations

import json

import httpx2
import pytest
from openai import AsyncOpenAI, NotFoundError, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from tests.end_to_end.vocabulary import MODEL, always, endless

pytestmark = pytest.mark.engine

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What does a nurse do?"}]


def test_chunks_begin_with_the_role_carry_the_text_and_end_with_the_reason(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=5, logit_bias=always("job"), stream=True
    )
    chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert {chunk.model for chunk in chunks} == {MODEL}
    choices = [chunk.choices[0] for chunk in chunks]
    assert [choice.delta.role for choice in choices] == ["assistant"] + [None] * (len(choices) - 1)
    assert "".join(choice.delta.content or "" for choice in choices) == "job" * 5
    assert [choice.finish_reason for choice in choices] == [None] * (len(choices) - 1) + ["length"]
    assert all(chunk.usage is None for chunk in chunks)


def test_text_arrives_token_by_token(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=256, logit_bias=always("job"), stream=True
    )
    texts = [text for chunk in stream if (text := chunk.choices[0].delta.content)]
    # Steps may be put together where the reader is slower than the engine, but never all of them.
    assert "".join(texts) == "job" * 256
    assert len(texts) > 1


async def test_the_asynchronous_client_reads_the_same_stream(async_client: AsyncOpenAI) -> None:
    stream = await async_client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=5, logit_bias=always("job"), stream=True
    )
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "job" * 5


def test_usage_comes_last_where_it_is_asked_for(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        max_tokens=5,
        logit_bias=endless(),
        stream=True,
        stream_options={"include_usage": True},
    )
    *chunks, last = stream
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == 5
    assert last.usage.total_tokens == last.usage.prompt_tokens + 5


def test_the_clients_own_collector_puts_the_answer_together(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=MESSAGES, max_tokens=9, stop="jobjobjob", logit_bias=always("job"), n=2, logprobs=True
    ) as stream:
        answer = stream.get_final_completion()
    assert [choice.message.content for choice in answer.choices] == ["", ""]
    assert [choice.finish_reason for choice in answer.choices] == ["stop", "stop"]
    for choice in answer.choices:
        assert choice.logprobs is not None
        assert [token.token for token in choice.logprobs.content or []] == ["job"] * 3


def test_a_stop_text_never_shows_in_part(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=8, stop="bjobjo", logit_bias=always("job"), stream=True
    )
    choices = [chunk.choices[0] for chunk in stream]
    assert "".join(choice.delta.content or "" for choice in choices) == "jo"
    assert choices[-1].finish_reason == "stop"


def test_the_bytes_are_server_sent_events_that_end_with_done(http: httpx2.Client) -> None:
    body = {"messages": MESSAGES, "max_tokens": 3, "stream": True}
    reply = http.post("/v1/chat/completions", json=body)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"
    *events, done, rest = reply.text.split("\n\n")
    assert events
    assert done == "data: [DONE]"
    assert rest == ""
    for event in events:
        assert event.startswith("data: ")
        assert json.loads(event.removeprefix("data: "))["choices"][0]["index"] == 0


def test_an_error_before_the_first_token_has_its_own_status(client: OpenAI) -> None:
    with pytest.raises(NotFoundError):
        client.chat.completions.create(model="no-such-model", messages=MESSAGES, stream=True)
