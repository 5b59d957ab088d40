from __future__ import annotations

import pytest

from jobai_server.engines.report import reason


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("\n no \nfurther"), "ValueError: no"),
        (KeyError(), "KeyError: no reason given"),
        (ExceptionGroup("tasks", [ExceptionGroup("more", [OSError("full")])]), "OSError: full"),
    ],
)
def test_an_error_is_told_in_one_line(error: Exception, line: str) -> None:
    assert reason(error) == line
