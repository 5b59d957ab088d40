from __future__ import annotations

from typing import Any

import pytest
from tests.stand_in_engine import stand_in_card

from jobai_server.engines.protocol import Conversation
from jobai_server.errors import ContextTooLong, InvalidRequest
from jobai_server.openai_format.chat_request import (
    ChatCompletionRequest,
    chat_sampling,
)
from jobai_server.openai_format.request_model import parse_request

HELLO = [{"role": "user", "content": "hi"}]


def chat(**fields: Any) -> ChatCompletionRequest:
    return parse_request(ChatCompletionRequest, {"messages": HELLO} | fields)


def refused(**fields: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        chat(**fields)
    return caught.value


def test_sampling_carries_every_field() -> None:
    body = chat(
        temperature=0, top_p=0.5, n=2, stop=["a", "b"], seed=7, presence_penalty=1, frequency_penalty=-1,
        logit_bias={"5": -100, "6": 2.5}, max_tokens=9, logprobs=True, top_logprobs=3,
    )  # fmt: skip
    sampling = chat_sampling(body, stand_in_card(), 10)
    assert (sampling.temperature, sampling.top_p, sampling.n, sampling.stop) == (0, 0.5, 2, ("a", "b"))
    assert (sampling.seed, sampling.presence_penalty, sampling.frequency_penalty) == (7, 1, -1)
    assert (sampling.logit_bias, sampling.max_tokens, sampling.logprobs) == ({5: -100, 6: 2.5}, 9, 3)


@pytest.mark.parametrize(
    ("default", "prompt_tokens", "expected"), [(256, 10, 256), (None, 10, 4086), (256, 4000, 96), (256, 4095, 1)]
)
def test_the_default_length_fits_the_context(default: int | None, prompt_tokens: int, expected: int) -> None:
    card = stand_in_card(default_max_tokens=default)
    assert chat_sampling(chat(), card, prompt_tokens).max_tokens == expected


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_lengths_beyond_the_context_are_refused(field: str) -> None:
    card = stand_in_card()
    assert chat_sampling(chat(**{field: 4086}), card, 10).max_tokens == 4086
    with pytest.raises(ContextTooLong, match="4097 were requested") as caught:
        chat_sampling(chat(**{field: 4087}), card, 10)
    assert caught.value.param == field
    with pytest.raises(InvalidRequest) as above:
        chat_sampling(chat(**{field: 4097}), card, 10)
    assert (above.value.param, above.value.code) == (field, "integer_above_max_value")
    with pytest.raises(ContextTooLong) as prompt:
        chat_sampling(chat(), card, 4096)
    assert prompt.value.param == "messages"


def test_characters_of_a_conversation_are_those_of_all_its_texts() -> None:
    assert Conversation([{"content": "ab", "tool_calls": [{"arguments": {"cd": ["ef", 1, None]}}]}]).characters == len(
        "contentabtool_callsargumentscdef"
    )


@pytest.mark.parametrize(("model", "code"), [("m" * 257, "string_above_max_length"), ({"a": 1}, "invalid_type")])
def test_model_names_are_short_strings(model: object, code: str) -> None:
    assert (refused(model=model).param, refused(model=model).code) == ("model", code)
    assert chat(model="").model == ""


def test_two_different_lengths_are_refused() -> None:
    assert chat(max_tokens=5, max_completion_tokens=5)
    assert refused(max_tokens=5, max_completion_tokens=6).param == "max_tokens"


def test_dependent_fields() -> None:
    assert refused(top_logprobs=1).param == "top_logprobs"
    assert refused(logprobs=True, top_logprobs=21).param == "top_logprobs"
    assert refused(stream_options={"include_usage": True}).param == "stream_options"
    assert refused(stream=True, stream_options={"x": 1}).param == "stream_options.x"
    assert chat(stream=True, stream_options={"include_usage": True}).include_usage


@pytest.mark.parametrize(
    ("value", "param", "code"),
    [
        ({"type": "xml"}, "response_format.type", "invalid_value"),
        ({}, "response_format.type", "missing_required_parameter"),
        ("json_object", "response_format", "invalid_type"),
        ({"type": "json_schema"}, "response_format.json_schema", "missing_required_parameter"),
        ({"type": "json_schema", "json_schema": {"name": "a b"}}, "response_format.json_schema.name", "invalid_value"),
        ({"type": "json_schema", "json_schema": {"name": "a", "schema": []}}, "response_format.json_schema.schema",
         "invalid_type"),
    ],
)  # fmt: skip
def test_bad_response_formats(value: object, param: str, code: str) -> None:
    error = refused(response_format=value)
    assert (error.param, error.code) == (param, code)


def test_response_formats_shape_the_answer() -> None:
    def shape(response_format: object) -> Any:
        return chat_sampling(chat(response_format=response_format), stand_in_card(), 1).json_shape

    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert shape({"type": "text"}) is None
    assert shape({"type": "json_object"}).schema is None
    assert shape({"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}).schema == schema
    with pytest.raises(InvalidRequest) as caught:
        shape({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "x"}}})
    assert (caught.value.param, caught.value.code) == ("response_format", "invalid_json_schema")
