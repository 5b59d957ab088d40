"""Queues of a model as its web workers have them, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobai_server.engines.fair_share import UNLIMITED, Sequences
from jobai_server.engines.owner import Owner
from jobai_server.engines.request_queue import RequestQueue
from jobai_server.settings import ModelSettings

GREEDY, POLITE, THIRD = Owner("greedy"), Owner("polite"), Owner("third")


def queues(
    folder: Path, workers: int = 1, sequences: Sequences = UNLIMITED, seconds: float = 60, **limits: Any
) -> list[RequestQueue]:
    """One for each web worker; `limits` are fields of ModelSettings."""
    return [one_queue(folder, worker, sequences, seconds, **limits) for worker in range(workers)]


def one_queue(
    folder: Path, worker: int, sequences: Sequences = UNLIMITED, seconds: float = 60, **limits: Any
) -> RequestQueue:
    """Of one web worker, which may take the place of one that has died."""
    model = ModelSettings.model_validate({"name": "large", "source": "a/b", "key_share": 1.0, **limits})
    queue = RequestQueue(folder / "queue", model, worker, seconds)
    queue.sequences = sequences
    return queue
