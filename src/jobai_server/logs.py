"""How log lines look: one JSON object or one line of text each, on standard error.

Whatever has the form of an API key is masked.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["json", "text"]

_KEY = re.compile(r"(jobai_[0-9A-Za-z]{12}_)[0-9A-Za-z]{6,}")


def masked(text: str) -> str:
    """The text without the secrets of our API keys; their public ids stay."""
    return _KEY.sub(r"\1***", text)


def log_fields(logger: logging.Logger, level: int, message: str, fields: Mapping[str, Any]) -> None:
    """Log `message` with named values, which stay apart from it in JSON lines."""
    if logger.isEnabledFor(level):
        logger.log(level, "%s", message, extra={"fields": fields})


class TextFormatter(logging.Formatter):
    """For people: time, level, message, `name=value` of every field."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        named = (f" {name}={_plain(value)}" for name, value in fields.items())
        return masked(super().format(record) + "".join(named))


class JsonFormatter(logging.Formatter):
    """For machines: one object a line; `time` in UTC, `error` with the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": record.process,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return masked(json.dumps(entry, default=str))


def configure_logging(*, debug: bool, log_format: LogFormat | None = None) -> None:
    """
    Args:
        log_format: None is text on a terminal and JSON elsewhere.
    """
    if log_format is None:
        log_format = "text" if sys.stderr.isatty() else "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger("jobai_server")
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    root.propagate = False
    # What a library has to say comes in the same form as everything else.
    logging.lastResort = logging.StreamHandler(sys.stderr)
    logging.lastResort.setLevel(logging.WARNING)
    logging.lastResort.setFormatter(handler.formatter)
    if not debug:
        # A line for each request that is no HTTP would let anybody fill the log.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        # A database that is away is told of once, by us; not three times a second, with a traceback.
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def _plain(value: Any) -> str:
    text = str(value)
    return text if text and text.isprintable() and " " not in text else json.dumps(text)
