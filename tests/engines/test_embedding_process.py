"""What an embedding engine's process logs and counts: passes through the model, and not whose texts they were."""

from __future__ import annotations

import asyncio
import importlib
import socket
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from prometheus_client import REGISTRY

from jobai_server.engines import embedding_process
from jobai_server.engines.embedding_process import _counted
from jobai_server.engines.launch import EngineLaunch
from jobai_server.settings import ModelSettings

MODEL = "counted-model"


def embed(inputs: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
    return np.ones((len(inputs), 2), np.float32)


def value(name: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"model": MODEL})


def test_passes_are_counted_and_texts_are_left_to_who_asked_for_them() -> None:
    vectors = _counted(embed, MODEL)([np.zeros(1, np.int32), np.zeros(3, np.int32)])
    assert vectors.shape == (2, 2)
    assert value("jobai_embedding_batch_texts_count") == 1
    assert value("jobai_embedding_batch_texts_sum") == 2
    assert value("jobai_embedding_batch_fill_ratio_sum") == 4 / 6
    assert value("jobai_embedded_texts_total") is None


def test_it_logs_as_the_whole_server_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(serving: Coroutine[Any, Any, None]) -> None:
        serving.close()
        raise SystemExit

    told: list[dict[str, Any]] = []
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(embedding_process, "adopt", lambda _: theirs)
    monkeypatch.setattr(embedding_process, "configure_logging", lambda **how: told.append(how))
    monkeypatch.setattr(importlib, "import_module", lambda _: None)
    monkeypatch.setattr(asyncio, "run", end)
    model = ModelSettings(name=("m",), source="a/b")
    launch = EngineLaunch(
        kind="embedding", name="m", model=model, path=tmp_path, seats=1, run_directory=tmp_path, log_format="json"
    )
    with ours, theirs:
        ours.sendall(launch.model_dump_json().encode() + b"\n")
        with pytest.raises(SystemExit):
            embedding_process.main()
    assert told == [{"debug": False, "log_format": "json"}]
