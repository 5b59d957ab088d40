"""Bad requests get the official client's error classes, and are told which field is at fault."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from openai import BadRequestError, OpenAI
from tests.end_to_end.vocabulary import MODEL

pytestmark = pytest.mark.engine

USER = {"role": "user", "content": "Hello"}
CHAT: dict[str, Any] = {"messages": [USER]}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"temperature": 2.5}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"n": 0}, "n"),
        ({"n": True}, "n"),
        ({"n": 1.5}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 10**30}, "max_tokens"),
        ({"max_tokens": 100_000}, "max_tokens"),
        ({"stop": [""]}, "stop[0]"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"seed": 2**63}, "seed"),
        ({"presence_penalty": -3}, "presence_penalty"),
        ({"logit_bias": {"job": 1}}, "logit_bias"),
        ({"logit_bias": {"9999999": 1}}, "logit_bias"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"temprature": 1}, "temprature"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [USER, {"role": "robot", "content": ""}]}, "messages[1].role"),
        ({"messages": [{**USER, "colour": "red"}]}, "messages[0].colour"),
    ],
    ids=str,
)
def test_a_bad_chat_is_told_its_field(client: OpenAI, body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(model=MODEL, messages=[], extra_body=CHAT | body)
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"
    assert refused.value.code


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"prompt": 5}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": "Hello", "logprobs": 6}, "logprobs"),
        ({"prompt": "Hello", "suffix": "bye"}, "suffix"),
        ({"prompt": "Hello", "messages": []}, "messages"),
        ({"prompt": [1, 2], "system_message": "You are kind."}, "system_message"),
    ],
    ids=str,
)
def test_a_bad_completion_is_told_its_field(client: OpenAI, body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.completions.create(model=MODEL, prompt="", extra_body=body)
    assert refused.value.param == param


def test_a_missing_field_is_named(http: httpx2.Client) -> None:
    for path, param in (("/v1/chat/completions", "messages"), ("/v1/completions", "prompt")):
        reply = http.post(path, json={"model": MODEL})
        assert reply.status_code == 400
        assert reply.json()["error"]["param"] == param


def test_a_conversation_that_does_not_fit_is_too_long(client: OpenAI) -> None:
    for length in (5_000, 500_000):
        with pytest.raises(BadRequestError) as refused:
            client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "job " * length}])
        assert refused.value.code == "context_length_exceeded"
        assert refused.value.param == "messages"


def test_a_prompt_that_does_not_fit_is_too_long(client: OpenAI) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.completions.create(model=MODEL, prompt=["fits", "job " * 5_000])
    assert refused.value.code == "context_length_exceeded"
    assert refused.value.param == "prompt[1]"


def test_harmless_fields_of_openai_are_accepted(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Hello"}],
        max_tokens=1,
        user="someone",
        store=False,
        metadata={"purpose": "test"},
        service_tier="auto",
    )
    assert answer.choices
