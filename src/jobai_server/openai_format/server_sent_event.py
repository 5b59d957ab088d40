"""JSON as server-sent events: one `data:` line each, fast for the one event that is sent for every token."""

from __future__ import annotations

import json
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

DONE = b"data: [DONE]\n\n"

MARK = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for the text where the bytes around it are prepared."""

# Clients that split a stream with str.splitlines() also break lines at these, which JSON leaves unescaped.
LINE_BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def json_text(text: str) -> bytes:
    """A JSON string, always valid UTF-8: half characters, which engines do not produce, become `?`."""
    if text.isascii():
        return encode_basestring_ascii(text).encode("ascii")
    return encode_basestring(text).translate(LINE_BREAKS).encode("utf-8", "replace")


def event(data: Any) -> bytes:
    """One event."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return b"data: " + text.translate(LINE_BREAKS).encode("utf-8", "replace") + b"\n\n"
