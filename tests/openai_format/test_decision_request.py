"""Requests for decisions: what the official client can send is understood, all else is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.decision_content import text_of
from jobai_server.openai_format.decision_input import transcript
from jobai_server.openai_format.decision_request import DecisionRequest
from jobai_server.openai_format.request_model import parse_request

PREDICATE = {"type": "predicate", "instructions": "It rains."}
CHOICE = {"type": "choice", "instructions": "Which?", "choices": [{"value": "a"}, {"value": "b", "description": "B"}]}
SCORE = {"type": "score", "instructions": "How much?", "levels": [{"label": "low"}, {"label": "high"}]}
CALL = {"type": "function_call", "call_id": "1", "name": "look", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "1", "output": "a door"}


def parsed(**changes: Any) -> DecisionRequest:
    return parse_request(DecisionRequest, {"input": "text", "questions": [PREDICATE]} | changes)


def refused(**changes: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        transcript(parsed(**changes).input)
    return caught.value


def test_everything_the_client_can_send_is_understood() -> None:
    body = parsed(
        input=[
            {"role": "system", "content": "Be strict."},
            {"role": "developer", "content": [{"type": "input_text", "text": "Really."}], "type": "message"},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look", "prompt_cache_breakpoint": {"mode": "explicit"}},
                    {"type": "input_json", "data": {"a": [1, None, {"b": "é"}]}},
                ],
            },
            {"role": "assistant", "content": [{"type": "output_text", "text": "I do"}], "phase": "commentary"},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            {**CALL, "id": "x", "namespace": "eyes", "status": "completed"},
            {**OUTPUT, "output": [{"type": "input_text", "text": "a door"}]},
            {"type": "custom_tool_call", "call_id": "2", "name": "run", "input": "go"},
            {"type": "custom_tool_call_output", "call_id": "2", "output": "gone"},
        ],
        questions=[PREDICATE | {"name": "rain"}, CHOICE, SCORE],
        model="m",
        prompt_cache_key="k",
        prompt_cache_options={"mode": "implicit", "ttl": "30m"},
        safety_identifier="s",
    )
    assert transcript(body.input) == "\n\n".join(
        [
            "system: Be strict.",
            "developer: Really.",
            'user: Look\n{"a":[1,null,{"b":"é"}]}',
            "assistant: I do",
            "assistant: No.",
            "call of eyes.look: {}",
            "output of the call: a door",
            "call of run: go",
            "output of the call: gone",
        ]
    )
    assert [question.type for question in body.questions] == ["predicate", "choice", "score"]


def test_a_lone_user_message_is_its_text() -> None:
    assert transcript(parsed(input=[{"role": "user", "content": "text"}]).input) == "text"
    assert transcript(parsed(input=[]).input) == ""
    assert transcript(parsed(input="").input) == ""
    assert text_of(parsed(questions=[PREDICATE | {"instructions": []}]).questions[0].instructions) == ""


def test_limits_are_those_of_the_client() -> None:
    parsed(questions=[PREDICATE] * 400)
    parsed(questions=[CHOICE | {"choices": [{"value": str(number)} for number in range(255)]}])
    parsed(questions=[CHOICE | {"choices": [{"value": True}, {"value": "true"}, {"value": False}]}])
    parsed(questions=[SCORE | {"levels": [{"label": "same"}] * 10}])
    parsed(input=[{"role": "user", "content": [{"type": "input_json", "data": _nested(32)}]}])


def _nested(levels: int) -> dict[str, Any]:
    return {"a": _nested(levels - 1)} if levels > 1 else {}


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"input": None}, "input"),
        ({"input": [1]}, "input[0]"),
        ({"input": [{"role": "tool", "content": ""}]}, "input[0].role"),
        ({"input": [{"content": ""}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": "", "type": "other"}]}, "input[0].type"),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": ""}]}]},
            "input[0].content[0].type",
        ),
        ({"input": [{"role": "user", "content": [{"type": "output_text", "text": ""}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_json", "data": "a"}]}]}, "input[0].content[0].data"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_json", "data": [1]}]}]},
            "input[0].content[0].data[0]",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_json", "data": _nested(33)}]}]},
            "input[0].content[0].data",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_json", "data": {"a": [0] * 10_000}}]}]},
            "input[0].content[0].data",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_json", "data": {"a": "x" * 262_144}}]}]},
            "input[0].content[0].data",
        ),
        ({"input": [OUTPUT]}, "input[0].call_id"),
        ({"input": [OUTPUT, CALL]}, "input[0].call_id"),
        ({"input": [CALL, OUTPUT | {"type": "custom_tool_call_output"}]}, "input[1].call_id"),
        ({"questions": []}, "questions"),
        ({"questions": [PREDICATE] * 401}, "questions"),
        ({"questions": [{"type": "predicate"}]}, "questions[0].instructions"),
        ({"questions": [{"type": "noul", "instructions": ""}]}, "questions[0].type"),
        ({"questions": [{"instructions": ""}]}, "questions[0].type"),
        ({"questions": [PREDICATE | {"choices": []}]}, "questions[0].choices"),
        ({"questions": [CHOICE | {"choices": [{"value": "a"}]}]}, "questions[0].choices"),
        ({"questions": [CHOICE | {"choices": [{"value": str(n)} for n in range(256)]}]}, "questions[0].choices"),
        ({"questions": [CHOICE | {"choices": [{"value": "a"}, {"value": 1}]}]}, "questions[0].choices[1].value"),
        ({"questions": [CHOICE | {"choices": [{"value": True}, {"value": True}]}]}, "questions[0].choices[1].value"),
        ({"questions": [SCORE | {"levels": [{"label": "one"}]}]}, "questions[0].levels"),
        ({"questions": [SCORE | {"levels": [{"label": str(n)} for n in range(11)]}]}, "questions[0].levels"),
        ({"prompt_cache_options": {"ttl": "1h"}}, "prompt_cache_options.ttl"),
        ({"safety_identifier": "x" * 129}, "safety_identifier"),
        ({"stream": True}, "stream"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], param: str) -> None:
    assert refused(**changes).param == param


def test_images_are_refused_with_a_reason() -> None:
    image = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
    error = refused(input=[{"role": "user", "content": [image]}])
    assert (error.param, error.code) == ("input[0].content[0].type", "unsupported_content_type")
    error = refused(questions=[PREDICATE | {"instructions": [image]}])
    assert (error.param, error.code) == ("questions[0].instructions[0].type", "unsupported_content_type")
