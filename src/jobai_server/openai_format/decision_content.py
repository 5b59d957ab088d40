"""What the input and the questions of a decision are made of: text, and JSON as text."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from jobai_server.openai_format.field_types import chosen_by, field_of, refusal, tag, text_or_list
from jobai_server.openai_format.request_model import RequestPart, Text

# Those of the official client's documentation.
MAX_JSON_DEPTH = 32
MAX_JSON_VALUES = 10_000
MAX_JSON_BYTES = 256 * 1024
MAX_PARTS = 2048


class CacheBreakpoint(RequestPart):
    """Accepted and without effect: the whole input is cached by itself."""

    mode: Literal["explicit"]


class InputText(RequestPart):
    type: Literal["input_text"]
    text: Text
    prompt_cache_breakpoint: CacheBreakpoint | None = None

    def as_text(self) -> str:
        return self.text


def _object_or_list(value: Any) -> str | None:
    return "object" if isinstance(value, dict) else "list" if isinstance(value, list) else None


class InputJson(RequestPart):
    """An object or an array of objects; the model reads it as compact JSON."""

    type: Literal["input_json"]
    data: Annotated[
        Annotated[dict[str, Any], tag("object")] | Annotated[list[dict[str, Any]], Field(fail_fast=True), tag("list")],
        chosen_by(_object_or_list, expected="an object or an array of objects"),
    ]

    @model_validator(mode="before")
    @classmethod
    def _is_bounded(cls, data: Any) -> Any:
        value = data.get("data") if isinstance(data, dict) else None
        if isinstance(value, dict | list):
            _check_json(value)
        return data

    def as_text(self) -> str:
        return _compact(self.data)


class UnsupportedPart(RequestPart):
    """Images, and what is no part at all: this class fails, with an error about the type."""

    type: Literal["input_text", "input_json"]

    @model_validator(mode="before")
    @classmethod
    def _no_images(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("type") == "input_image":
            raise refusal("unsupported_content_type", "This model reads no images.", param="type")
        if isinstance(data, dict):
            return {"type": data["type"]} if "type" in data else {}
        return data

    def as_text(self) -> str:
        raise AssertionError("no value passes")


def _kind(value: Any) -> str:
    kind = field_of(value, "type")
    return {"input_text": "text", "input_json": "json"}.get(kind, "none") if isinstance(kind, str) else "none"


Part = Annotated[
    Annotated[InputText, tag("text")] | Annotated[InputJson, tag("json")] | Annotated[UnsupportedPart, tag("none")],
    chosen_by(_kind, expected="a content part"),
]
Content = Annotated[
    Annotated[Text, tag("text")] | Annotated[list[Part], Field(fail_fast=True, max_length=MAX_PARTS), tag("list")],
    chosen_by(text_or_list, expected="a string or an array of content parts"),
]


def text_of(content: str | list[Any]) -> str:
    """The content as the model reads it, one part a line."""
    return content if isinstance(content, str) else "\n".join(part.as_text() for part in content)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _check_json(value: Any) -> None:
    """
    Raises:
        PydanticCustomError: Too deep, too many values, or too large.
    """
    level, depth, values = [value], 0, 0
    while level:
        values += len(level)
        containers = [item for item in level if isinstance(item, dict | list)]
        depth += bool(containers)
        if depth > MAX_JSON_DEPTH:
            message = f"JSON data may be at most {MAX_JSON_DEPTH} levels deep."
            raise refusal("invalid_value", message, param="data")
        if values > MAX_JSON_VALUES:
            message = f"JSON data may hold at most {MAX_JSON_VALUES} values."
            raise refusal("invalid_value", message, param="data")
        level = [item for holder in containers for item in (holder.values() if isinstance(holder, dict) else holder)]
    if len(_compact(value).encode()) > MAX_JSON_BYTES:
        message = f"JSON data may take at most {MAX_JSON_BYTES} bytes as compact JSON."
        raise refusal("invalid_value", message, param="data")
