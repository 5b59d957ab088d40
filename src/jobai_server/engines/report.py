"""What an engine process tells the supervisor over its control channel."""

from __future__ import annotations

import json
import socket

from jobai_server.process import Message


class Report:
    """Progress for the supervisor, one JSON line each; safe from any thread.

    Events: `progress` with what is being done, `ready`, `failed` with the reason, `asleep` and `awake` where it was
    told to, and `alive` for as long as the engine does its work.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def __call__(self, event: str, detail: str = "") -> None:
        message: Message = {"event": event, "detail": detail}
        self._control.sendall(json.dumps(message).encode() + b"\n")


def reason(error: BaseException) -> str:
    """An error in one line of at most 500 characters."""
    while isinstance(error, BaseExceptionGroup):  # a task group's; what went wrong is inside
        error = error.exceptions[0]
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"[:500]


def first_line(error: Exception) -> str:
    """Its message for people, without its type: one line of at most 300 characters."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
