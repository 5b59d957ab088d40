"""The input of a decision: a text, or messages, calls and their outputs in order. The model judges it as one text."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.decision_content import Content, text_of
from jobai_server.openai_format.field_types import chosen_by, field_of, tag, text_or_list
from jobai_server.openai_format.request_model import Label, RequestPart, Text

MAX_ITEMS = 2048
Status = Literal["in_progress", "completed", "incomplete"]


class OutputText(RequestPart):
    type: Literal["output_text"]
    text: Text

    def as_text(self) -> str:
        return self.text


class RefusalPart(RequestPart):
    type: Literal["refusal"]
    refusal: Text

    def as_text(self) -> str:
        return self.refusal


class UnknownPart(RequestPart):
    """Where `type` is missing or wrong: this class fails, with an error about the type."""

    type: Literal["output_text", "refusal"]

    @model_validator(mode="before")
    @classmethod
    def _only_the_type(cls, data: Any) -> Any:
        return {name: data[name] for name in ("type",) if name in data} if isinstance(data, dict) else data


def _part_kind(value: Any) -> str:
    kind = field_of(value, "type")
    return kind if kind in ("output_text", "refusal") else "none"


AnswerPart = Annotated[
    Annotated[OutputText, tag("output_text")]
    | Annotated[RefusalPart, tag("refusal")]
    | Annotated[UnknownPart, tag("none")],
    chosen_by(_part_kind, expected="a content part"),
]
AnswerContent = Annotated[
    Annotated[Text, tag("text")]
    | Annotated[
        list[AnswerPart],
        Field(fail_fast=True, max_length=MAX_ITEMS),
        tag("list"),
    ],
    chosen_by(text_or_list, expected="a string or an array of content parts"),
]


class GivenMessage(RequestPart):
    """A message of a user or an instruction; part of what is judged, whoever wrote it."""

    type: Literal["message"] = "message"
    role: Literal["user", "developer", "system", "assistant"]
    content: Content

    def as_text(self) -> str:
        return f"{self.role}: {text_of(self.content)}"


class AnswerMessage(RequestPart):
    type: Literal["message"] = "message"
    role: Literal["assistant"]
    content: AnswerContent
    phase: Literal["commentary", "final_answer"] | None = None

    def as_text(self) -> str:
        return f"{self.role}: {text_of(self.content)}"


class _Call(RequestPart):
    call_id: Label
    name: Label
    id: Label | None = None
    namespace: Label | None = None
    status: Status | None = None

    def _named(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


class FunctionCall(_Call):
    type: Literal["function_call"]
    arguments: Text

    def as_text(self) -> str:
        return f"call of {self._named()}: {self.arguments}"


class CustomToolCall(_Call):
    type: Literal["custom_tool_call"]
    input: Text

    def as_text(self) -> str:
        return f"call of {self._named()}: {self.input}"


class CallOutput(RequestPart):
    type: Literal["function_call_output", "custom_tool_call_output"]
    call_id: Label
    output: Content
    id: Label | None = None
    status: Status | None = None

    def as_text(self) -> str:
        return f"output of the call: {text_of(self.output)}"


KINDS = {
    "function_call": "call",
    "custom_tool_call": "custom",
    "function_call_output": "output",
    "custom_tool_call_output": "output",
}


def _kind(value: Any) -> str | None:
    given = value if isinstance(value, dict) else vars(value) if isinstance(value, RequestPart) else None
    if given is None:
        return None
    kind = given.get("type")
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind]
    return "answer" if given.get("role") == "assistant" else "message"


Item = Annotated[
    Annotated[GivenMessage, tag("message")]
    | Annotated[AnswerMessage, tag("answer")]
    | Annotated[FunctionCall, tag("call")]
    | Annotated[CustomToolCall, tag("custom")]
    | Annotated[CallOutput, tag("output")],
    chosen_by(_kind, expected="a message, a call or the output of a call"),
]
DecisionInput = Annotated[
    Annotated[Text, tag("text")] | Annotated[list[Item], Field(fail_fast=True, max_length=MAX_ITEMS), tag("list")],
    chosen_by(text_or_list, expected="a string or an array of messages, calls and their outputs"),
]


def transcript(given: str | list[Any]) -> str:
    """The input as the model reads it: a lone user message is just its text.

    Raises:
        InvalidRequest: The output of a call has no call before it.
    """
    if isinstance(given, str):
        return given
    if len(given) == 1 and isinstance(given[0], GivenMessage) and given[0].role == "user":
        return text_of(given[0].content)
    _check_calls(given)
    return "\n\n".join(item.as_text() for item in given)


def _check_calls(items: list[Any]) -> None:
    called: set[tuple[str, str]] = set()
    for number, item in enumerate(items):
        if isinstance(item, FunctionCall | CustomToolCall):
            called.add((f"{item.type}_output", item.call_id))
        elif isinstance(item, CallOutput) and (item.type, item.call_id) not in called:
            message = f"No {item.type.removesuffix('_output')} with this call_id comes before its output."
            raise InvalidRequest(message, param=f"input[{number}].call_id")
