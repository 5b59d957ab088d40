"""What a web worker does when it is attached to an engine."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any, cast

import pytest

from jobai_server.web_process import EngineNews


class Client:
    """Refers to itself, as vLLM's does."""

    def __init__(self) -> None:
        self.itself = self


class Channel:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_nothing_is_left_of_an_engines_earlier_run() -> None:
    channel = Channel()
    news = EngineNews(cast(Any, channel))
    client = Client()
    left = weakref.ref(client)
    news.connected("m", "1")
    del client
    assert left() is not None
    news.connected("m", "2")
    assert left() is None
    assert [message["run"] for message in channel.sent] == ["1", "2"]
