"""One clear sentence and the field at fault, made of pydantic's list of errors; what the caller sent stays out of it.

Unions in request models carry tags that start with `=` (see `field_types.py`), so that they can be left out of
the field's path here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from jobai_server.errors import InvalidRequest

MAX_SHOWN = 64
"""Characters of a caller's value that may appear in a message."""

TAG_MARK = "="

EXPECTED = {
    "int_type": "an integer",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "a string",
    "bool_type": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def invalid_request(errors: Sequence[Mapping[str, Any]]) -> InvalidRequest:
    """Choose the most useful of pydantic's errors and put it in OpenAI's words.

    Args:
        errors: `ValidationError.errors()`, locations starting at the body; at least one.
    """
    unknown = [error for error in errors if error["type"] == "extra_forbidden"]
    return _described((unknown or list(errors))[0])


def unknown_parameter(name: str, *, known: Collection[str] = (), prefix: str = "") -> InvalidRequest:
    """A field that does not exist, with the nearest one that does."""
    param = prefix + shown(name)
    near = get_close_matches(name[:MAX_SHOWN], known, n=1, cutoff=0.7)
    hint = f" Did you mean '{prefix}{near[0]}'?" if near else ""
    return InvalidRequest(f"Unknown parameter: '{param}'.{hint}", param=param, code="unknown_parameter")


def wrong_type(what: str, param: str | None, expected: str, value: object) -> InvalidRequest:
    """A value of the wrong JSON type."""
    message = f"Invalid type for {what}: expected {expected}, but got {kind_of(value)} instead."
    return InvalidRequest(message, param=param, code="invalid_type")


def shown(value: object) -> str:
    """A caller's value, short and printable, for use inside a message."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() <= 128 else "a very large number"
    text = value[: MAX_SHOWN + 1] if isinstance(value, str) else str(value)[: MAX_SHOWN + 1]
    clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return clean if len(clean) <= MAX_SHOWN else clean[: MAX_SHOWN - 1] + "…"


def kind_of(value: object) -> str:
    """The JSON type of a value, with its article."""
    kinds: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a decimal number"),
        (str, "a string"),
        (dict, "an object"),
        ((list, tuple), "an array"),
    ]
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def parameter_path(location: Sequence[str | int]) -> str:
    """OpenAI's notation of a place in the body: `messages[0].content`."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith(TAG_MARK):
            path += f".{shown(part)}" if path else shown(part)
    return path


def _described(error: Mapping[str, Any]) -> InvalidRequest:
    kind, context = str(error["type"]), dict(error.get("ctx") or {})
    location = list(error["loc"])
    if kind == "extra_forbidden":
        prefix = parameter_path(location[:-1])
        return unknown_parameter(str(location[-1]), prefix=f"{prefix}." if prefix else "")
    if location and location[-1] == "[key]":
        location, kind = location[:-2], "string_pattern_mismatch"
    param = ".".join(part for part in (parameter_path(location), context.get("param", "")) if part)
    if kind == "missing":
        return InvalidRequest(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    if kind in EXPECTED or kind == "wrong_kind":
        return wrong_type(f"'{param}'", param, EXPECTED.get(kind) or str(error["msg"]), error.get("input"))
    message, code = _out_of_bounds(kind, context, param, error.get("input")) or _invalid_value(error, param)
    return InvalidRequest(message, param=param or None, code=code)


def _out_of_bounds(kind: str, context: Mapping[str, Any], param: str, value: object) -> tuple[str, str] | None:
    """Message and code of a broken limit, or None where the error is not about one."""
    number = (
        "decimal" if any(isinstance(context.get(bound), float) for bound in ("le", "lt", "ge", "gt")) else "integer"
    )
    comparisons = {
        "less_than_equal": ("above maximum", "<=", "le", "above_max_value"),
        "less_than": ("above maximum", "<", "lt", "above_max_value"),
        "greater_than_equal": ("below minimum", ">=", "ge", "below_min_value"),
        "greater_than": ("below minimum", ">", "gt", "below_min_value"),
    }
    if kind in comparisons:
        words, sign, bound, code = comparisons[kind]
        expected = f"Expected a value {sign} {shown(context[bound])}, but got {shown(value)} instead."
        return f"Invalid '{param}': {number} {words} value. {expected}", f"{number}_{code}"
    if kind in ("too_long", "string_too_long"):
        noun = _collection(value)
        limit = f"Expected {_a(noun)} with maximum length {context['max_length']}"
        got = f", but got {_a(noun)} with length {len(value)} instead." if isinstance(value, (str, list, dict)) else "."
        return f"Invalid '{param}': {noun} too long. {limit}{got}", f"{noun}_above_max_length"
    if kind in ("too_short", "string_too_short"):
        noun = _collection(value)
        message = (
            f"Invalid '{param}': {noun} too short. Expected {_a(noun)} with minimum length {context['min_length']}."
        )
        return message, f"empty_{noun}" if not value else f"{noun}_below_min_length"
    return None


def _invalid_value(error: Mapping[str, Any], param: str) -> tuple[str, str]:
    """Message and code of a value of the right type that is not acceptable."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind == "literal_error":
        value = error.get("input")
        got = f"'{shown(value)}'" if isinstance(value, str) else kind_of(value)
        return f"Invalid value for '{param}': {got}. Supported values are: {context['expected']}.", "invalid_value"
    if kind == "string_pattern_mismatch":
        return f"Invalid value for '{param}': it does not have the required form.", "invalid_value"
    if "code" in context:
        return str(error["msg"]), str(context["code"])
    return f"Invalid value for '{param}'." if param else "Invalid request.", "invalid_value"


def _collection(value: object) -> str:
    return "string" if isinstance(value, str) else "object" if isinstance(value, dict) else "array"


def _a(noun: str) -> str:
    return f"a {noun}" if noun == "string" else f"an {noun}"
