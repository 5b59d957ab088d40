from __future__ import annotations

import json
from typing import Any

import pytest
from tests.stand_in_engine import stand_in_card

from jobai_server.errors import ContextTooLong, InvalidRequest
from jobai_server.openai_format.chat_request import ChatCompletionRequest, chat_sampling, to_conversation
from jobai_server.openai_format.request_model import parse_request

HELLO = [{"role": "user", "content": "hi"}]
HUGE = (2**31 - 1, 2**63, 2**70)


def chat(**fields: Any) -> ChatCompletionRequest:
    return parse_request(ChatCompletionRequest, {"messages": HELLO} | fields)


def refused(**fields: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        chat(**fields)
    return caught.value


BOUNDS: list[tuple[str, float, float, list[float]]] = [
    ("max_tokens", 1, 16 * 1024 * 1024, [-1, 0, 16 * 1024 * 1024 + 1, *HUGE]),
    ("max_completion_tokens", 1, 16 * 1024 * 1024, [-1, 0, *HUGE]),
    ("n", 1, 8, [-1, 0, 9, 1_000_000, *HUGE]),
    ("seed", -(2**63), 2**63 - 1, [-(2**63) - 1, 2**63, 2**64 - 1, 2**70]),
    ("temperature", 0, 2, [-1, -0.01, 2.01, 3, *HUGE, float("nan"), float("inf")]),
    ("top_p", 0.01, 1, [-1, 0, 1.01, *HUGE, float("nan")]),
    ("presence_penalty", -2, 2, [-2.1, 2.1, *HUGE]),
    ("frequency_penalty", -2, 2, [-2.1, 2.1, *HUGE]),
]


@pytest.mark.parametrize(("field", "lowest", "highest", "_beyond"), BOUNDS)
def test_bounds_are_inclusive(field: str, lowest: float, highest: float, _beyond: list[float]) -> None:
    assert getattr(chat(**{field: lowest}), field) == lowest
    assert getattr(chat(**{field: highest}), field) == highest
    assert getattr(chat(**{field: None}), field) is None


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, _lowest, _highest, beyond in BOUNDS for value in beyond]
)
def test_values_beyond_bounds_are_refused(field: str, value: float) -> None:
    error = refused(**{field: value})
    assert error.param == field
    assert error.code is not None
    assert error.code.endswith(("_above_max_value", "_below_min_value", "invalid_type"))


@pytest.mark.parametrize("field", ["max_tokens", "n", "seed", "top_logprobs"])
@pytest.mark.parametrize("value", ["10", True, 1.5, 1.0, float("nan"), [1], {"a": 1}])
def test_integers_are_not_coerced(field: str, value: object) -> None:
    error = refused(**{field: value})
    assert (error.param, error.code) == (field, "invalid_type")
    assert "expected an integer" in error.message


@pytest.mark.parametrize("field", ["stream", "logprobs", "parallel_tool_calls", "store"])
@pytest.mark.parametrize("value", [1, 0, "true", "yes"])
def test_booleans_are_not_coerced(field: str, value: object) -> None:
    assert refused(**{field: value}).code == "invalid_type"


@pytest.mark.parametrize(
    "field",
    sorted(set(ChatCompletionRequest.model_fields) - {"messages"}),
)
def test_null_means_not_given(field: str) -> None:
    assert getattr(chat(**{field: None}), field) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"user": "u"},
        {"metadata": {"a": "b"}},
        {"store": True},
        {"service_tier": "auto"},
        {"safety_identifier": "x"},
        {"prompt_cache_key": "x"},
        {"prompt_cache_retention": "24h"},
        {"stream": True, "stream_options": {"include_obfuscation": False}},
    ],
)
def test_harmless_fields_are_accepted(fields: dict[str, Any]) -> None:
    assert chat(**fields)


ENGINE_FIELDS = (
    "priority cache_salt kv_transfer_params vllm_xargs request_id chat_template chat_template_kwargs api_base "
    "structured_outputs guided_regex stop_token_ids min_tokens allowed_token_ids bad_words use_beam_search "
    "prompt_logprobs functions function_call top_k model_config messages_ schema_ prompt_embeds "
)


@pytest.mark.parametrize("field", ENGINE_FIELDS.split())
def test_engine_fields_are_refused_by_name(field: str) -> None:
    error = refused(**{field: 1})
    assert (error.param, error.code) == (field, "unknown_parameter")


def test_a_misspelt_field_is_told_apart_from_a_missing_one() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(ChatCompletionRequest, {"mesages": HELLO})
    assert caught.value.message == "Unknown parameter: 'mesages'. Did you mean 'messages'?"


@pytest.mark.parametrize(
    ("stop", "param", "code"),
    [
        (["x"] * 5, "stop", "array_above_max_length"),
        (["x"] * 500_000, "stop", "array_above_max_length"),
        ("", "stop", "empty_string"),
        ([""], "stop[0]", "empty_string"),
        ("x" * 257, "stop", "string_above_max_length"),
        ([1], "stop[0]", "invalid_type"),
        (5, "stop", "invalid_type"),
    ],
)
def test_stop_is_bounded(stop: object, param: str, code: str) -> None:
    error = refused(stop=stop)
    assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize(
    "bias",
    [
        {str(i): 1 for i in range(301)},
        {"x": 1},
        {"-1": 1},
        {"1.5": 1},
        {"5": 101},
        {"5": -101},
        {"5": "1"},
        {"5": None},
        {"99999999": 1},
        [1],
    ],
)
def test_logit_bias_is_bounded(bias: object) -> None:
    param = refused(logit_bias=bias).param
    assert param is not None
    assert param.startswith("logit_bias")


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
    ("message", "param", "code"),
    [
        ({"role": "usr", "content": "x"}, "messages[1].role", "invalid_value"),
        ({"role": "function", "name": "f", "content": "x"}, "messages[1].role", "invalid_value"),
        ({"content": "x"}, "messages[1].role", "missing_required_parameter"),
        ({"role": None, "content": "x"}, "messages[1].role", "invalid_value"),
        ({"role": ["user"], "content": "x"}, "messages[1].role", "invalid_value"),
        (5, "messages[1]", "invalid_type"),
        (None, "messages[1]", "invalid_type"),
        ({"role": "user"}, "messages[1].content", "missing_required_parameter"),
        ({"role": "user", "content": None}, "messages[1].content", "invalid_type"),
        ({"role": "user", "content": 5}, "messages[1].content", "invalid_type"),
        ({"role": "user", "content": []}, "messages[1].content", "empty_array"),
        ({"role": "user", "content": "x", "name": "n" * 65}, "messages[1].name", "string_above_max_length"),
        ({"role": "user", "content": "x", "foo": 1}, "messages[1].foo", "unknown_parameter"),
        ({"role": "user", "content": [{"type": "text"}]}, "messages[1].content[0].text", "missing_required_parameter"),
        ({"role": "user", "content": ["x"]}, "messages[1].content[0]", "invalid_type"),
        ({"role": "tool", "content": "x"}, "messages[1].tool_call_id", "missing_required_parameter"),
        ({"role": "assistant"}, "messages[1].content", "missing_required_parameter"),
        ({"role": "assistant", "content": None, "tool_calls": []}, "messages[1].content", "missing_required_parameter"),
    ],
)
def test_bad_messages_are_named(message: object, param: str, code: str) -> None:
    error = refused(messages=[*HELLO, message])
    assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize("kind", ["image_url", "input_audio", "file", "video_url", "refusal"])
def test_only_text_parts(kind: str) -> None:
    part = {"type": kind, kind: {"url": "http://169.254.169.254/"}}
    error = refused(messages=[{"role": "user", "content": [{"type": "text", "text": "a"}, part]}])
    assert (error.param, error.code) == ("messages[0].content[1]", "unsupported_content_type")


def test_message_count_is_bounded() -> None:
    assert len(chat(messages=HELLO * 2048).messages) == 2048
    assert refused(messages=HELLO * 2049).code == "array_above_max_length"
    assert refused(messages=[]).code == "empty_array"
    assert refused(messages="hi").code == "invalid_type"


def call(arguments: str) -> dict[str, Any]:
    function = {"name": "f", "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }


@pytest.mark.parametrize(
    "arguments",
    ["[1]", "1", "{", "nope", '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', '{"a": "\\u0000"}', "[" * 100_00,
     '{"a":' * 40 + "1" + "}" * 40],
)  # fmt: skip
def test_arguments_of_earlier_calls_must_be_sane_json_objects(arguments: str) -> None:
    error = refused(messages=[*HELLO, call(arguments)])
    assert error.param == "messages[1].tool_calls[0].function.arguments"


def test_the_conversation_is_what_templates_read() -> None:
    body = chat(
        messages=[
            {"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "user", "content": "hi", "name": "ann"},
            call('{"x": 1}'),
            {"role": "tool", "content": "result", "tool_call_id": "c1"},
            call(""),
            {"role": "assistant", "content": None, "refusal": "no", "audio": None, "annotations": []},
        ]
    )
    messages = to_conversation(body).messages
    assert messages[0] == {"role": "system", "content": "a\nb"}
    assert messages[1] == {"role": "user", "content": "hi", "name": "ann"}
    assert messages[2]["content"] == ""
    assert messages[2]["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    ]
    assert messages[3] == {"role": "tool", "content": "result", "tool_call_id": "c1"}
    assert messages[4]["tool_calls"][0]["function"]["arguments"] == {}
    assert messages[5] == {"role": "assistant", "content": "no"}
    assert json.dumps(messages)


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
