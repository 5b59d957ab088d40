"""`response_format`: free text, any JSON object, or JSON of a given schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from jobai_server.engines.protocol import JsonShape
from jobai_server.openai_format.field_types import chosen_by, field_of, tag
from jobai_server.openai_format.json_schema import check_json_schema
from jobai_server.openai_format.request_model import RequestPart


class NamedSchema(RequestPart):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: Annotated[str, Field(max_length=16_384)] | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None
    """Accepted: answers always follow the schema."""


class PlainFormat(RequestPart):
    type: Literal["text", "json_object", "json_schema"]


class SchemaFormat(RequestPart):
    type: Literal["json_schema"]
    json_schema: NamedSchema


def _format(value: Any) -> str:
    return "schema" if field_of(value, "type") == "json_schema" else "plain"


ResponseFormat = Annotated[
    Annotated[PlainFormat, tag("plain")] | Annotated[SchemaFormat, tag("schema")],
    chosen_by(_format, expected="an object"),
]


def json_shape(response_format: PlainFormat | SchemaFormat | None) -> JsonShape | None:
    """The constraint on the answer, or None for free text.

    Raises:
        InvalidRequest: The schema is not acceptable.
    """
    if isinstance(response_format, SchemaFormat):
        schema = response_format.json_schema.schema_
        if not schema:
            return JsonShape()
        check_json_schema(schema, "response_format")
        return JsonShape(schema)
    if response_format is not None and response_format.type == "json_object":
        return JsonShape()
    return None
