"""Answers with several tool calls, for chat templates that know one call per answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def single_calls(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The conversation with an answer for each call, and what the tool said right after it.

    Args:
        messages: As chat templates read them; results stand after the answer whose calls they belong to.
    """
    found: list[Mapping[str, Any]] = []
    waiting: list[Mapping[str, Any]] = list(messages)
    while waiting:
        message = waiting.pop(0)
        calls = message.get("tool_calls") or ()
        if len(calls) < 2:
            found.append(message)
            continue
        results = 0
        while results < len(waiting) and waiting[results]["role"] == "tool":
            results += 1
        told, waiting = waiting[:results], waiting[results:]
        for number, call in enumerate(calls):
            found.append({**message, "content": message["content"] if number == 0 else "", "tool_calls": [call]})
            found += [result for result in told if result["tool_call_id"] == call["id"]]
        known = {call["id"] for call in calls}
        found += [result for result in told if result["tool_call_id"] not in known]
    return found
