"""The tools a chat request offers, and which of them the model may or must call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from jobai_server.engines.protocol import JsonShape
from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.chat_message import FunctionName
from jobai_server.openai_format.field_types import chosen_by, tag
from jobai_server.openai_format.json_schema import check_json_schema, check_size
from jobai_server.openai_format.request_model import RequestPart
from jobai_server.openai_format.schema_tree import with_renamed_definitions

MAX_TOOLS = 128
MAX_FORCED_CALLS = 16
MAX_PARAMETERS_NODES = 1_000
"""Sub-schemas of all tools of a request together."""


class FunctionDefinition(RequestPart):
    name: FunctionName
    description: Annotated[str, Field(max_length=16_384)] | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    """Accepted: arguments always follow the schema where a call is forced, and are free where it is not."""


class Tool(RequestPart):
    type: Literal["function"]
    function: FunctionDefinition


class NamedFunction(RequestPart):
    name: FunctionName


class NamedTool(RequestPart):
    type: Literal["function"]
    function: NamedFunction


def _choice_form(value: Any) -> str | None:
    return "word" if isinstance(value, str) else "named" if isinstance(value, (dict, NamedTool)) else None


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], tag("word")] | Annotated[NamedTool, tag("named")],
    chosen_by(_choice_form, expected="a string or an object"),
]


def check_tools(tools: Sequence[Tool], choice: str | NamedTool | None) -> None:
    """Refuse tools that cannot be used as asked.

    Only schemas that an answer is made to follow have to be such as an engine can follow; the others are text that the
    model reads.

    Raises:
        InvalidRequest: A name is used twice, a schema is not acceptable, or the tool chosen is not offered.
    """
    names: set[str] = set()
    nodes = 0
    for index, tool in enumerate(tools):
        param = f"tools[{index}].function"
        if tool.function.name in names:
            message = f"Invalid '{param}.name': another tool has the same name."
            raise InvalidRequest(message, param=f"{param}.name", code="duplicate_value")
        names.add(tool.function.name)
        if _is_forced(tool, choice):
            nodes += _check_forced(_parameters(tool), f"{param}.parameters")
        else:
            check_size(tool.function.parameters or {}, f"{param}.parameters")
        if nodes > MAX_PARAMETERS_NODES:
            raise InvalidRequest(
                "The parameters of all tools together are too complex.", param="tools", code="invalid_json_schema"
            )
    if isinstance(choice, NamedTool) and choice.function.name not in names:
        message = f"Invalid 'tool_choice': no tool is named '{choice.function.name}'."
        raise InvalidRequest(message, param="tool_choice")
    if choice == "required" and not names:
        message = "Invalid 'tool_choice': 'required' is only allowed when 'tools' are given."
        raise InvalidRequest(message, param="tool_choice")


def _is_forced(tool: Tool, choice: str | NamedTool | None) -> bool:
    return choice == "required" or (isinstance(choice, NamedTool) and choice.function.name == tool.function.name)


def _check_forced(parameters: Mapping[str, Any], param: str) -> int:
    if parameters["type"] != "object":
        message = f"Invalid '{param}': its 'type' must be 'object', because arguments have names."
        raise InvalidRequest(message, param=param, code="invalid_json_schema")
    return check_json_schema(parameters, param)


def plain_tools(tools: Sequence[Tool]) -> tuple[Mapping[str, Any], ...]:
    """The tools as chat templates read them."""
    return tuple(tool.model_dump(exclude_none=True) for tool in tools)


def forced_call_shape(tools: Sequence[Tool], choice: str | NamedTool | None, *, parallel: bool) -> JsonShape | None:
    """The JSON the answer must be where a call is forced, or None where it is not.

    A named tool: its arguments. `required`: an array of objects with `name` and `parameters`.
    """
    if isinstance(choice, NamedTool):
        named = next(tool for tool in tools if tool.function.name == choice.function.name)
        return JsonShape(_parameters(named), "tools")
    if choice != "required":
        return None
    definitions: dict[str, Any] = {}
    calls = []
    for index, tool in enumerate(tools):
        # Each tool's schema keeps its own definitions, under names of their own in the one schema they form.
        parameters, own = with_renamed_definitions(_parameters(tool), f"tool{index}_")
        definitions.update(own)
        calls.append(_call_schema(tool.function.name, parameters))
    shape: dict[str, Any] = {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_FORCED_CALLS if parallel else 1,
        "items": calls[0] if len(calls) == 1 else {"type": "object", "anyOf": calls},
    }
    return JsonShape(shape | {"$defs": definitions} if definitions else shape, "tools")


def _parameters(tool: Tool) -> dict[str, Any]:
    return {"type": "object"} | (tool.function.parameters or {"properties": {}})


def _call_schema(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"type": "string", "enum": [name]}, "parameters": parameters},
        "required": ["name", "parameters"],
        "additionalProperties": False,
    }
