"""The body of POST /v1/completions and its translation for engines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from jobai_server.engines.protocol import Conversation, ModelCard, Sampling
from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.field_types import chosen_by, refusal, tag
from jobai_server.openai_format.request_model import MAX_TEXT_LENGTH, Text, parse_query
from jobai_server.openai_format.sampling import SamplingBody, answer_length, sampling_of

MAX_PROMPT_ANSWERS = 64
"""Prompts times answers per prompt in one request."""
DEFAULT_MAX_TOKENS = 16
"""OpenAI's, for prompts that are continued raw."""

PromptText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH)]
PromptTokenId = Annotated[int, Field(ge=0, le=2**31 - 1)]
PromptTokens = Annotated[list[PromptTokenId], Field(fail_fast=True, min_length=1, max_length=1_048_576)]


def _prompt_form(value: Any) -> str | None:
    if isinstance(value, str):
        return "text"
    if not isinstance(value, list):
        return None
    first = value[0] if value else ""
    if isinstance(first, list):
        return "token_lists"
    return "tokens" if isinstance(first, int) and not isinstance(first, bool) else "texts"


Prompt = Annotated[
    Annotated[PromptText, tag("text")]
    | Annotated[list[PromptText], Field(fail_fast=True, min_length=1, max_length=MAX_PROMPT_ANSWERS), tag("texts")]
    | Annotated[PromptTokens, tag("tokens")]
    | Annotated[
        list[PromptTokens], Field(fail_fast=True, min_length=1, max_length=MAX_PROMPT_ANSWERS), tag("token_lists")
    ],
    chosen_by(_prompt_form, expected="a string or an array"),
]


@dataclass(frozen=True, slots=True)
class PromptInput:
    """One prompt, with its place in the request: text, or token ids."""

    param: str
    text: str | None = None
    token_ids: list[int] | None = None


class CompletionRequest(SamplingBody):
    """Prompts to continue; with `system_message` each is answered as a user's message instead."""

    prompt: Prompt
    system_message: Text | None = None
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None
    echo: bool | None = None
    best_of: Annotated[int, Field(ge=0, le=20)] | None = None
    suffix: Text | None = None

    @model_validator(mode="after")
    def _is_supported(self) -> Self:
        if self.echo:
            raise refusal("unsupported_parameter", "'echo' is not supported: join the prompt yourself.", param="echo")
        if self.best_of is not None and self.best_of not in (1, self.answers):
            message = "'best_of' is not supported; it may only equal 'n'."
            raise refusal("unsupported_parameter", message, param="best_of")
        if self.suffix:
            raise refusal("unsupported_parameter", "'suffix' is not supported.", param="suffix")
        if self.system_message is not None and any(prompt.text is None for prompt in self.prompts):
            message = "'system_message' needs the prompt as text, not as token ids."
            raise refusal("invalid_value", message, param="system_message")
        if len(self.prompts) * self.answers > MAX_PROMPT_ANSWERS:
            message = f"Invalid 'prompt': prompts times 'n' may be at most {MAX_PROMPT_ANSWERS}."
            raise refusal("array_above_max_length", message, param="prompt")
        return self

    @property
    def prompts(self) -> list[PromptInput]:
        """The prompts one by one, in order."""
        if isinstance(self.prompt, str):
            return [PromptInput("prompt", text=self.prompt)]
        texts = [one for one in self.prompt if isinstance(one, str)]
        if texts:
            return [PromptInput(f"prompt[{index}]", text=text) for index, text in enumerate(texts)]
        token_lists = [one for one in self.prompt if isinstance(one, list)]
        if token_lists:
            return [PromptInput(f"prompt[{index}]", token_ids=ids) for index, ids in enumerate(token_lists)]
        return [PromptInput("prompt", token_ids=[one for one in self.prompt if isinstance(one, int)])]


def system_conversation(body: CompletionRequest, prompt: PromptInput) -> Conversation | None:
    """The prompt as a chat under the request's system message, or None where it is to be continued raw."""
    if body.system_message is None:
        return None
    system = {"role": "system", "content": body.system_message}
    return Conversation(messages=[system, {"role": "user", "content": prompt.text or ""}])


def completion_sampling(body: CompletionRequest, card: ModelCard, prompt_tokens: int, prompt_param: str) -> Sampling:
    """How to choose the tokens that continue one prompt.

    Args:
        body: The request.
        card: The model.
        prompt_tokens: Length of this encoded prompt.
        prompt_param: Where it was in the request, for errors.

    Raises:
        InvalidRequest: The lengths do not fit (ContextTooLong).
    """
    length = answer_length(
        card,
        prompt_tokens=prompt_tokens,
        prompt_param=prompt_param,
        asked=body.max_tokens,
        asked_param="max_tokens",
        default=DEFAULT_MAX_TOKENS if body.system_message is None else card.default_max_tokens,
    )
    return sampling_of(body, max_tokens=length, logprobs=body.logprobs)


def streamed_completion(items: Iterable[tuple[str, str]]) -> CompletionRequest:
    """The request in a query string; there is no other answer to it than a stream.

    Raises:
        InvalidRequest: Naming the parameter at fault.
    """
    body = parse_query(CompletionRequest, items)
    if body.stream is False:
        raise InvalidRequest("A completion by GET is always a stream; leave 'stream' out.", param="stream")
    return body.model_copy(update={"stream": True})
