"""What OpenAI takes as a prompt or as an input to embed: a text, token ids, or a list of either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from jobai_server.openai_format.request_model import MAX_TEXT_LENGTH

PromptText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH)]
PromptTokenId = Annotated[int, Field(ge=0, le=2**31 - 1)]
PromptTokens = Annotated[list[PromptTokenId], Field(fail_fast=True, min_length=1, max_length=1_048_576)]

PromptForms = str | list[str] | list[int] | list[list[int]]


@dataclass(frozen=True, slots=True)
class PromptInput:
    """One prompt, with its place in the request: text, or token ids."""

    param: str
    text: str | None = None
    token_ids: list[int] | None = None


def prompt_form(value: Any) -> str | None:
    """Which of the four forms a value is meant to have: `text`, `texts`, `tokens` or `token_lists`."""
    if isinstance(value, str):
        return "text"
    if not isinstance(value, list):
        return None
    first = value[0] if value else ""
    if isinstance(first, list):
        return "token_lists"
    return "tokens" if isinstance(first, int) and not isinstance(first, bool) else "texts"


def prompt_inputs(field: str, value: PromptForms) -> list[PromptInput]:
    """The prompts one by one, in order, named after the field they came in."""
    if isinstance(value, str):
        return [PromptInput(field, text=value)]
    texts = [one for one in value if isinstance(one, str)]
    if texts:
        return [PromptInput(f"{field}[{index}]", text=text) for index, text in enumerate(texts)]
    token_lists = [one for one in value if isinstance(one, list)]
    if token_lists:
        return [PromptInput(f"{field}[{index}]", token_ids=ids) for index, ids in enumerate(token_lists)]
    return [PromptInput(field, token_ids=[one for one in value if isinstance(one, int)])]
