"""How durations are written."""

from __future__ import annotations

import pytest

from jobai_server.web.metering import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0001, "1ms"),
        (0.12, "120ms"),
        (0.9999, "1000ms"),
        (1, "1s"),
        (1.2, "2s"),
        (59.2, "1m0s"),
        (360, "6m0s"),
        (3601, "1h0m1s"),
    ],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text
