"""Everything a process writes to its log has one form, whoever says it."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging
from jobai_server.logs import configure_logging
configure_logging(debug={debug}, log_format="json")
logging.getLogger("jobai_server.door").info("ours")
logging.getLogger("some.library").info("not worth a line")
logging.getLogger("some.library").warning("a library's")
logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
logging.getLogger("uvicorn.error").error("uvicorn's")
"""


def messages(*, debug: bool) -> list[tuple[str, str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(debug=debug)], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    return [(line["level"], line["message"]) for line in lines]


def test_libraries_warnings_are_lines_like_ours() -> None:
    assert messages(debug=False) == [("info", "ours"), ("warning", "a library's"), ("error", "uvicorn's")]


def test_requests_that_are_no_http_are_told_of_in_debug_mode() -> None:
    assert ("warning", "Invalid HTTP request received.") in messages(debug=True)
