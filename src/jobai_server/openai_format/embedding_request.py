"""The body of POST /v1/embeddings, and what of it depends on the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jobai_server.engines.embedding import EmbeddingFacts, InputType
from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.field_types import chosen_by, refusal, tag
from jobai_server.openai_format.prompt_input import PromptInput, PromptText, PromptTokens, prompt_form, prompt_inputs
from jobai_server.openai_format.request_model import RequestBody

MAX_INPUTS = 2048
"""OpenAI's, and the most that the setting can allow."""

Inputs = Annotated[
    Annotated[PromptText, tag("text")]
    | Annotated[list[PromptText], Field(fail_fast=True, min_length=1, max_length=MAX_INPUTS), tag("texts")]
    | Annotated[PromptTokens, tag("tokens")]
    | Annotated[list[PromptTokens], Field(fail_fast=True, min_length=1, max_length=MAX_INPUTS), tag("token_lists")],
    chosen_by(prompt_form, expected="a string or an array"),
]


class EmbeddingRequest(RequestBody):
    """Texts to embed. Besides OpenAI's fields: `input_type` and `truncate`."""

    input: Inputs
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1, le=65_536)] | None = None
    input_type: InputType | None = None
    truncate: bool | None = None

    @model_validator(mode="after")
    def _token_ids_are_taken_as_they_are(self) -> Self:
        if self.input_type is not None and self.inputs[0].token_ids is not None:
            message = "'input_type' needs the input as text: nothing is put in front of token ids."
            raise refusal("invalid_value", message, param="input_type")
        return self

    @property
    def inputs(self) -> list[PromptInput]:
        """The inputs one by one, in order."""
        return prompt_inputs("input", self.input)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What embeddings are meant for, and the words that the model wants in front of a text for it."""

    input_type: InputType | None
    prefix: str


def purpose_of(body: EmbeddingRequest, facts: EmbeddingFacts) -> Purpose:
    """The purpose asked for, or the model's default; token ids are embedded as they are, for none."""
    if body.inputs[0].token_ids is not None:
        return Purpose(None, "")
    return purpose(body.input_type or facts.default_input_type, facts)


def purpose(input_type: InputType | None, facts: EmbeddingFacts) -> Purpose:
    """A purpose with the model's prefix for it, empty for a model that has none."""
    return Purpose(input_type, "" if input_type is None else facts.prefixes.get(input_type, ""))


def check_count(count: int, limit: int, param: str) -> None:
    """Refuse more inputs than the server takes in one request.

    Raises:
        InvalidRequest: Naming `param` and the limit.
    """
    if count > limit:
        message = f"Invalid '{param}': array too long. Expected an array with maximum length {limit}, "
        raise InvalidRequest(
            f"{message}but got an array with length {count} instead.", param=param, code="array_above_max_length"
        )


def check_dimensions(asked: int | None, facts: EmbeddingFacts) -> None:
    """Refuse a length that the model's embeddings cannot have.

    Raises:
        InvalidRequest: Longer than they are, or shorter for a model that was not trained for it.
    """
    if asked is None or asked == facts.dimensions:
        return
    if asked > facts.dimensions:
        message = "Invalid 'dimensions': integer above maximum value. "
        message += f"Expected a value <= {facts.dimensions}, but got {asked} instead."
        raise InvalidRequest(message, param="dimensions", code="integer_above_max_value")
    if not facts.nested:
        message = f"This model's embeddings have {facts.dimensions} numbers and lose their meaning when shortened: "
        message += "it was not trained for 'dimensions'."
        raise InvalidRequest(message, param="dimensions", code="unsupported_parameter")
