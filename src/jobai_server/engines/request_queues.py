"""The queues of all models, as one web worker sees them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jobai_server.engines.request_queue import RequestQueue

if TYPE_CHECKING:
    from jobai_server.settings import ModelSettings


def queue_path(directory: Path, number: int) -> Path:
    """The file in which all workers keep the queue of the engine of that number, counted in the order of the models."""
    return directory / f"queue-{number}"


class RequestQueues:
    """One web worker's ends of the queues of all models.

    Args:
        directory: Shared by all workers of one server.
        models: Every engine's name and model, in the same order in every worker.
        worker: This worker's number, from 0.
        seconds: How long a request may wait for its first token.
    """

    def __init__(self, directory: Path, models: dict[str, ModelSettings], worker: int, seconds: float) -> None:
        self._queues = {
            name: RequestQueue(queue_path(directory, number), model, worker, seconds)
            for number, (name, model) in enumerate(models.items())
        }

    def of(self, engine: str) -> RequestQueue:
        return self._queues[engine]
