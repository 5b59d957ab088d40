from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.stand_in_engine import stand_in_card

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.chat_request import ChatCompletionRequest, chat_sampling, to_conversation
from jobai_server.openai_format.request_model import parse_request

PLACE = {"type": "object", "properties": {"at": {"$ref": "#/$defs/P"}}, "required": ["at"], "$defs": {"P": {"type": "string"}}}  # fmt: skip  # noqa: E501
COUNT = {"type": "object", "properties": {"at": {"$ref": "#/$defs/P"}}, "$defs": {"P": {"type": "integer"}}}


def tool(name: str = "f", parameters: Any = None, **fields: Any) -> dict[str, Any]:
    function = {"name": name} | ({} if parameters is None else {"parameters": parameters}) | fields
    return {"type": "function", "function": function}


def chat(**fields: Any) -> ChatCompletionRequest:
    body = parse_request(ChatCompletionRequest, {"messages": [{"role": "user", "content": "x"}]} | fields)
    to_conversation(body)
    return body


def shape(**fields: Any) -> Any:
    return chat_sampling(chat(**fields), stand_in_card(), 1).json_shape


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"tools": [tool("a b")]}, "tools[0].function.name", "invalid_value"),
        ({"tools": [tool(), tool()]}, "tools[1].function.name", "duplicate_value"),
        ({"tools": [tool(str(i)) for i in range(129)]}, "tools", "array_above_max_length"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type", "invalid_value"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
        ({"tools": [tool(parameters=[])]}, "tools[0].function.parameters", "invalid_type"),
        ({"tools": [tool(parameters={"properties": {"a": {"pattern": "["}}})], "tool_choice": "required"},
         "tools[0].function.parameters", "invalid_json_schema"),
        ({"tools": [tool("a"), tool("b", {"$ref": "http://x"})], "tool_choice": tool("b")},
         "tools[1].function.parameters", "invalid_json_schema"),
        ({"tools": [tool(url="x")]}, "tools[0].function.url", "unknown_parameter"),
        ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
        ({"tool_choice": "maybe"}, "tool_choice", "invalid_value"),
        ({"tool_choice": 5}, "tool_choice", "invalid_type"),
        ({"tools": [tool()], "tool_choice": tool("g")}, "tool_choice", "invalid_value"),
        ({"tools": [tool()], "tool_choice": {"type": "function"}}, "tool_choice.function",
         "missing_required_parameter"),
        ({"tools": [tool(str(i), {"properties": {f"p{n}": True for n in range(400)}}) for i in range(20)],
          "tool_choice": "required"}, "tools", "invalid_json_schema"),
        ({"tools": [tool(parameters={"type": "string"})], "tool_choice": "required"}, "tools[0].function.parameters",
         "invalid_json_schema"),
        ({"tools": [tool(parameters={"description": "x" * 65_536})]}, "tools[0].function.parameters",
         "invalid_json_schema"),
    ],
)  # fmt: skip
def test_bad_tools_are_named(fields: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        chat(**fields)
    assert (caught.value.param, caught.value.code) == (param, code)


@pytest.mark.parametrize(
    "schema",
    [
        {"maxLength": 65_536},
        {"pattern": r"^\p{L}+$"},
        {"pattern": "^.{1,200}$"},
        {"$ref": "#/properties/a"},
        {"type": "array", "items": [{"type": "string"}]},
        {"type": "integer", "exclusiveMinimum": True, "maximum": 2**64 - 1},
    ],
)
@pytest.mark.parametrize("choice", ["auto", "none", None, tool("other")])
def test_schemas_that_no_answer_has_to_follow_may_be_any(schema: dict[str, Any], choice: Any) -> None:
    tools = [tool("f", {"type": "object", "properties": {"a": schema}}), tool("other")]
    body = chat(tools=tools, tool_choice=choice)
    assert list(to_conversation(body).tools) == ([] if choice == "none" else tools)
    with pytest.raises(InvalidRequest):
        chat(tools=tools, tool_choice="required")


def test_arguments_are_an_object_where_the_schema_does_not_say() -> None:
    parameters = {"properties": {"a": {"type": "string"}}}
    assert shape(tools=[tool("f", parameters)], tool_choice=tool("f")).schema == {"type": "object", **parameters}
    schema = shape(tools=[tool("f", parameters)], tool_choice="required").schema
    assert not Draft202012Validator(schema).is_valid([{"name": "f", "parameters": "x"}])


def test_templates_see_the_tools_that_may_be_called() -> None:
    tools = [tool("f", PLACE, description="d", strict=None)]
    assert list(to_conversation(chat(tools=tools)).tools) == [tool("f", PLACE, description="d")]
    assert not to_conversation(chat(tools=tools, tool_choice="none")).tools
    assert not to_conversation(chat(tools=[])).tools


def test_a_free_choice_forces_nothing_and_keeps_control_tokens() -> None:
    sampling = chat_sampling(chat(tools=[tool()]), stand_in_card(), 1)
    assert sampling.json_shape is None
    assert sampling.keep_control_tokens
    assert not chat_sampling(chat(tools=[tool()], tool_choice="required"), stand_in_card(), 1).keep_control_tokens
    assert not chat_sampling(chat(tools=[tool()], tool_choice="none"), stand_in_card(), 1).keep_control_tokens


def test_a_named_tool_forces_its_arguments() -> None:
    assert shape(tools=[tool("f", PLACE), tool("g")], tool_choice=tool("f")).schema == PLACE
    assert shape(tools=[tool()], tool_choice=tool()).schema["type"] == "object"


def test_required_forces_an_array_of_calls() -> None:
    schema = shape(tools=[tool("f", PLACE), tool("g", COUNT)], tool_choice="required").schema
    Draft202012Validator.check_schema(schema)
    valid = Draft202012Validator(schema).is_valid
    text, number = {"name": "f", "parameters": {"at": "x"}}, {"name": "g", "parameters": {"at": 1}}
    assert valid([text])
    assert valid([text, number])
    assert not valid([])
    assert not valid([{"name": "f", "parameters": {"at": 1}}])
    assert not valid([{"name": "g", "parameters": {"at": "x"}}])
    assert not valid([{"name": "h", "parameters": {}}])
    assert not valid([text] * 17)


def test_parallel_calls_can_be_turned_off() -> None:
    schema = shape(tools=[tool()], tool_choice="required", parallel_tool_calls=False).schema
    assert (schema["minItems"], schema["maxItems"]) == (1, 1)


def test_a_forced_call_comes_before_the_response_format() -> None:
    schema = shape(tools=[tool()], tool_choice="required", response_format={"type": "json_object"}).schema
    assert schema["type"] == "array"
