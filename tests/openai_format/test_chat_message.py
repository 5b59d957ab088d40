from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import (
    ChatCompletionMessage,
    ParsedChatCompletionMessage,
    ParsedFunction,
    ParsedFunctionToolCall,
)

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.chat_request import (
    ChatCompletionRequest,
    to_conversation,
)
from jobai_server.openai_format.request_model import parse_request

HELLO = [{"role": "user", "content": "hi"}]


def chat(**fields: Any) -> ChatCompletionRequest:
    return parse_request(ChatCompletionRequest, {"messages": HELLO} | fields)


def refused(**fields: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        chat(**fields)
    return caught.value


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


CALL = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}


def plain(answer: dict[str, Any]) -> Any:
    """An earlier answer as chat templates see it."""
    return to_conversation(chat(messages=[*HELLO, answer, *HELLO])).messages[1]


@pytest.mark.parametrize(
    "answer",
    [
        ParsedChatCompletionMessage[Any](role="assistant", content="hey", parsed={"a": 1}).model_dump(),
        ParsedChatCompletionMessage[Any](role="assistant", content="hey", parsed=None).model_dump(),
        ChatCompletionMessage(role="assistant", content="hey").model_dump(),
        {"role": "assistant", "content": "hey", "reasoning_content": "I think", "reasoning": None},
        {"role": "assistant", "content": "hey", "annotations": [{"type": "url_citation"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "hey"}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "hey"}]},
    ],
)
def test_answers_come_back_as_clients_keep_them(answer: dict[str, Any]) -> None:
    assert plain(answer) == {"role": "assistant", "content": "hey"}


def test_calls_come_back_as_clients_keep_them() -> None:
    parsed = ParsedFunctionToolCall(
        id="call_1",
        type="function",
        function=ParsedFunction(name="find", arguments="{}", parsed_arguments={"a": 1}),
    )
    answer = ParsedChatCompletionMessage[Any](role="assistant", content=None, tool_calls=[parsed])
    [call] = plain(answer.model_dump())["tool_calls"]
    assert call == plain({"role": "assistant", "tool_calls": [CALL]})["tool_calls"][0]
    assert plain({"role": "assistant", "tool_calls": [{"index": 0, **CALL}]})["tool_calls"] == [call]


def test_users_do_not_refuse() -> None:
    error = refused(messages=[{"role": "user", "content": [{"type": "refusal", "refusal": "x"}]}])
    assert error.code == "unsupported_content_type"
