"""Where JSON Schema keeps schemas inside schemas; data that only looks like a schema is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
"""Keywords that hold an object of schemas."""
LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
"""Keywords that hold an array of schemas."""
SINGLE = (
    "items",
    "additionalProperties",
    "additionalItems",
    "contains",
    "propertyNames",
    "contentSchema",
    "unevaluatedItems",
    "unevaluatedProperties",
    "not",
    "if",
    "then",
    "else",
)
"""Keywords that hold one schema."""
DEFINITIONS = ("$defs", "definitions")


def children(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every direct sub-schema with the keyword that holds it; `items` may also be an array of schemas."""
    for keyword in NAMED:
        if isinstance(schema.get(keyword), Mapping):
            yield from ((keyword, child) for child in schema[keyword].values())
    for keyword in LISTED:
        if isinstance(schema.get(keyword), list):
            yield from ((keyword, child) for child in schema[keyword])
    for keyword in SINGLE:
        if keyword in schema:
            held = schema[keyword]
            yield from ((keyword, child) for child in (held if isinstance(held, list) else [held]))


def referred(root: Mapping[str, Any], reference: object) -> Any:
    """The schema a reference of the form `#/$defs/name` means.

    Raises:
        ValueError: The reference has another form.
        LookupError: There is no such definition.
    """
    parts = reference.split("/") if isinstance(reference, str) else []
    if len(parts) != 3 or parts[0] != "#" or parts[1] not in DEFINITIONS:
        raise ValueError("reference")
    definitions = root.get(parts[1])
    if not isinstance(definitions, Mapping):
        raise LookupError("definition")
    return definitions[parts[2].replace("~1", "/").replace("~0", "~")]


def with_renamed_definitions(schema: Mapping[str, Any], prefix: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema without its definitions, and these under new names, all references following.

    Both kinds of definitions become `$defs`; `prefix` is put before every name, and a letter for the kind.
    """
    definitions: dict[str, Any] = {}
    for keyword in DEFINITIONS:
        for name, child in (schema.get(keyword) or {}).items():
            definitions[f"{prefix}{keyword[-4]}_{name}"] = _renamed(child, prefix)
    rest = {key: value for key, value in schema.items() if key not in DEFINITIONS and key not in ("$schema", "$id")}
    return _renamed(rest, prefix), definitions


def _renamed(schema: Any, prefix: str) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    renamed = dict(schema)
    for keyword in NAMED:
        if isinstance(schema.get(keyword), Mapping):
            renamed[keyword] = {name: _renamed(child, prefix) for name, child in schema[keyword].items()}
    for keyword in (*LISTED, *SINGLE):
        held = schema.get(keyword)
        if isinstance(held, list):
            renamed[keyword] = [_renamed(child, prefix) for child in held]
        elif keyword in schema:
            renamed[keyword] = _renamed(held, prefix)
    if isinstance(schema.get("$ref"), str):
        _, keyword, name = schema["$ref"].split("/", 2)
        renamed["$ref"] = f"#/$defs/{prefix}{keyword[-4]}_{name}"
    return renamed
