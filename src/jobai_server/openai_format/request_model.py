"""What every request body has in common: strict types, no unknown field, and OpenAI fields without effect here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.field_types import at_most, refusal
from jobai_server.openai_format.validation_errors import invalid_request, shown, unknown_parameter, wrong_type

MAX_TEXT_LENGTH = 4 * 1024 * 1024
"""Characters in any one text of a request; the size limit of the body is usually tighter."""

MAX_FIELDS = 64
"""Fields in any one object; every object there is has far fewer."""

MAX_ERRORS_READ = 64
"""Mistakes looked at to choose the one reported."""

NOT_OFFERED = frozenset({
    "audio", "function_call", "functions", "modalities", "moderation", "prediction", "prompt_cache_options",
    "reasoning_effort", "verbosity", "web_search_options",
})  # fmt: skip
"""OpenAI's fields of chats that are refused here, unless they ask for nothing."""

Text = Annotated[str, Field(max_length=MAX_TEXT_LENGTH)]
Label = Annotated[str, Field(max_length=512)]
ModelName = Annotated[str, Field(max_length=256)]


class RequestPart(BaseModel):
    """Any object inside a request: types are not coerced and unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _is_not_a_flood(cls, data: Any) -> Any:
        """Pydantic makes an error object of every unknown field before the first can be read."""
        if isinstance(data, dict) and len(data) > MAX_FIELDS:
            raise refusal("unknown_parameter", "An object in the request has far too many fields.")
        return data


class RequestBody(RequestPart):
    """A whole request body, with the OpenAI fields that are accepted, checked and ignored.

    They describe the caller or OpenAI's own bookkeeping and change nothing in the answer. Every other field
    without an effect here is refused, so that nobody believes it works.
    """

    model: ModelName | None = None

    service_tier: Literal["auto", "default", "flex", "priority", "scale"] | None = None
    """Only `flex` has an effect: the request goes after all others. Nobody gets ahead by asking for it."""

    user: Label | None = None
    safety_identifier: Label | None = None
    prompt_cache_key: Label | None = None
    prompt_cache_retention: Label | None = None
    store: bool | None = None
    metadata: Annotated[dict[Annotated[str, Field(max_length=64)], Label], at_most(16)] | None = None


Body = TypeVar("Body", bound=RequestPart)


def parse_request(body_type: type[Body], data: object) -> Body:
    """Read a request body that already passed the checks on raw JSON.

    Args:
        body_type: Which request this must be.
        data: The decoded JSON.

    Raises:
        InvalidRequest: naming the field at fault in OpenAI's notation.
    """
    if not isinstance(data, dict):
        raise wrong_type("the request body", None, "an object", data)
    data = {
        name: value for name, value in data.items() if name in body_type.model_fields or not _asks_nothing(name, value)
    }
    _refuse_unknown_fields(body_type, data)
    try:
        return body_type.model_validate(data)
    except ValidationError as error:
        raise invalid_request(first_errors(error)) from None


def _asks_nothing(name: str, value: object) -> bool:
    """Whether a field of OpenAI's that has no counterpart here says what holds without it; typed clients send such."""
    return name in NOT_OFFERED and (value is None or (name == "modalities" and value == ["text"]))


def parse_query(query_type: type[Body], items: Iterable[tuple[str, str]]) -> Body:
    """Read a query string's names and values: numbers and truth values are read from their text.

    Raises:
        InvalidRequest: naming the parameter at fault.
    """
    data: dict[str, str] = {}
    for name, value in items:
        if name in data:
            raise InvalidRequest(f"The parameter '{shown(name)}' is given twice.", param=shown(name))
        if "\x00" in value:
            message = f"The parameter '{shown(name)}' holds a NUL character."
            raise InvalidRequest(message, param=shown(name), code="invalid_unicode")
        data[name] = value
    _refuse_unknown_fields(query_type, data)
    try:
        # Strict would leave numbers as the text they are; in all else, text is all that a query has.
        return query_type.model_validate_strings(data, strict=False)
    except ValidationError as error:
        raise invalid_request(first_errors(error)) from None


def _refuse_unknown_fields(body_type: type[Body], data: Mapping[str, Any]) -> None:
    """Find misspelt fields before their absence is reported, and without one error object for each."""
    for name in data:
        if name not in body_type.model_fields:
            raise unknown_parameter(name, known=body_type.model_fields)


def first_errors(error: ValidationError) -> list[dict[str, Any]]:
    """The first errors as plain data, without the documentation addresses."""
    return [dict(item) for item in error.errors(include_url=False)[:MAX_ERRORS_READ]]
