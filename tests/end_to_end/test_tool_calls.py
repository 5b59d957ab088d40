"""Tools: forced, forbidden and streamed calls. Which tool a model picks by itself is the model's affair."""

from __future__ import annotations

import json

import jsonschema
import pytest
from openai import BadRequestError, OpenAI
from openai.types.chat import (
    ChatCompletionFunctionToolParam,
    ChatCompletionMessageParam,
    ChatCompletionNamedToolChoiceParam,
)
from tests.end_to_end.vocabulary import MODEL, endless, never_blank

pytestmark = pytest.mark.engine

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Find jobs for a nurse in Lyon."}]
PARAMETERS: dict[str, object] = {
    "type": "object",
    "properties": {"city": {"enum": ["Lyon", "Bern"]}, "title": {"type": "string", "maxLength": 10}},
    "required": ["city", "title"],
    "additionalProperties": False,
}
TOOLS: list[ChatCompletionFunctionToolParam] = [
    {"type": "function", "function": {"name": "find_jobs", "description": "Find jobs.", "parameters": PARAMETERS}},
    {"type": "function", "function": {"name": "save_job", "parameters": PARAMETERS}},
]
FIND_JOBS: ChatCompletionNamedToolChoiceParam = {"type": "function", "function": {"name": "find_jobs"}}


def test_a_required_call_is_made_with_valid_arguments(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        tools=TOOLS,
        tool_choice="required",
        parallel_tool_calls=False,
        max_tokens=200,
        logit_bias=never_blank(),
    )
    [choice] = answer.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    [call] = choice.message.tool_calls or []
    assert call.type == "function"
    assert call.id
    assert call.function.name in {"find_jobs", "save_job"}
    jsonschema.validate(json.loads(call.function.arguments), PARAMETERS)


def test_a_named_tool_is_the_one_that_is_called(client: OpenAI) -> None:
    for tool in TOOLS:
        name = tool["function"]["name"]
        answer = client.chat.completions.create(
            model=MODEL,
            messages=MESSAGES,
            tools=TOOLS,
            tool_choice={"type": "function", "function": {"name": name}},
            max_tokens=100,
            logit_bias=never_blank(),
        )
        [call] = answer.choices[0].message.tool_calls or []
        assert call.type == "function"
        assert call.function.name == name
        jsonschema.validate(json.loads(call.function.arguments), PARAMETERS)


def test_no_call_is_made_where_the_choice_is_none(client: OpenAI) -> None:
    without_tools = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=1)
    answer = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, tools=TOOLS, tool_choice="none", max_tokens=16, logit_bias=endless()
    )
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert without_tools.usage is not None
    assert answer.usage.prompt_tokens == without_tools.usage.prompt_tokens


def test_tools_the_model_may_choose_are_in_its_prompt(client: OpenAI) -> None:
    without_tools = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=1)
    answer = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, tools=TOOLS, tool_choice="auto", max_tokens=16
    )
    assert answer.usage is not None
    assert without_tools.usage is not None
    assert answer.usage.prompt_tokens > without_tools.usage.prompt_tokens + 50
    message = answer.choices[0].message
    assert message.content or message.tool_calls


@pytest.mark.parametrize("choice", ["required", FIND_JOBS], ids=["required", "named"])
def test_the_pieces_of_a_streamed_call_form_valid_arguments(
    client: OpenAI, choice: ChatCompletionNamedToolChoiceParam
) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        tools=TOOLS,
        tool_choice=choice,
        parallel_tool_calls=False,
        max_tokens=200,
        logit_bias=never_blank(),
        stream=True,
    )
    choices = [chunk.choices[0] for chunk in stream]
    pieces = [piece for choice in choices for piece in choice.delta.tool_calls or []]
    assert {piece.index for piece in pieces} == {0}
    assert [bool(piece.id) for piece in pieces] == [True] + [False] * (len(pieces) - 1)
    functions = [piece.function for piece in pieces if piece.function]
    assert [function.name for function in functions if function.name] in (["find_jobs"], ["save_job"])
    jsonschema.validate(json.loads("".join(function.arguments or "" for function in functions)), PARAMETERS)
    assert not any(choice.delta.content for choice in choices)
    assert choices[-1].finish_reason == "tool_calls"


def test_calls_and_their_results_go_back_into_the_conversation(client: OpenAI) -> None:
    call_id = "call_1"
    conversation: list[ChatCompletionMessageParam] = [
        *MESSAGES,
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": call_id,
                    "type": "function",
                    "function": {"name": "find_jobs", "arguments": '{"city": "Lyon", "title": "nurse"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": call_id, "content": '["Nurse at the Hospital of Lyon"]'},
    ]
    answer = client.chat.completions.create(model=MODEL, messages=conversation, tools=TOOLS, max_tokens=4)
    assert answer.usage is not None
    before = client.chat.completions.create(model=MODEL, messages=MESSAGES, tools=TOOLS, max_tokens=1)
    assert before.usage is not None
    assert answer.usage.prompt_tokens > before.usage.prompt_tokens + 20


def test_a_tool_that_is_not_offered_cannot_be_chosen(client: OpenAI) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.chat.completions.create(
            model=MODEL,
            messages=MESSAGES,
            tools=TOOLS,
            tool_choice={"type": "function", "function": {"name": "delete_job"}},
        )
    assert refused.value.param == "tool_choice"
