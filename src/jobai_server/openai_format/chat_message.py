"""The messages of a chat request, one class per role."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from jobai_server.openai_format.field_types import chosen_by, field_of, refusal, tag, text_or_list
from jobai_server.openai_format.request_model import Label, RequestPart, Text

MAX_ARGUMENTS_DEPTH = 32
Name = Annotated[str, Field(min_length=1, max_length=64)]
CallId = Annotated[str, Field(min_length=1, max_length=128)]
FunctionName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class TextPart(RequestPart):
    type: Literal["text"]
    text: Text

    @model_validator(mode="before")
    @classmethod
    def _only_text(cls, data: Any) -> Any:
        kind = data.get("type") if isinstance(data, dict) else None
        if isinstance(kind, str) and kind != "text":
            raise refusal("unsupported_content_type", "Only content parts of type 'text' are supported by this model.")
        return data


Content = Annotated[
    Annotated[Text, tag("text")]
    | Annotated[list[TextPart], Field(fail_fast=True, min_length=1, max_length=2048), tag("list")],
    chosen_by(text_or_list, expected="a string or an array of content parts"),
]


class RefusalPart(RequestPart):
    type: Literal["refusal"]
    refusal: Text


def _part(value: Any) -> str:
    return "refusal" if field_of(value, "type") == "refusal" else "text"


AnswerPart = Annotated[
    Annotated[TextPart, tag("text")] | Annotated[RefusalPart, tag("refusal")],
    chosen_by(_part, expected="a content part"),
]
AnswerContent = Annotated[
    Annotated[Text, tag("text")]
    | Annotated[list[AnswerPart], Field(fail_fast=True, min_length=1, max_length=2048), tag("list")],
    chosen_by(text_or_list, expected="a string or an array of content parts"),
]


class SystemMessage(RequestPart):
    role: Literal["system", "developer"]
    content: Content
    name: Name | None = None


class UserMessage(RequestPart):
    role: Literal["user"]
    content: Content
    name: Name | None = None


class CalledFunction(RequestPart):
    """A call of an earlier answer. OpenAI's client adds the arguments as it has parsed them; they are not looked at."""

    name: FunctionName
    arguments: Annotated[str, Field(max_length=65_536)]
    parsed_arguments: Any = None

    @model_validator(mode="after")
    def _arguments_are_an_object(self) -> Self:
        parsed_arguments(self.arguments)
        return self


class ToolCall(RequestPart):
    """Clients that put streamed calls together leave their `index` in."""

    index: Annotated[int, Field(ge=0)] | None = None
    id: CallId
    type: Literal["function"]
    function: CalledFunction


class AssistantMessage(RequestPart):
    """An earlier answer. The fields after `tool_calls` come back from clients that resend what they received.

    Of these only `refusal` is read: `parsed` is what OpenAI's client made of the content, reasoning is what other
    servers' models said to themselves, annotations are their links.
    """

    role: Literal["assistant"]
    content: AnswerContent | None = None
    name: Name | None = None
    tool_calls: Annotated[list[ToolCall], Field(fail_fast=True, max_length=128)] | None = None
    refusal: Text | None = None
    annotations: Annotated[list[Any], Field(max_length=2048)] | None = None
    parsed: Any = None
    reasoning: Any = None
    reasoning_content: Any = None
    audio: None = None
    function_call: None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is None and not self.tool_calls and self.refusal is None:
            raise refusal(
                "missing_required_parameter", "An assistant message needs 'content' or 'tool_calls'.", param="content"
            )
        return self


class ToolMessage(RequestPart):
    role: Literal["tool"]
    content: Content
    tool_call_id: CallId
    name: Name | None = None


class MessageOfNoRole(RequestPart):
    """Where `role` is missing or wrong: this class fails, with an error about the role."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Any = None
    name: Label | None = None


ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}


def _role(value: Any) -> str:
    role = field_of(value, "role")
    return ROLES.get(role, "none") if isinstance(role, str) else "none"


Message = Annotated[
    Annotated[SystemMessage, tag("system")]
    | Annotated[UserMessage, tag("user")]
    | Annotated[AssistantMessage, tag("assistant")]
    | Annotated[ToolMessage, tag("tool")]
    | Annotated[MessageOfNoRole, tag("none")],
    chosen_by(_role, expected="a message object"),
]


def parsed_arguments(text: str) -> dict[str, Any]:
    """The arguments of a tool call as an object; the empty string, which some models write, is the empty object.

    JSON inside a string has not been through the checks on the request's raw bytes, so they are repeated here.

    Raises:
        PydanticCustomError: It is not acceptable JSON, or not an object.
    """
    try:
        arguments = json.loads(text or "{}", parse_constant=_refuse_constant)
        # Fails on infinity and on half characters, which the parser above lets through.
        json.dumps(arguments, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise refusal("invalid_value", "The arguments of a tool call must be valid JSON.", param="arguments") from None
    if not isinstance(arguments, dict) or _depth(arguments) > MAX_ARGUMENTS_DEPTH or "\\u0000" in text:
        message = f"The arguments of a tool call must be a JSON object at most {MAX_ARGUMENTS_DEPTH} levels deep."
        raise refusal("invalid_value", message, param="arguments")
    return arguments


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _depth(value: Any) -> int:
    """Levels of arrays and objects, without recursion."""
    depth, level = 0, [value]
    while level:
        level = [
            item
            for holder in level
            if isinstance(holder, (dict, list))
            for item in (holder.values() if isinstance(holder, dict) else holder)
        ]
        depth += 1
    return depth - 1
