"""How log lines look: time, level, message, on standard error; whatever has the form of an API key is masked."""

from __future__ import annotations

import logging
import re
import sys

_KEY = re.compile(r"(jobai_[0-9A-Za-z]{12}_)[0-9A-Za-z]{6,}")


def masked(text: str) -> str:
    """The text without the secrets of our API keys; their public ids stay."""
    return _KEY.sub(r"\1***", text)


class MaskingFormatter(logging.Formatter):
    """Masks whole entries, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def configure_logging(*, debug: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"))
    root = logging.getLogger("jobai_server")
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    root.propagate = False
    if not debug:
        # A database that is away is told of once, by us; not three times a second, with a traceback.
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
