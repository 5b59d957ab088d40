"""The fields that say how to choose tokens, shared by chat and completions, and their translation for engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from jobai_server.engines.protocol import JsonShape, ModelCard, Sampling
from jobai_server.errors import ContextTooLong, InvalidRequest
from jobai_server.openai_format.field_types import at_most, chosen_by, refusal, tag, text_or_list
from jobai_server.openai_format.request_model import RequestBody, RequestPart

MAX_ANSWERS = 8
MAX_TOKENS_BOUND = 16 * 1024 * 1024
"""Above every context length there is, and far below the 32-bit integers engines compute with."""

StopText = Annotated[str, Field(min_length=1, max_length=256)]
Stop = Annotated[
    Annotated[StopText, tag("text")] | Annotated[list[StopText], Field(max_length=4), tag("list")],
    chosen_by(text_or_list, expected="a string or an array of strings"),
]
TokenId = Annotated[str, Field(pattern=r"^[0-9]{1,7}$")]
Bias = Annotated[float, Field(ge=-100, le=100)]
AnswerTokens = Annotated[int, Field(ge=1, le=MAX_TOKENS_BOUND)]
Penalty = Annotated[float, Field(ge=-2, le=2)]


class StreamOptions(RequestPart):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None
    """Accepted and ignored: chunks carry no padding."""


class SamplingBody(RequestBody):
    """Fields of both kinds of answers; None always means 'not given'."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    n: Annotated[int, Field(ge=1, le=MAX_ANSWERS)] | None = None
    stop: Stop | None = None
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: Annotated[dict[TokenId, Bias], at_most(300)] | None = None
    max_tokens: AnswerTokens | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @model_validator(mode="after")
    def _stream_options_need_a_stream(self) -> Self:
        if self.stream_options is not None and not self.stream:
            message = "The 'stream_options' parameter is only allowed when 'stream' is true."
            raise refusal("invalid_value", message, param="stream_options")
        return self

    @property
    def answers(self) -> int:
        """Answers per prompt."""
        return self.n or 1

    @property
    def include_usage(self) -> bool:
        """Whether a stream ends with a chunk that holds the usage."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)


def sampling_of(
    body: SamplingBody,
    *,
    max_tokens: int,
    logprobs: int | None,
    json_shape: JsonShape | None = None,
    keep_control_tokens: bool = False,
) -> Sampling:
    """The engine's view of the shared fields, absent ones at OpenAI's defaults."""
    stop = body.stop or []
    return Sampling(
        max_tokens=max_tokens,
        n=body.answers,
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        seed=body.seed,
        presence_penalty=body.presence_penalty or 0.0,
        frequency_penalty=body.frequency_penalty or 0.0,
        logit_bias=_token_biases(body.logit_bias or {}),
        logprobs=logprobs,
        json_shape=json_shape,
        keep_control_tokens=keep_control_tokens,
    )


def answer_length(
    card: ModelCard, *, prompt_tokens: int, prompt_param: str, asked: int | None, asked_param: str, default: int | None
) -> int:
    """How many tokens the answer may have, so that prompt and answer always fit the context.

    Args:
        card: The model.
        prompt_tokens: Length of the encoded prompt.
        prompt_param: The field that holds the prompt, for errors.
        asked: What the caller asked for, or None.
        asked_param: The field it was asked in, for errors.
        default: The length where nothing was asked; None means the rest of the context.

    Raises:
        ContextTooLong: The prompt alone, or with the answer asked for, does not fit.
        InvalidRequest: More tokens were asked for than the context has.
    """
    context = card.context_length
    room = context - prompt_tokens
    if asked is not None and asked > context:
        message = f"Invalid '{asked_param}': integer above maximum value. Expected a value <= {context}, the model's "
        raise InvalidRequest(
            f"{message}context length, but got {asked} instead.", param=asked_param, code="integer_above_max_value"
        )
    check_prompt_length(card, prompt_tokens, prompt_param)
    if asked is None:
        return room if default is None else min(default, room)
    if asked > room:
        message = f"This model's context length is {context} tokens, but {prompt_tokens + asked} were requested"
        parts = f"{prompt_tokens} in the prompt and {asked} in the answer"
        raise ContextTooLong(f"{message} ({parts}). Please reduce either.", param=asked_param)
    return asked


def check_prompt_length(card: ModelCard, prompt_tokens: int, param: str) -> None:
    """Refuse a prompt that leaves no room for an answer.

    Raises:
        ContextTooLong: It has as many tokens as the context, or more.
    """
    context = card.context_length
    if prompt_tokens >= context:
        message = f"This model's context length is {context} tokens, but the prompt has {prompt_tokens} tokens."
        raise ContextTooLong(f"{message} Please shorten it.", param=param)


def check_context(card: ModelCard, characters: int, param: str) -> None:
    """Refuse a text that cannot fit before time is spent on encoding it.

    Args:
        card: The model.
        characters: Length of the text.
        param: The field that holds the text.

    Raises:
        ContextTooLong: Even in the longest tokens the text is longer than the context.
    """
    if characters > card.context_length * card.longest_token:
        message = f"This model's context length is {card.context_length} tokens, which the input of {characters} "
        raise ContextTooLong(f"{message}characters exceeds by far.", param=param)


def _token_biases(biases: Mapping[str, float]) -> dict[int, float]:
    return {int(token_id): bias for token_id, bias in biases.items()}
