from __future__ import annotations

from typing import Any

import pytest

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format import json_schema
from jobai_server.openai_format.json_schema import check_json_schema
from jobai_server.openai_format.schema_tree import with_renamed_definitions

SOME_COUNT = json_schema.MAX_COUNTS["Length"]


def nested(levels: int, inner: Any = True) -> Any:
    for _ in range(levels):
        inner = {"type": "object", "properties": {"a": inner}}
    return inner


def alternatives(levels: int) -> Any:
    inner: Any = {"type": "string"}
    for _ in range(levels):
        inner = {"oneOf": [inner, {"type": "integer"}]}
    return inner


def wide(count: int) -> Any:
    return {"type": "object", "properties": {f"p{i}": True for i in range(count)}}


def bomb(levels: int) -> Any:
    definitions: dict[str, Any] = {f"d{levels}": {"type": "string"}}
    for level in range(levels):
        reference = {"$ref": f"#/$defs/d{level + 1}"}
        definitions[f"d{level}"] = {"type": "object", "properties": dict.fromkeys("abcd", reference)}
    return {"$defs": definitions, "$ref": "#/$defs/d0"}


ACCEPTED = [
    {},
    {"type": "object"},
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "T", "type": "object"},
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}},
    {"type": "object", "properties": {"a": {"$ref": "#/definitions/A"}}, "definitions": {"A": {"type": "string"}}},
    {"type": "string", "format": "something-unknown"},
    {"type": "object", "properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}}},
    {"type": "object", "additionalProperties": False, "required": ["a"], "properties": {"a": {"enum": [1, None]}}},
    {"anyOf": [{"type": "string"}, {"type": "null"}]},
    {"type": "string", "contentMediaType": "application/json", "contentSchema": {"type": "array"}},  # pydantic's Json
    {"type": ["string", "number", "integer", "boolean", "object", "array", "null"]},
    nested(json_schema.MAX_DEPTH),
    alternatives(json_schema.MAX_ALTERNATIVES_DEPTH),
    wide(json_schema.MAX_NODES - 1),
    {"enum": list(range(json_schema.MAX_ENUM_VALUES))},
    {"type": "string", "maxLength": SOME_COUNT},
    {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
    {"type": "string", "pattern": "a" * json_schema.MAX_PATTERN_LENGTH},
    {"type": "string", "pattern": "a{100}"},
    {"type": "integer", "multipleOf": 1000},
    {"type": "number", "multipleOf": 0.01},
    {"allOf": [{"pattern": "a"}, {"pattern": "b"}]},
    {"enum": [2**63 - 1, -(2**63)]},
]

REFUSED = [
    {"type": "integer", "multipleOf": 999999937},
    {"type": "integer", "multipleOf": 1000000},
    {"type": "number", "multipleOf": 99991.7},
    {"type": "number", "multipleOf": 1e300},
    {"allOf": [{"multipleOf": 9973}, {"multipleOf": 9967}]},
    {"allOf": [{"pattern": "a"}, {"pattern": "b"}, {"pattern": "c"}]},
    {"allOf": [{"$ref": "#/$defs/a"}] * 3, "$defs": {"a": {"pattern": "a"}}},
    {"type": "object", "x-guidance": {"item_separator": "(("}},
    {"properties": {"a": {"x-guidance": {}}}},
    {"enum": [2**63]},
    {"type": "string", "default": -(2**80)},
    {"type": ["x"], "pattern": "["},
    {"type": "x"},
    {"type": None},
    {"type": ["x", *range(10_500)]},  # which would take a minute to compare
    {"properties": {"a": {"type": ["string"] * 8}}},
    {"contentSchema": {"type": ["x", *range(10_500)]}},
    {"properties": [1]},
    {"required": "a"},
    {"items": 5},
    {"minLength": "1"},
    {"minLength": -1},
    nested(json_schema.MAX_DEPTH + 1),
    nested(1000),
    alternatives(json_schema.MAX_ALTERNATIVES_DEPTH + 1),
    alternatives(12),
    wide(json_schema.MAX_NODES),
    {"enum": list(range(json_schema.MAX_ENUM_VALUES + 1))},
    {"description": "x" * json_schema.MAX_BYTES},
    {"type": "string", "maxLength": SOME_COUNT + 1},
    {"type": "string", "minLength": 2**70},
    {"type": "array", "maxItems": 2**31 - 1},
    {"type": "array", "minItems": 1e300},
    {"type": "object", "maxProperties": 10**9},
    {"type": "string", "pattern": "^[^\\n]{1,129}$"},
    {"type": "string", "pattern": "a{101}"},
    {"type": "string", "pattern": "a{99999999999999999999}"},
    {"type": "string", "pattern": "((a{100}){100}){2}"},
    {"type": "string", "pattern": "["},
    {"type": "string", "pattern": 5},
    {"type": "string", "pattern": "a" * (json_schema.MAX_PATTERN_LENGTH + 1)},
    {"type": "object", "patternProperties": {"[": True}},
    {"type": "object", "patternProperties": {"a{1000}": True}},
    {"type": "object", "patternProperties": {f"a{i}": True for i in range(json_schema.MAX_PATTERNS + 1)}},
    bomb(8),
    {"$ref": "#"},
    {"$ref": "#/properties/a", "properties": {"a": True}},
    {"$ref": "http://169.254.169.254/"},
    {"$ref": "file:///etc/passwd"},
    {"$ref": "#/$defs/missing"},
    {"$ref": 5},
    {"$ref": ["#/$defs/a"]},
    {"$defs": {"n": {"type": "object", "properties": {"c": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"},
    {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    {"$dynamicRef": "#a"},
    {"properties": {"a": {"$defs": {"b": True}}}},
]


@pytest.mark.parametrize("schema", ACCEPTED)
def test_ordinary_schemas_are_accepted(schema: dict[str, Any]) -> None:
    assert check_json_schema(schema, "response_format") >= 1


@pytest.mark.parametrize("schema", REFUSED)
def test_invalid_or_costly_schemas_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_json_schema(schema, "response_format")
    assert (caught.value.param, caught.value.code) == ("response_format", "invalid_json_schema")
    assert len(caught.value.message) < 300


def test_references_count_as_what_they_refer_to() -> None:
    definition = {"$defs": {"a": {"type": "object", "properties": {"b": True}}}}
    once = check_json_schema(definition | {"properties": {"x": {"$ref": "#/$defs/a"}}}, "p")
    twice = check_json_schema(
        definition | {"properties": {"x": {"$ref": "#/$defs/a"}, "y": {"$ref": "#/$defs/a"}}}, "p"
    )
    assert twice - once == 3


def test_definitions_are_renamed_only_where_they_are_references() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}, "$ref": {"type": "string"}, "items": {"$ref": "#/definitions/A"}},
        "default": {"$ref": "#/$defs/A"},
        "$defs": {"A": {"anyOf": [{"$ref": "#/definitions/A"}, {"type": "null"}]}},
        "definitions": {"A": {"type": "string"}},
    }
    renamed, definitions = with_renamed_definitions(schema, "t0_")
    first, second = definitions
    assert first != second
    assert renamed["properties"]["a"] == {"$ref": f"#/$defs/{first}"}
    assert renamed["properties"]["items"] == {"$ref": f"#/$defs/{second}"}
    assert renamed["properties"]["$ref"] == {"type": "string"}
    assert renamed["default"] == {"$ref": "#/$defs/A"}
    assert definitions[first]["anyOf"][0] == {"$ref": f"#/$defs/{second}"}
