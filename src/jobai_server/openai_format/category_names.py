"""Names of categories: which are names at all, and which are the same to a reader."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from jobai_server.openai_format.field_types import refusal

MAX_NAME_LENGTH = 200

# Not all of Unicode's format characters: some of them tell flags apart, which nobody would take for the same.
_ZERO_WIDTH = dict.fromkeys(
    [0x00AD, 0x034F, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)


def same_name(name: str) -> str:
    """Equal for names that differ in nothing but white space, case and characters without width."""
    return " ".join(name.translate(_ZERO_WIDTH).split()).casefold()


def _not_blank(name: str) -> str:
    if not same_name(name):
        raise refusal("invalid_value", "A category's name may not be blank.")
    return name


CategoryName = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH), AfterValidator(_not_blank)]
