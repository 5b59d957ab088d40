"""What is known about the answers to one chat request before the first token: the recipe of its events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobai_server.engines.protocol import TextEngine, ToolCallParser
from jobai_server.errors import EngineDied, InvalidRequest
from jobai_server.openai_format.chat_request import ChatCompletionRequest
from jobai_server.openai_format.forced_calls import CallArrayParser, FirstCallOnly, NamedCallParser
from jobai_server.openai_format.identity import AnswerIdentity, TokenUsage
from jobai_server.openai_format.response_format import json_shape
from jobai_server.openai_format.tool_definitions import NamedTool, plain_tools

NewParser = Callable[[], ToolCallParser]


@dataclass(frozen=True, slots=True)
class ChatReply:
    """How to write down the answers of one chat request.

    Attributes:
        identity: What all chunks carry.
        usage: Counted while the answers are read.
        answers: How many there are.
        include_usage: Whether a stream ends with the usage.
        logprobs: Whether tokens come with log probabilities.
        new_parser: Makes a tool-call parser for one answer; None where answers are plain text.
    """

    identity: AnswerIdentity
    usage: TokenUsage
    answers: int = 1
    include_usage: bool = False
    logprobs: bool = False
    new_parser: NewParser | None = None

    def check_complete(self, finished: int) -> None:
        """Refuse to present answers that broke off as whole ones.

        Raises:
            EngineDied: Fewer answers came to an end than were asked for.
        """
        if finished < self.answers:
            raise EngineDied("The model stopped before the answer was complete.")


def chat_reply(
    body: ChatCompletionRequest, identity: AnswerIdentity, prompt_tokens: int, new_parser: NewParser | None
) -> ChatReply:
    """The recipe for one request; `new_parser` is what `tool_call_parsers` gave."""
    return ChatReply(
        identity=identity,
        usage=TokenUsage(prompt_tokens),
        answers=body.answers,
        include_usage=body.include_usage,
        logprobs=bool(body.logprobs),
        new_parser=new_parser,
    )


def tool_call_parsers(body: ChatCompletionRequest, engine: TextEngine) -> NewParser | None:
    """What finds the tool calls in each answer, or None where there can be none.

    Raises:
        InvalidRequest: The model chooses tools by itself in no format this server knows.
    """
    tools = body.usable_tools
    if not tools:
        return None
    choice = body.tool_choice
    if isinstance(choice, NamedTool):
        name = choice.function.name
        return lambda: NamedCallParser(name)
    if choice == "required":
        return CallArrayParser
    if json_shape(body.response_format) is not None:
        return None  # the whole answer is that JSON, which may well look like a call
    plain = plain_tools(tools)
    if engine.tool_call_parser(plain) is None:
        message = "This model cannot choose tools by itself: set 'tool_choice' to 'required', 'none' or a named tool."
        raise InvalidRequest(message, param="tool_choice", code="unsupported_parameter")

    def new_parser() -> ToolCallParser:
        parser = engine.tool_call_parser(plain)
        assert parser is not None, "the engine had a parser for these tools a moment ago"
        return parser if body.parallel else FirstCallOnly(parser)

    return new_parser
