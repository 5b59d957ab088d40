"""The body of POST /v1/chat/completions and its translation for engines."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from jobai_server.engines.protocol import Conversation, ModelCard, Sampling
from jobai_server.openai_format.chat_message import (
    AssistantMessage,
    Message,
    RefusalPart,
    TextPart,
    ToolMessage,
    parsed_arguments,
)
from jobai_server.openai_format.field_types import refusal
from jobai_server.openai_format.response_format import ResponseFormat, json_shape
from jobai_server.openai_format.sampling import AnswerTokens, SamplingBody, answer_length, sampling_of
from jobai_server.openai_format.tool_definitions import (
    MAX_TOOLS,
    Tool,
    ToolChoice,
    check_tools,
    forced_call_shape,
    plain_tools,
)

MAX_MESSAGES = 2048


class ChatCompletionRequest(SamplingBody):
    """A chat: messages, how to answer, and what the model may call."""

    messages: Annotated[list[Message], Field(fail_fast=True, min_length=1, max_length=MAX_MESSAGES)]
    max_completion_tokens: AnswerTokens | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: ResponseFormat | None = None
    tools: Annotated[list[Tool], Field(fail_fast=True, max_length=MAX_TOOLS)] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        if self.top_logprobs is not None and not self.logprobs:
            message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is true."
            raise refusal("invalid_value", message, param="top_logprobs")
        lengths = {self.max_tokens, self.max_completion_tokens} - {None}
        if len(lengths) > 1:
            message = "'max_tokens' and 'max_completion_tokens' must not differ; 'max_tokens' is the deprecated one."
            raise refusal("invalid_value", message, param="max_tokens")
        return self

    @property
    def usable_tools(self) -> list[Tool]:
        """The tools the model may call: none where `tool_choice` is `none`."""
        return [] if self.tools is None or self.tool_choice == "none" else self.tools

    @property
    def parallel(self) -> bool:
        """Whether one answer may hold several calls."""
        return self.parallel_tool_calls is not False


def to_conversation(body: ChatCompletionRequest) -> Conversation:
    """The chat as plain data for the model's template.

    Raises:
        InvalidRequest: The tools cannot be used as asked.
    """
    check_tools(body.tools or [], body.tool_choice)
    return Conversation(messages=[_plain(message) for message in body.messages], tools=plain_tools(body.usable_tools))


def chat_sampling(body: ChatCompletionRequest, card: ModelCard, prompt_tokens: int) -> Sampling:
    """How to choose the answer's tokens.

    Args:
        body: A request whose tools `to_conversation` has checked.
        card: The model.
        prompt_tokens: Length of the encoded conversation.

    Raises:
        InvalidRequest: The response format's schema is not acceptable, or the lengths do not fit (ContextTooLong).
    """
    shape = json_shape(body.response_format)
    forced = forced_call_shape(body.usable_tools, body.tool_choice, parallel=body.parallel)
    asked_param = "max_tokens" if body.max_completion_tokens is None else "max_completion_tokens"
    length = answer_length(
        card,
        prompt_tokens=prompt_tokens,
        prompt_param="messages",
        asked=body.max_tokens if body.max_completion_tokens is None else body.max_completion_tokens,
        asked_param=asked_param,
        default=card.default_max_tokens,
    )
    logprobs = (body.top_logprobs or 0) if body.logprobs else None
    return sampling_of(
        body,
        max_tokens=length,
        logprobs=logprobs,
        json_shape=forced or shape,
        keep_control_tokens=bool(body.usable_tools) and (forced or shape) is None,
    )


def _plain(message: Any) -> dict[str, Any]:
    """One message in the shape chat templates read."""
    plain: dict[str, Any] = {"role": "system" if message.role == "developer" else message.role}
    plain["content"] = _text(message.content)
    if message.name is not None:
        plain["name"] = message.name
    if isinstance(message, ToolMessage):
        plain["tool_call_id"] = message.tool_call_id
    if isinstance(message, AssistantMessage):
        if message.content is None and message.refusal is not None:
            plain["content"] = message.refusal
        if message.tool_calls:
            plain["tool_calls"] = [_plain_call(call) for call in message.tool_calls]
    return plain


def _plain_call(call: Any) -> dict[str, Any]:
    function = {"name": call.function.name, "arguments": parsed_arguments(call.function.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _text(content: str | list[TextPart] | list[TextPart | RefusalPart] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.refusal if isinstance(part, RefusalPart) else part.text for part in content)
