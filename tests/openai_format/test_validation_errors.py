from __future__ import annotations

import time

import pytest

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.chat_request import ChatCompletionRequest
from jobai_server.openai_format.request_model import parse_request
from jobai_server.openai_format.validation_errors import parameter_path, shown

HELLO = [{"role": "user", "content": "hi"}]


def refused(data: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(ChatCompletionRequest, data)
    return caught.value


@pytest.mark.parametrize("data", [None, 5, "x", [HELLO], True])
def test_the_body_must_be_an_object(data: object) -> None:
    assert refused(data).code == "invalid_type"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_tokens": "10"}, "Invalid type for 'max_tokens': expected an integer, but got a string instead."),
        ({"n": 9}, "Invalid 'n': integer above maximum value. Expected a value <= 8, but got 9 instead."),
        ({"temperature": 3}, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2.0, but got 3 "
                             "instead."),
        ({"stop": ["a"] * 5}, "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an "
                              "array with length 5 instead."),
        ({"tempratur": 1}, "Unknown parameter: 'tempratur'. Did you mean 'temperature'?"),
        ({"tool_choice": "maybe"}, "Invalid value for 'tool_choice': 'maybe'. Supported values are: 'none', 'auto' or "
                                   "'required'."),
    ],
)  # fmt: skip
def test_messages_read_like_openai(fields: dict[str, object], message: str) -> None:
    assert refused({"messages": HELLO} | fields).message == message


@pytest.mark.parametrize(
    "data",
    [
        {"messages": HELLO, "x" * 5_000_000: 1},
        {"messages": HELLO, "tool_choice": "y" * 5_000_000},
        {"messages": [{"role": "z" * 5_000_000}]},
        {"messages": HELLO, "max_tokens": "9" * 5_000_000},
        {"messages": HELLO, "n": 10**5000},
        {"messages": HELLO, "\ud800": 1},
        {"messages": [{"role": "\ud800\x1b[31m\n"}]},
        {"messages": HELLO, "logit_bias": {"k" * 100_000: 1}},
        {"messages": HELLO, "metadata": {"k" * 100_000: "v"}},
        {"messages": HELLO, "metadata": {"k": 5}},
        {"messages": HELLO, "tools": [{"type": "function", "function": {"name": "{0}" * 1000}}]},
        {"messages": HELLO, "response_format": {"type": "{type}"}},
    ],
)
def test_what_the_caller_sent_is_not_echoed_at_length(data: object) -> None:
    error = refused(data)
    assert len(error.message) < 400
    assert len(error.param or "") < 200
    assert (error.message + (error.param or "")).encode().decode().isprintable()


@pytest.mark.parametrize(
    "data",
    [
        {"messages": HELLO} | {f"k{i}": 1 for i in range(300_000)},
        {"messages": list(range(500_000))},
        {"messages": [{"role": "user", "content": list(range(500_000))}]},
        {"messages": [{"role": "user", "content": "x"} | {f"k{i}": 1 for i in range(200_000)}]},
        {"messages": HELLO, "metadata": {f"k{i}": 1 for i in range(200_000)}},
        {"messages": HELLO, "stop": list(range(500_000))},
        {"messages": HELLO, "tools": list(range(500_000))},
    ],
)
def test_floods_of_mistakes_are_refused_quickly(data: object) -> None:
    start = time.process_time()
    refused(data)
    assert time.process_time() - start < 1


def test_paths() -> None:
    assert parameter_path(("messages", 0, "=user", "content", "=list", 1, "text")) == "messages[0].content[1].text"
    assert parameter_path(()) == ""


def test_shown_values() -> None:
    assert shown("a" * 100) == "a" * 63 + "…"
    assert shown(2**70) == str(2**70)
    assert shown(2**200) == "a very large number"
