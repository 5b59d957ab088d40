"""A request's body as JSON: plain, finite and bounded, so that nothing behind it meets what parsers trip up on."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from starlette.requests import Request

from jobai_server.errors import InvalidJson, UnsupportedMediaType

# JSON data inside a decision's input may be 32 levels deep, and lies five levels below the body.
MAX_DEPTH = 40
UNSAFE_ESCAPE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


def json_body(request: Request) -> dict[str, Any]:
    """The JSON object in the body that the door has read.

    Raises:
        UnsupportedMediaType: It is not declared as JSON.
        InvalidJson: As `decode_json`.
    """
    body: bytes = request.state.body
    if not body and "content-type" not in request.headers:
        return {}  # a body that says nothing and claims nothing: what fields it lacks is for the route to say
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType("Send the body as JSON, with the header Content-Type: application/json.")
    return decode_json(body)


def decode_json(body: bytes) -> dict[str, Any]:
    """A JSON object, unless it is one that trips up what comes after.

    Raises:
        InvalidJson: Not UTF-8, not JSON, not an object, NaN or infinite numbers, duplicate keys, nesting deeper than
            MAX_DEPTH, lone surrogates or NUL characters.
    """
    try:
        text = body.decode()
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_finite, parse_float=_finite)
    except UnicodeDecodeError:
        raise InvalidJson("The request body is not valid UTF-8.", code="invalid_unicode") from None
    except json.JSONDecodeError as error:
        raise InvalidJson(
            f"The request body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except (RecursionError, ValueError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise InvalidJson(f"The request body is not acceptable JSON: {reason}.") from None
    if not isinstance(document, dict):
        raise InvalidJson("The request body must be a JSON object.")
    _check_depth(document)
    if b"\x00" in body or UNSAFE_ESCAPE.search(body):
        _check_text(document)
    return document


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise InvalidJson(f"The request body is nested more than {MAX_DEPTH} levels deep.")


def _check_text(document: Any) -> None:
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and not _is_text(value):
            raise InvalidJson(
                "The request body holds a NUL character or half of a surrogate pair.", code="invalid_unicode"
            )


def _is_text(value: str) -> bool:
    try:
        return b"\x00" not in value.encode()
    except UnicodeEncodeError:
        return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("an object has the same key twice")
    return document


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is out of range")
    return number
