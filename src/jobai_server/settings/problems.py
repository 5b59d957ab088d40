"""What pydantic found wrong, as one line an operator can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, ByteSize, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from jobai_server.settings.engine_arguments import suggestion

Location = Sequence[str | int]

# Sentences of our own about more than one field; they name their keys themselves.
_SENTENCES = frozenset({"answer_too_long", "revision_without_hub", "refused_argument", "models_config"})


def describe(
    error: ValidationError,
    field_at: Callable[[Location], FieldInfo | None],
    key_of: Callable[[Location], str],
    names_at: Callable[[Location], Iterable[str]],
) -> str:
    """The first problem in one line, unknown keys before all others, since they are often the cause of the rest.

    Args:
        error: What validation raised.
        field_at: The field that a location means.
        key_of: How the operator wrote a location.
        names_at: The names allowed beside a location.
    """
    problems = sorted(error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden")
    first = problems[0]
    location = first["loc"]
    key = key_of(location)
    if first["type"] == "extra_forbidden":
        line = f"{key} is not a setting{suggestion(str(location[-1]), sorted(names_at(location)))}"
    elif first["type"] in _SENTENCES:
        line = f"{key}.{first['msg']}" if key else first["msg"]
    elif first["type"] == "missing":
        line = f"{key} is missing"
    else:
        line = _wrong_value(key, first, field_at(location))
    others = len(problems) - 1
    return f"{line} (and {others} more)" if others else line


def shortened(value: object) -> str:
    """A value for an error line: at most 40 characters of it, on one line."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _wrong_value(key: str, problem: ErrorDetails, field: FieldInfo | None) -> str:
    cause = problem.get("ctx", {}).get("error")
    allowed = str(cause) if isinstance(cause, ValueError) else _allowed(field) if field else problem["msg"]
    if field and "Secret" in str(field.annotation):
        return f"{key} is not acceptable; allowed: {allowed}"
    value = problem["input"]
    shown = "empty" if value == "" or value is None else "a section" if isinstance(value, dict) else shortened(value)
    return f"{key} is {shown}; allowed: {allowed}"


def _allowed(field: FieldInfo) -> str:
    if field.description:
        return field.description
    choices = [choice for choice in get_args(field.annotation) if choice is not NoneType] or [field.annotation]
    kind = choices[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "a section with name, source and further settings"
    if get_origin(kind) is Literal:
        return " or ".join(str(choice) for choice in get_args(kind))
    if kind in (int, float, ByteSize):
        return f"{'a number' if kind is float else 'a whole number'}{_range(field)}"
    if get_origin(field.annotation) is dict:
        return "a section of argument: value"
    return "true or false" if kind is bool else "text"


def _range(field: FieldInfo) -> str:
    lowest: Any = next((item.ge for item in field.metadata if isinstance(item, Ge)), None)
    highest: Any = next((item.le for item in field.metadata if isinstance(item, Le)), None)
    return "" if lowest is None or highest is None else f" from {lowest} to {highest}"
