"""POST /v1/chat/completions, whole answers, through the official client."""

from __future__ import annotations

import asyncio

import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionTokenLogprob
from tests.end_to_end.vocabulary import MODEL, always, endless, token_id

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


def test_several_answers_at_temperature_zero_are_the_same(client: OpenAI) -> None:
    # A sure answer: where two tokens are almost as likely, rounding in a batch of another size may choose the other.
    question: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": 'Extract the job title from: "Senior Software Engineer at Google"'}
    ]
    one = client.chat.completions.create(model=MODEL, messages=question, temperature=0)
    several = client.chat.completions.create(model=MODEL, messages=question, n=3, temperature=0)
    assert {choice.message.content for choice in several.choices} == {one.choices[0].message.content}


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


def test_a_frequency_penalty_adds_up_until_another_token_wins(client: OpenAI) -> None:
    def answer(penalty: float) -> str | None:
        wish = {str(token_id("job")): 40} | endless()
        reply = client.chat.completions.create(
            model=MODEL, messages=MESSAGES, temperature=0, max_tokens=48, frequency_penalty=penalty, logit_bias=wish
        )
        return reply.choices[0].message.content

    assert answer(0) == "job" * 48
    assert answer(2) != "job" * 48


def test_a_presence_penalty_changes_what_is_said_again(client: OpenAI) -> None:
    def answer(penalty: float) -> str | None:
        reply = client.chat.completions.create(
            model=MODEL,
            messages=MESSAGES,
            temperature=0,
            max_tokens=384,
            presence_penalty=penalty,
            logit_bias=endless(),
        )
        return reply.choices[0].message.content

    assert answer(2) != answer(0)


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
