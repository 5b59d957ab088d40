"""What pydantic lacks: unions chosen by a look at the value, bounds checked first, errors with OpenAI's codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BeforeValidator, Discriminator, Tag
from pydantic_core import PydanticCustomError

from jobai_server.openai_format.validation_errors import TAG_MARK


def tag(name: str) -> Tag:
    """Mark one member of a union; the mark keeps the tag out of error paths."""
    return Tag(TAG_MARK + name)


def chosen_by(choose: Callable[[Any], str | None], *, expected: str) -> Discriminator:
    """Choose the member of a union by a function of the value.

    Args:
        choose: Gives the name used with `tag`, or None where no member fits the value.
        expected: What fits, for the error message: `a string or an array`.
    """

    def marked(value: Any) -> str | None:
        name = choose(value)
        return None if name is None else TAG_MARK + name

    return Discriminator(marked, custom_error_type="wrong_kind", custom_error_message=expected)


def at_most(limit: int) -> BeforeValidator:
    """Bound the entries of an object before any of them is looked at, which pydantic's own bound is not."""

    def check(value: Any) -> Any:
        if isinstance(value, dict) and len(value) > limit:
            message = f"An object here may have at most {limit} entries, but {len(value)} were given."
            raise refusal("object_above_max_properties", message)
        return value

    return BeforeValidator(check)


def text_or_list(value: Any) -> str | None:
    """The usual pair: `text` for a string, `list` for an array."""
    return "text" if isinstance(value, str) else "list" if isinstance(value, list) else None


def field_of(value: Any, name: str) -> Any:
    """A field of an object, decoded JSON or a model that was read already; None where there is none."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def refusal(code: str, message: str, *, param: str = "") -> PydanticCustomError:
    """An error for validators of request models.

    Args:
        code: OpenAI's error code.
        message: The whole sentence.
        param: The field, relative to the model that is being validated; empty for the model itself.
    """
    # The braces of a caller's value must not be read as a template by pydantic.
    plain = message.replace("{", "(").replace("}", ")")
    return PydanticCustomError("refused", plain, {"code": code, "param": param})
