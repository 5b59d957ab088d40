from __future__ import annotations

from typing import Any

import pytest

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format import request_model
from jobai_server.openai_format.chat_request import ChatCompletionRequest
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
        {"modalities": ["text"]},
        dict.fromkeys(request_model.NOT_OFFERED),
    ],
)
def test_harmless_fields_are_accepted(fields: dict[str, Any]) -> None:
    assert chat(**fields)


ENGINE_FIELDS = (
    "priority cache_salt kv_transfer_params vllm_xargs request_id chat_template chat_template_kwargs api_base "
    "structured_outputs guided_regex stop_token_ids min_tokens allowed_token_ids bad_words use_beam_search "
    "prompt_logprobs functions function_call top_k model_config messages_ schema_ prompt_embeds "
)


@pytest.mark.parametrize("field", [*ENGINE_FIELDS.split(), *sorted(request_model.NOT_OFFERED)])
def test_engine_fields_are_refused_by_name(field: str) -> None:
    error = refused(**{field: 1})
    assert (error.param, error.code) == (field, "unknown_parameter")


def test_a_field_that_nobody_knows_is_refused_without_a_value_as_well() -> None:
    assert refused(functionz=None).param == "functionz"
    assert refused(modalities=["text", "audio"]).param == "modalities"


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
