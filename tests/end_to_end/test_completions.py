"""POST /v1/completions through the official client."""

from __future__ import annotations

import pytest
from openai import AsyncOpenAI, BadRequestError, OpenAI
from openai.types.completion_choice import Logprobs
from tests.end_to_end.vocabulary import MODEL, always, endless, tokenizer

pytestmark = pytest.mark.engine

SYSTEM = "You write about jobs."
PROMPT = "What does a nurse do?"


def test_a_prompt_is_continued_raw(client: OpenAI) -> None:
    answer = client.completions.create(model=MODEL, prompt=PROMPT, max_tokens=8, logit_bias=endless())
    assert answer.object == "text_completion"
    assert answer.id.startswith("cmpl-")
    assert answer.choices[0].text
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == len(tokenizer().encode(PROMPT).ids)
    assert answer.usage.completion_tokens == 8


def test_a_raw_completion_is_sixteen_tokens_long_by_default(client: OpenAI) -> None:
    answer = client.completions.create(model=MODEL, prompt=PROMPT, logit_bias=endless())
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 16


def test_a_system_message_makes_a_chat_of_the_prompt(client: OpenAI) -> None:
    completion = client.completions.create(
        model=MODEL, prompt=PROMPT, temperature=0, max_tokens=24, extra_body={"system_message": SYSTEM}
    )
    chat = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "system", "content": SYSTEM}, {"role": "user", "content": PROMPT}],
        temperature=0,
        max_tokens=24,
    )
    raw = client.completions.create(model=MODEL, prompt=PROMPT, max_tokens=1)
    assert completion.usage is not None
    assert chat.usage is not None
    assert raw.usage is not None
    assert completion.usage.prompt_tokens == chat.usage.prompt_tokens > raw.usage.prompt_tokens
    assert completion.choices[0].text == chat.choices[0].message.content


def test_every_prompt_gets_its_answers_in_order(client: OpenAI) -> None:
    prompts = ["The nurse", "A very much longer prompt about engineers and what they build"]
    together = client.completions.create(
        model=MODEL, prompt=prompts, n=2, max_tokens=4, logit_bias=always("job"), logprobs=1
    )
    assert [choice.index for choice in together.choices] == [0, 1, 2, 3]
    assert [choice.text for choice in together.choices] == ["job" * 4] * 4
    assert together.usage is not None
    assert together.usage.completion_tokens == 16
    assert together.usage.prompt_tokens == sum(len(tokenizer().encode(prompt).ids) for prompt in prompts)
    # How likely the word is after each prompt tells the prompts apart.
    first = [_first_logprob(choice.logprobs) for choice in together.choices]
    alone = [
        _first_logprob(
            client.completions.create(model=MODEL, prompt=prompt, max_tokens=1, logit_bias=always("job"), logprobs=1)
            .choices[0]
            .logprobs
        )
        for prompt in prompts
    ]
    assert first == pytest.approx([alone[0], alone[0], alone[1], alone[1]], abs=0.02)
    assert abs(alone[0] - alone[1]) > 0.05


def test_a_prompt_may_be_token_ids(client: OpenAI) -> None:
    ids = tokenizer().encode(PROMPT, add_special_tokens=False).ids
    answer = client.completions.create(model=MODEL, prompt=ids, max_tokens=1)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == len(ids)


def test_token_ids_may_not_be_control_tokens(client: OpenAI) -> None:
    control = tokenizer().token_to_id("<|eot_id|>")
    with pytest.raises(BadRequestError) as refused:
        client.completions.create(model=MODEL, prompt=[[297], [297, control]], max_tokens=1)
    assert refused.value.param == "prompt[1]"


def test_logprobs_come_as_parallel_lists(client: OpenAI) -> None:
    answer = client.completions.create(model=MODEL, prompt=PROMPT, max_tokens=3, logprobs=2, logit_bias=always("job"))
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.tokens == ["job"] * 3
    assert logprobs.text_offset == [0, 3, 6]
    assert logprobs.token_logprobs is not None
    assert logprobs.top_logprobs is not None
    for best, chosen in zip(logprobs.top_logprobs, logprobs.token_logprobs, strict=True):
        assert best["job"] == chosen
        assert 2 <= len(best) <= 3


def test_seed_and_stop_work_as_in_chats(client: OpenAI) -> None:
    def answer(seed: int) -> str:
        reply = client.completions.create(
            model=MODEL, prompt=PROMPT, seed=seed, temperature=2, max_tokens=12, logit_bias=endless()
        )
        return reply.choices[0].text

    first = answer(3)
    assert answer(3) == first
    assert answer(4) != first
    stopped = client.completions.create(model=MODEL, prompt=PROMPT, stop="bj", logit_bias=always("job"))
    assert stopped.choices[0].text == "jo"
    assert stopped.choices[0].finish_reason == "stop"


def test_a_stream_of_several_prompts_keeps_them_apart(client: OpenAI) -> None:
    stream = client.completions.create(
        model=MODEL,
        prompt=["One", "Two"],
        max_tokens=4,
        logit_bias=always("job"),
        stream=True,
        stream_options={"include_usage": True},
    )
    *chunks, last = stream
    texts = ["", ""]
    reasons: list[str | None] = [None, None]
    for chunk in chunks:
        for choice in chunk.choices:
            assert reasons[choice.index] is None
            texts[choice.index] += choice.text
            reasons[choice.index] = choice.finish_reason
    assert texts == ["job" * 4] * 2
    assert reasons == ["length"] * 2
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == 8


async def test_the_asynchronous_client_gets_completions(async_client: AsyncOpenAI) -> None:
    answer = await async_client.completions.create(model=MODEL, prompt=PROMPT, max_tokens=4, logit_bias=always("job"))
    assert answer.choices[0].text == "job" * 4


def test_echo_is_refused_by_name(client: OpenAI) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.completions.create(model=MODEL, prompt=PROMPT, echo=True)
    assert refused.value.param == "echo"


def _first_logprob(logprobs: Logprobs | None) -> float:
    assert logprobs is not None
    assert logprobs.token_logprobs is not None
    return logprobs.token_logprobs[0]
