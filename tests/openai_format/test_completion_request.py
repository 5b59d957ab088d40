from __future__ import annotations

from typing import Any

import pytest
from tests.stand_in_engine import stand_in_card

from jobai_server.errors import ContextTooLong, InvalidRequest
from jobai_server.openai_format.completion_request import (
    CompletionRequest,
    completion_sampling,
    system_conversation,
)
from jobai_server.openai_format.request_model import parse_request
from jobai_server.openai_format.sampling import check_context


def completion(**fields: Any) -> CompletionRequest:
    return parse_request(CompletionRequest, {"prompt": "hi"} | fields)


@pytest.mark.parametrize(
    ("prompt", "count"),
    [("a", 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1], [2, 3]], 2), (["a"] * 64, 64), ([2**31 - 1], 1)],
)
def test_forms_of_prompts(prompt: object, count: int) -> None:
    assert len(completion(prompt=prompt).prompts) == count


def test_prompts_know_their_place() -> None:
    assert [one.param for one in completion(prompt=["a", "b"]).prompts] == ["prompt[0]", "prompt[1]"]
    assert completion(prompt=[[1], [2, 3]]).prompts[1].token_ids == [2, 3]
    assert completion(prompt=[7, 8]).prompts[0].token_ids == [7, 8]


@pytest.mark.parametrize(
    ("prompt", "param", "code"),
    [
        ("", "prompt", "empty_string"),
        ([], "prompt", "empty_array"),
        ([""], "prompt[0]", "empty_string"),
        ([[]], "prompt[0]", "empty_array"),
        (["a", ""], "prompt[1]", "empty_string"),
        ([1, "a"], "prompt[1]", "invalid_type"),
        (["a", 1], "prompt[1]", "invalid_type"),
        ([None], "prompt[0]", "invalid_type"),
        ([True], "prompt[0]", "invalid_type"),
        ([1.5], "prompt[0]", "invalid_type"),
        ([-1], "prompt[0]", "integer_below_min_value"),
        ([2**31], "prompt[0]", "integer_above_max_value"),
        ([[2**70]], "prompt[0][0]", "integer_above_max_value"),
        (None, "prompt", "invalid_type"),
        (5, "prompt", "invalid_type"),
        ({"a": 1}, "prompt", "invalid_type"),
        (["a"] * 65, "prompt", "array_above_max_length"),
        (["a"] * 100_000, "prompt", "array_above_max_length"),
        ([[1]] * 65, "prompt", "array_above_max_length"),
    ],
)
def test_bad_prompts_are_named(prompt: object, param: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        completion(prompt=prompt)
    assert (caught.value.param, caught.value.code) == (param, code)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"echo": True}, "echo"),
        ({"best_of": 3}, "best_of"),
        ({"best_of": 100_000}, "best_of"),
        ({"best_of": 2, "n": 3}, "best_of"),
        ({"suffix": "x"}, "suffix"),
        ({"logprobs": 6}, "logprobs"),
        ({"logprobs": -1}, "logprobs"),
        ({"logprobs": True}, "logprobs"),
        ({"prompt": [1], "system_message": "s"}, "system_message"),
        ({"prompt": ["a"] * 33, "n": 2}, "prompt"),
        ({"system_message": 5}, "system_message"),
        ({"use_beam_search": True}, "use_beam_search"),
    ],
)
def test_what_is_not_supported_is_refused(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        completion(**fields)
    assert caught.value.param == param


@pytest.mark.parametrize(
    "fields",
    [{"echo": False}, {"best_of": 1}, {"best_of": 3, "n": 3}, {"suffix": ""}, {"prompt": ["a"] * 32, "n": 2}]
    + [{field: None} for field in CompletionRequest.model_fields if field != "prompt"],
)
def test_what_changes_nothing_is_accepted(fields: dict[str, Any]) -> None:
    assert completion(**fields)


def test_lengths() -> None:
    card = stand_in_card()
    assert completion_sampling(completion(), card, 10, "prompt").max_tokens == 16
    assert completion_sampling(completion(), card, 4090, "prompt").max_tokens == 6
    assert completion_sampling(completion(system_message="s"), card, 10, "prompt").max_tokens == 256
    with pytest.raises(ContextTooLong) as caught:
        completion_sampling(completion(), card, 4096, "prompt[1]")
    assert caught.value.param == "prompt[1]"


def test_system_message_makes_a_conversation() -> None:
    raw = completion(prompt="p")
    assert system_conversation(raw, raw.prompts[0]) is None
    body = completion(prompt="p", system_message="s")
    conversation = system_conversation(body, body.prompts[0])
    assert conversation is not None
    assert list(conversation.messages) == [{"role": "system", "content": "s"}, {"role": "user", "content": "p"}]


def test_texts_that_cannot_fit_are_refused_unencoded() -> None:
    card = stand_in_card(context_length=10, longest_token=10)
    check_context(card, 100, "messages")
    with pytest.raises(ContextTooLong):
        check_context(card, 101, "messages")
