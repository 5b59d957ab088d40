"""What a client and the log are told of a defect of ours."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import served_app, until

from jobai_server.web import streaming

ORIGIN = "https://app.example"


class Tracebacks(logging.Handler):
    """The log lines that have one, ours and uvicorn's."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.lines.append(logging.Formatter().format(record))


@pytest.fixture
def tracebacks() -> Iterator[Tracebacks]:
    handler = Tracebacks()
    loggers = [logging.getLogger(name) for name in ("jobai_server", "uvicorn.error")]
    for logger in loggers:
        logger.addHandler(handler)
    yield handler
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_browser_can_read_the_answer_to_a_defect(tracebacks: Tracebacks, stream: bool) -> None:
    engine = StandInEngine(fail_before=RuntimeError("a defect"))
    async with served_app(engine, allowed_origins=(ORIGIN,)) as served:
        served.client.headers.update({"origin": ORIGIN, "x-request-id": "mine-1"})
        answer = await served.chat(stream=stream)
        assert (await served.client.get("/health")).status_code == 200
    assert answer.status_code == 500
    error = answer.json()["error"]
    assert (error["type"], error["code"], error["param"]) == ("server_error", "internal_error", None)
    assert "mine-1" in error["message"]
    assert "a defect" not in answer.text
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    [line] = tracebacks.lines
    assert "mine-1" in line
    assert "RuntimeError: a defect" in line


async def test_an_answer_that_a_defect_cuts_short_is_not_taken_for_whole(
    tracebacks: Tracebacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(streaming, "_unwound", broken)  # what a stream ends with
    async with served_app(StandInEngine()) as served:
        with pytest.raises(httpx.RemoteProtocolError):
            await served.client.post(
                "/v1/chat/completions",
                json={"messages": [{"role": "user", "content": "hi"}], "stream": True},
                headers={"x-request-id": "mine-1"},
            )
        await until(lambda: tracebacks.lines)
        await until(lambda: not served.state.in_flight.count)
    [line] = tracebacks.lines
    assert "mine-1" in line
    assert "RuntimeError: a defect" in line
