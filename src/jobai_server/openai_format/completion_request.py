"""The body of POST /v1/completions and its translation for engines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, model_validator

from jobai_server.engines.protocol import Conversation, ModelCard, Sampling
from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.field_types import chosen_by, refusal, tag
from jobai_server.openai_format.prompt_input import PromptInput, PromptText, PromptTokens, prompt_form, prompt_inputs
from jobai_server.openai_format.request_model import Text, parse_query
from jobai_server.openai_format.sampling import SamplingBody, answer_length, sampling_of

MAX_PROMPT_ANSWERS = 64
"""Prompts times answers per prompt in one request."""
DEFAULT_MAX_TOKENS = 16
"""OpenAI's, for prompts that are continued raw."""

Prompt = Annotated[
    Annotated[PromptText, tag("text")]
    | Annotated[list[PromptText], Field(fail_fast=True, min_length=1, max_length=MAX_PROMPT_ANSWERS), tag("texts")]
    | Annotated[PromptTokens, tag("tokens")]
    | Annotated[
        list[PromptTokens], Field(fail_fast=True, min_length=1, max_length=MAX_PROMPT_ANSWERS), tag("token_lists")
    ],
    chosen_by(prompt_form, expected="a string or an array"),
]


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
        return prompt_inputs("prompt", self.prompt)


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
