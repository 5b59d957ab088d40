"""Bounds on the JSON schemas of callers, which engines compile: every one is checked before an engine sees it.

Compilation has no time limit in the engines, and small schemas can take hours or crash them; see vLLM's issue
54003 and xgrammar's advisory GHSA-mgrm-fgjv-mhv8. Schemas that refer to themselves are refused for that reason.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.schema_tree import DEFINITIONS, LISTED, children, referred
from jobai_server.openai_format.validation_errors import shown

MAX_BYTES = 64 * 1024
MAX_DEPTH = 10
"""Objects and arrays inside one another."""
MAX_ALTERNATIVES_DEPTH = 4
"""anyOf, oneOf, allOf, not, if inside one another within one object or array."""
MAX_NODES = 500
"""Sub-schemas, every reference counted as what it refers to."""
MAX_ENUM_VALUES = 1_000
MAX_TYPES = 7
MAX_PATTERNS = 16
MAX_PATTERN_LENGTH = 512
MAX_REPEAT = 100
MAX_REPEAT_PRODUCT = 10_000
MAX_PATTERNS_OF_ALL = 2
"""Patterns below `allOf`, all of which a text has to match at once: engines build their product."""
MAX_MULTIPLE = 100_000
"""All `multipleOf` multiplied, their decimal points left out: engines build as many states."""
MAX_COUNTS = {"Length": 10_000, "Items": 1_000, "Properties": 1_000, "Contains": 1_000}

SAME_LEVEL = (*LISTED[:3], "not", "if", "then", "else")
FORBIDDEN = ("$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor", "dependencies", "x-guidance")
REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def check_json_schema(schema: Mapping[str, Any], param: str) -> int:
    """Check that a schema is valid and cheap to compile.

    Args:
        schema: A caller's JSON Schema.
        param: Where it was in the request.

    Returns:
        How many sub-schemas it has, references counted as what they refer to.

    Raises:
        InvalidRequest: with code `invalid_json_schema`.
    """
    return _checked_nodes(check_size(schema, param), param)


def check_size(schema: Mapping[str, Any], param: str) -> str:
    """The text of a caller's JSON Schema, which must not be too long, whatever it says.

    Raises:
        InvalidRequest: with code `invalid_json_schema`.
    """
    try:
        text = json.dumps(schema, ensure_ascii=False)
    except RecursionError:
        raise _invalid(param, "it is nested too deeply") from None
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise _invalid(param, f"it has {size} bytes, at most {MAX_BYTES} are allowed")
    return text


# Callers send the same few schemas all day, and the rules of JSON Schema take up to a tenth of a second to check.
# 128 texts of MAX_BYTES are at most a few dozen megabytes.
@lru_cache(maxsize=128)
def _checked_nodes(text: str, param: str) -> int:
    schema = json.loads(text, parse_int=lambda digits: _small_integer(digits, param))
    walk = _Walk(schema, param)
    walk.visit(schema, depth=0, alternatives=0, path=())
    _check_meta_schema(schema, param)
    return walk.nodes


class _Walk:
    """One pass over a schema with its references followed; the node limit bounds its time."""

    def __init__(self, root: Mapping[str, Any], param: str) -> None:
        self.root = root
        self.param = param
        self.nodes = 0
        self.patterns = 0
        self.patterns_of_all = 0
        self.multiple = 1

    def visit(self, schema: Any, *, depth: int, alternatives: int, path: tuple[str, ...], of_all: bool = False) -> None:
        """Check one schema and all below it; `path` holds the references that led here."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _invalid(self.param, f"it has more than {MAX_NODES} parts, references included")
        if depth > MAX_DEPTH or alternatives > MAX_ALTERNATIVES_DEPTH:
            limit = f"{MAX_DEPTH} levels of objects and arrays and {MAX_ALTERNATIVES_DEPTH} of alternatives"
            raise _invalid(self.param, f"it is nested too deeply, at most {limit} are allowed")
        if not isinstance(schema, Mapping):
            if not isinstance(schema, bool):
                raise _invalid(self.param, "a schema must be an object or a boolean")
            return
        self.count_patterns(_check_keywords(schema, self.param), of_all=of_all or "allOf" in schema)
        self.multiple *= _states_of_multiple(schema.get("multipleOf"))
        if self.multiple > MAX_MULTIPLE:
            raise _invalid(self.param, f"its 'multipleOf' values multiplied are above {MAX_MULTIPLE}")
        if "$ref" in schema:
            self.follow(schema["$ref"], depth=depth, alternatives=alternatives, path=path, of_all=of_all)
        for keyword, child in children(schema):
            if keyword in DEFINITIONS and schema is not self.root:
                raise _invalid(self.param, f"'{keyword}' is only allowed at the top")
            same = keyword in SAME_LEVEL
            self.visit(
                child,
                depth=depth if same else depth + 1,
                alternatives=alternatives + 1 if same else 0,
                path=path,
                of_all=of_all or keyword == "allOf",
            )

    def count_patterns(self, found: int, *, of_all: bool) -> None:
        self.patterns += found
        if self.patterns > MAX_PATTERNS:
            raise _invalid(self.param, f"it has more than {MAX_PATTERNS} patterns, references included")
        self.patterns_of_all += found if of_all else 0
        if self.patterns_of_all > MAX_PATTERNS_OF_ALL:
            raise _invalid(self.param, f"it has more than {MAX_PATTERNS_OF_ALL} patterns in an 'allOf'")

    def follow(self, reference: Any, *, depth: int, alternatives: int, path: tuple[str, ...], of_all: bool) -> None:
        """Check what a reference means, in the place where it is used."""
        if reference in path:
            raise _invalid(self.param, "it refers to itself, which is not supported")
        try:
            target = referred(self.root, reference)
        except ValueError:
            raise _invalid(self.param, "a '$ref' must have the form '#/$defs/name'") from None
        except LookupError:
            raise _invalid(self.param, "a '$ref' points to a definition that does not exist") from None
        self.visit(target, depth=depth, alternatives=alternatives, path=(*path, reference), of_all=of_all)


def _check_keywords(schema: Mapping[str, Any], param: str) -> int:
    """The bounds within one schema; gives how many patterns it has."""
    for keyword in FORBIDDEN:
        if keyword in schema:
            raise _invalid(param, f"'{keyword}' is not supported")
    values = schema.get("enum")
    if isinstance(values, list) and len(values) > MAX_ENUM_VALUES:
        raise _invalid(param, f"an 'enum' has {len(values)} values, at most {MAX_ENUM_VALUES} are allowed")
    for noun, limit in MAX_COUNTS.items():
        for keyword in (f"min{noun}", f"max{noun}"):
            count = schema.get(keyword)
            if isinstance(count, (int, float)) and count > limit:
                raise _invalid(param, f"'{keyword}' is above {limit}")
    types = schema.get("type", "object")
    # More would cost the rules of JSON Schema, which compare each with each, minutes.
    if not isinstance(types, str) and not (isinstance(types, list) and len(types) <= MAX_TYPES):
        raise _invalid(param, f"'type' must be a name or a list of at most {MAX_TYPES}")
    patterns = [schema["pattern"]] if "pattern" in schema else []
    if isinstance(schema.get("patternProperties"), Mapping):
        patterns.extend(schema["patternProperties"])
    for pattern in patterns:
        _check_pattern(pattern, param)
    return len(patterns)


def _check_pattern(pattern: Any, param: str) -> None:
    """A regular expression is short, repeats little and compiles."""
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN_LENGTH:
        raise _invalid(param, f"a 'pattern' must be a string of at most {MAX_PATTERN_LENGTH} characters")
    product = 1
    for least, most in REPEAT.findall(pattern):
        count = max(int(least[:9]), int(most[:9] or 0))
        product *= max(count, 1)
        if count > MAX_REPEAT or product > MAX_REPEAT_PRODUCT:
            limit = f"each at most {MAX_REPEAT}, multiplied at most {MAX_REPEAT_PRODUCT}"
            raise _invalid(param, f"the repeat counts of a 'pattern' are too high ({limit})")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        raise _invalid(param, "a 'pattern' is not a valid regular expression") from None


def _states_of_multiple(multiple: Any) -> int:
    if not isinstance(multiple, (int, float)) or isinstance(multiple, bool):
        return 1
    digits = format(Decimal(str(multiple)), "f").replace(".", "").lstrip("-0")
    return int(digits or 1) if len(digits) < 9 else MAX_MULTIPLE + 1


def _small_integer(digits: str, param: str) -> int:
    """Engines pass schemas on in a form that knows no integer beyond 64 bits."""
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise _invalid(param, "it holds an integer beyond 64 bits")
    return int(digits)


def _check_meta_schema(schema: Mapping[str, Any], param: str) -> None:
    """The schema is one by the rules of JSON Schema itself."""
    from jsonschema import Draft202012Validator

    without_dialect = {key: value for key, value in schema.items() if key != "$schema"}
    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(without_dialect):
        keyword = next((part for part in reversed(error.absolute_path) if isinstance(part, str)), None)
        raise _invalid(param, f"the value of '{shown(keyword)}' is not valid" if keyword else "it is not valid")


def _invalid(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid schema for '{param}': {reason}.", param=param, code="invalid_json_schema")
