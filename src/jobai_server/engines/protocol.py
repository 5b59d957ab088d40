"""What the rest of the server may ask of an engine; nothing here knows vLLM, HTTP or OpenAI's JSON."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from jobai_server.engines.next_token import AnswerTokens, MessageTokens, NextTokenRequest

from jobai_server.engines.owner import Owner

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A served model as clients see it.

    Attributes:
        name: The first served name; `aliases` are the others.
        context_length: Prompt plus answer, in tokens.
        default_max_tokens: Answer length where a chat names none, in tokens; None means the rest of the context.
        created: Unix time, seconds.
        roles: Roles this model plays, such as `primary`.
        longest_token: Characters in the longest token of the vocabulary.
        fingerprint: Changes when answers to equal requests may change: another checkpoint, another server.
    """

    name: str
    aliases: tuple[str, ...]
    context_length: int
    default_max_tokens: int | None
    created: int
    roles: tuple[str, ...]
    fingerprint: str = "fp_unknown"
    longest_token: int = 256


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat as plain data, all text untrusted.

    Attributes:
        messages: In the shape chat templates read: `{"role", "content": str, ...}`, tool calls with
            `arguments` already parsed into an object, tool results with `tool_call_id`.
        tools: OpenAI function tools as plain objects; empty where none are offered.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()

    @property
    def characters(self) -> int:
        """Characters in all texts, at whatever depth."""
        pending: list[Any] = [*self.messages, *self.tools]
        total = 0
        while pending:
            value = pending.pop()
            if isinstance(value, str):
                total += len(value)
            elif isinstance(value, Mapping):
                pending += [*value.keys(), *value.values()]
            elif isinstance(value, Sequence):
                pending += value
        return total


@dataclass(frozen=True, slots=True)
class JsonShape:
    """A constraint on the answer: any JSON object (`schema` None), or JSON that satisfies `schema`.

    `param` is the request field it comes from, for errors.
    """

    schema: Mapping[str, Any] | None = None
    param: str = "response_format"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to choose tokens. Bounds are checked before this is built.

    Attributes:
        max_tokens: Answer length in tokens, at least 1, prompt + max_tokens within the context.
        n: Number of answers.
        logprobs: Alternatives to report per token (0: only the chosen one), or None for none at all.
        json_shape: Constrains the answer to JSON.
        keep_control_tokens: Leave control tokens of the model in the text, where a tool-call parser looks for them.
    """

    max_tokens: int
    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    logprobs: int | None = None
    json_shape: JsonShape | None = None
    keep_control_tokens: bool = False


@dataclass(slots=True)
class RequestTimes:
    """What became of a request when; prompts that came in one request share one of these.

    Attributes:
        started: The request's head was there; `time.monotonic()`, as are all of them.
        first_token: The first token of the first answer was there, or None.
        queue_seconds: How long it waited until the engine took it up, the longest of its prompts, or None.
    """

    started: float = field(default_factory=time.monotonic)
    first_token: float | None = None
    queue_seconds: float | None = None

    def began(self, queue_seconds: float) -> None:
        """A first token is there."""
        if self.first_token is None:
            self.first_token = time.monotonic()
        self.waited(queue_seconds)

    def waited(self, queue_seconds: float) -> None:
        """One of its prompts has had its turn, or has given up."""
        self.queue_seconds = max(queue_seconds, self.queue_seconds or 0.0)


@dataclass(frozen=True, slots=True)
class TextRequest:
    """One prompt for one engine. `request_id` is ours and unique; never the client's."""

    request_id: str
    prompt_token_ids: Sequence[int]
    sampling: Sampling
    owner: Owner
    times: RequestTimes = field(default_factory=RequestTimes)


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """One token with its log probability (natural logarithm) and its text."""

    token: str
    logprob: float
    data: bytes


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """The chosen token and the most probable alternatives, best first."""

    chosen: TokenChoice
    top: tuple[TokenChoice, ...]


@dataclass(slots=True)
class TextDelta:
    """What one engine step added to answer `index`.

    Attributes:
        text: New text; may be empty while a multi-byte character is incomplete or a stop string may be forming.
        token_count: New tokens in this step.
        finish_reason: Set on the answer's last delta.
        logprobs: One entry per new token where asked for, else None.
    """

    index: int
    text: str
    token_count: int
    finish_reason: FinishReason | None = None
    logprobs: tuple[TokenLogprobs, ...] | None = None


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of tool call number `index`: the first piece carries `name`, all carry `arguments` text to append."""

    index: int
    name: str | None
    arguments: str


@dataclass(frozen=True, slots=True)
class ParsedText:
    """What a tool-call parser made of a piece of text: ordinary content, and pieces of tool calls."""

    content: str
    tool_calls: tuple[ToolCallDelta, ...] = ()


class ToolCallParser(Protocol):
    """Finds the tool calls in one answer of a model; one parser per answer."""

    def parse_delta(self, text: str) -> ParsedText:
        """Take the next piece of the answer (streaming)."""
        ...

    def parse_end(self) -> ParsedText:
        """Give what was held back when the streamed answer has ended, so that no text is lost."""
        ...

    def parse_complete(self, text: str) -> ParsedText:
        """Take the whole answer at once: each ToolCallDelta is then a complete call."""
        ...


class TextEngine(Protocol):
    """A model that writes text."""

    @property
    def card(self) -> ModelCard: ...

    async def encode_conversation(self, conversation: Conversation) -> list[int]:
        """Render with the model's chat template, text of messages and tools never becoming control tokens.

        Raises:
            InvalidRequest: The template refuses the conversation (roles out of order, say).
        """
        ...

    async def encode_message(self, given: str, parts: Sequence[str]) -> MessageTokens:
        """A user's message that begins with `given` and goes on with some of `parts`, ready for the answer; text never
        becomes control tokens.

        Raises:
            InvalidRequest: The model has no chat template.
        """
        ...

    async def encode_text(self, text: str) -> list[int]:
        """Token ids of raw text with the model's start token; control-token look-alikes stay plain text."""
        ...

    def check_token_ids(self, token_ids: Sequence[int], param: str) -> None:
        """Refuse ids outside the vocabulary and control tokens.

        Raises:
            InvalidRequest: naming `param`.
        """
        ...

    def tool_call_parser(self, tools: Sequence[Mapping[str, Any]]) -> ToolCallParser | None:
        """A fresh parser for one answer, or None where the model has no tool-call format."""
        ...

    def stream(self, request: TextRequest) -> AsyncGenerator[TextDelta, None]:
        """Generate. Closing the generator aborts the request and frees its place.

        Raises:
            InvalidRequest: The engine refuses the request.
            EngineDied: The engine died meanwhile.
        """
        ...

    def answer_tokens(self, text: str) -> AnswerTokens:
        """What the model would write to answer with this text; control-token look-alikes stay plain text.

        Raises:
            InvalidRequest: The model has no chat template, or it cannot have an answer.
        """
        ...

    async def next_token_logprobs(self, request: NextTokenRequest) -> list[list[float]]:
        """Exact log probabilities (natural logarithm, over the whole vocabulary) of the tokens asked for, per prompt.

        One prefill per prompt; at most MAX_PROMPTS_AT_ONCE of them are with the engine at a time, no more than one
        key may have, and the request counts as so many.

        Raises:
            InvalidRequest: The engine refuses the request.
            RateLimited, Overloaded: There is no room for it in the queue; nothing has run.
            EngineDied: The engine died meanwhile.
        """
        ...

    async def probe(self) -> None:
        """Do the least there is to do, past the queue.

        Raises:
            ServerError: It does not work.
        """
        ...
