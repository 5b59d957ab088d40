"""The start and the ready block of `serve`, without a process tree."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from jobai_server import serve as serving
from jobai_server.settings import Settings, load_settings

KEY = "jobai_0123456789ab_" + "A" * 49


@pytest.fixture
def kept_handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def announced(host: str) -> None:
    settings = load_settings(host=host)
    server = settings.server.model_copy(update={"admin_key": "given"})
    settings = Settings(server=server, models=settings.models)
    asyncio.run(serving._announce_ready(settings, SimpleNamespace(engines=[]), 8080))  # type: ignore[arg-type]


@pytest.mark.parametrize(("host", "shown"), [("::1", "[::1]"), ("::", "localhost"), ("10.0.0.1", "10.0.0.1")])
def test_the_address_of_the_ready_block_can_be_opened(
    capsys: pytest.CaptureFixture[str], host: str, shown: str
) -> None:
    announced(host)
    assert f"jobai-server is ready at http://{shown}:8080/v1\n" in capsys.readouterr().out


def test_a_ready_block_that_nobody_can_read_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with caplog.at_level(logging.WARNING, "jobai_server.serve"):
        announced("127.0.0.1")
    sys.stdout.flush()
    assert "No space left on device" in caplog.text
    assert "jobai-server keys create" in caplog.text


@pytest.mark.usefixtures("kept_handler")
def test_sigterm_ends_a_server_whose_models_are_still_downloading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "load_settings", lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(SystemExit) as ended:
        serving.serve({})
    assert ended.value.code == 143
