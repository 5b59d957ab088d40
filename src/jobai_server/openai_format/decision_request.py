"""The request of POST /v1/decisions, as the official client's `decisions.create` sends it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from jobai_server.openai_format.decision_content import Content
from jobai_server.openai_format.decision_input import DecisionInput
from jobai_server.openai_format.field_types import chosen_by, field_of, refusal, tag
from jobai_server.openai_format.request_model import Label, RequestBody, RequestPart, Text

# Those of the official client's documentation.
MAX_QUESTIONS = 400
MAX_CHOICES = 255
MAX_LEVELS = 10


class _Question(RequestPart):
    instructions: Content
    name: Label | None = None


class Predicate(_Question):
    """How likely a statement about the input is true."""

    type: Literal["predicate"]


def _text_or_boolean(value: Any) -> str | None:
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else None


class ChoiceOption(RequestPart):
    """A string and a boolean with the same text are two values."""

    value: Annotated[
        Annotated[Annotated[str, Field(min_length=1, max_length=4096)], tag("text")] | Annotated[bool, tag("boolean")],
        chosen_by(_text_or_boolean, expected="a string or a boolean"),
    ]
    description: Text | None = None


class Choice(_Question):
    """Which of the options fits the input."""

    type: Literal["choice"]
    choices: Annotated[list[ChoiceOption], Field(fail_fast=True, min_length=2, max_length=MAX_CHOICES)]

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        seen: set[tuple[type, str | bool]] = set()
        for number, choice in enumerate(self.choices):
            key = (type(choice.value), choice.value)
            if key in seen:
                message = "Every choice must be unique, but this value is given twice."
                raise refusal("invalid_value", message, param=f"choices[{number}].value")
            seen.add(key)
        return self


class Level(RequestPart):
    label: Annotated[str, Field(min_length=1, max_length=4096)]
    description: Text | None = None


class Score(_Question):
    """Where the input stands on ordered levels, the lowest first."""

    type: Literal["score"]
    levels: Annotated[list[Level], Field(fail_fast=True, min_length=2, max_length=MAX_LEVELS)]


class QuestionOfNoType(RequestPart):
    """Where `type` is missing or wrong: this class fails, with an error about the type."""

    type: Literal["predicate", "choice", "score"]
    instructions: Any = None
    name: Any = None

    @model_validator(mode="before")
    @classmethod
    def _only_the_type(cls, data: Any) -> Any:
        return {name: data[name] for name in ("type",) if name in data} if isinstance(data, dict) else data


def _kind(value: Any) -> str:
    kind = field_of(value, "type")
    return kind if kind in ("predicate", "choice", "score") else "none"


Question = Annotated[
    Annotated[Predicate, tag("predicate")]
    | Annotated[Choice, tag("choice")]
    | Annotated[Score, tag("score")]
    | Annotated[QuestionOfNoType, tag("none")],
    chosen_by(_kind, expected="a question object"),
]


class CacheOptions(RequestPart):
    """Accepted and without effect: the whole input is cached by itself, for as long as there is room."""

    mode: Literal["implicit", "explicit"] | None = None
    ttl: Literal["30m"] | None = None


class DecisionRequest(RequestBody):
    """The body of POST /v1/decisions. Like elsewhere, `model` may be missing here."""

    input: DecisionInput
    questions: Annotated[list[Question], Field(fail_fast=True, min_length=1, max_length=MAX_QUESTIONS)]
    prompt_cache_options: CacheOptions | None = None
    safety_identifier: Annotated[str, Field(max_length=128)] | None = None
