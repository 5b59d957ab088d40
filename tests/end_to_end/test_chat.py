"""POST /v1/chat/completions, whole answers, through the official client."""

from __future__ import annotations

import asyncio

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionTokenLogprob
from tests.end_to_end.vocabulary import MODEL, always, endless

pytestmark = pytest.mark.engine

MESSAGES: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "You write about jobs."},
    {"role": "user", "content": "Write a job description for a nurse."},
]


def test_a_chat_gets_one_answer_with_its_usage(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, temperature=0, max_tokens=8, logit_bias=endless()
    )
    assert answer.object == "chat.completion"
    assert answer.id.startswith("chatcmpl-")
    assert answer.model == MODEL
    assert answer.system_fingerprint
    assert [choice.index for choice in answer.choices] == [0]
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 8
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 8


def test_an_answer_that_ends_by_itself_stops(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=8, logit_bias=dict.fromkeys(list(endless())[:1], 100)
    )
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.content == ""
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 1


async def test_concurrent_chats_are_all_answered(async_client: AsyncOpenAI) -> None:
    lengths = range(1, 17)
    answers = await asyncio.gather(
        *(
            async_client.chat.completions.create(
                model=MODEL, messages=MESSAGES, max_tokens=length, logit_bias=endless()
            )
            for length in lengths
        )
    )
    assert [answer.usage and answer.usage.completion_tokens for answer in answers] == list(lengths)
    assert len({answer.id for answer in answers}) == len(lengths)


def test_n_gives_that_many_different_answers(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, n=3, temperature=2, seed=1, max_tokens=16, logit_bias=endless()
    )
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in answer.choices}) == 3
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 48


def test_equal_seeds_give_equal_answers_and_others_do_not(client: OpenAI) -> None:
    def answer(seed: int) -> str | None:
        reply = client.chat.completions.create(
            model=MODEL, messages=MESSAGES, seed=seed, temperature=2, max_tokens=16, logit_bias=endless()
        )
        return reply.choices[0].message.content

    first = answer(7)
    assert answer(7) == first
    assert answer(8) != first


def test_a_stop_text_ends_the_answer_before_it(client: OpenAI) -> None:
    bias = always("job") | endless()
    answer = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=8, stop=["never", "bj"], logit_bias=bias
    )
    assert answer.choices[0].message.content == "jo"
    assert answer.choices[0].finish_reason == "stop"


def test_logit_bias_decides_the_token(client: OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=3, logit_bias=always("job"))
    assert answer.choices[0].message.content == "jobjobjob"


@pytest.mark.parametrize("penalty", ["frequency_penalty", "presence_penalty"])
def test_penalties_keep_the_model_from_repeating_itself(client: OpenAI, penalty: str) -> None:
    def repeats(value: float) -> int:
        tokens = _tokens(client, max_tokens=64, body={penalty: value})
        return len(tokens) - len({token.token for token in tokens})

    # The wish to say one word, which the penalty has to overcome.
    assert repeats(2) < repeats(0)


def test_logprobs_are_those_of_the_answers_tokens(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        temperature=0,
        max_tokens=8,
        logprobs=True,
        top_logprobs=3,
        logit_bias=always("job"),
    )
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert [token.token for token in logprobs.content] == ["job"] * 8
    for token in logprobs.content:
        assert bytes(token.bytes or []).decode() == token.token
        assert token.logprob <= 0
        best = [choice.logprob for choice in token.top_logprobs]
        assert len(best) >= 3
        assert best == sorted(best, reverse=True)


def test_without_top_logprobs_only_the_chosen_token_is_described(client: OpenAI) -> None:
    for token in _tokens(client, max_tokens=4, body={}):
        assert [choice.token for choice in token.top_logprobs] in ([], [token.token])


def test_without_logprobs_there_are_none(client: OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=1)
    assert answer.choices[0].logprobs is None


def test_max_completion_tokens_is_the_modern_name_of_max_tokens(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_completion_tokens=3, logit_bias=endless()
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 3


def test_content_parts_are_read_like_text(client: OpenAI) -> None:
    parts: list[ChatCompletionMessageParam] = [
        {"role": "developer", "content": "You write about jobs."},
        {"role": "user", "content": [{"type": "text", "text": "Write a job description for a nurse."}]},
    ]
    as_parts = client.chat.completions.create(model=MODEL, messages=parts, max_tokens=1)
    as_text = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=1)
    assert as_parts.usage is not None
    assert as_text.usage is not None
    assert as_parts.usage.prompt_tokens == as_text.usage.prompt_tokens


def _tokens(client: OpenAI, *, max_tokens: int, body: dict[str, object]) -> list[ChatCompletionTokenLogprob]:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        temperature=0,
        max_tokens=max_tokens,
        logprobs=True,
        logit_bias=endless(),
        extra_body=body,
    )
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    return logprobs.content or []
