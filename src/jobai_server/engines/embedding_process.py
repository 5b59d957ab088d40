"""An embedding engine process: one model, shared by every web worker over a local socket."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jobai_server.engines.embedding_service import EmbeddingService
from jobai_server.engines.launch import EngineLaunch
from jobai_server.engines.report import Report, reason
from jobai_server.logs import configure_logging
from jobai_server.observability import metrics
from jobai_server.process import adopt

if TYPE_CHECKING:
    from jobai_server.engines.sentence_embeddings import SentenceEmbeddings

Embed = Callable[[Sequence[NDArray[np.int32]]], NDArray[np.float32]]

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
# A pass is a fraction of a second where the model fits the machine; ten times the longest is no accident.
LEAST_PATIENCE_SECONDS = 5.0
PATIENCE = 10


def main() -> None:
    control = adopt(sys.argv)
    report = Report(control)
    try:
        report("progress", "importing sentence-transformers")
        importlib.import_module("jobai_server.engines.sentence_embeddings")
        with control.makefile("rb") as lines:  # a spare process waits here
            launch = EngineLaunch.model_validate_json(lines.readline())
        configure_logging(debug=launch.debug, log_format=launch.log_format)
        asyncio.run(serve(launch, report))
    except Exception as error:
        log.exception("the embedding engine ends")
        report("failed", reason(error))
    sys.stderr.flush()
    os._exit(1)  # also past a pass that hangs in its thread


async def serve(launch: EngineLaunch, report: Report) -> None:
    """Until the process is ended; returns or raises only when the engine is broken."""
    from jobai_server.engines.sentence_embeddings import SentenceEmbeddings

    report("progress", "loading the model")
    model = SentenceEmbeddings(launch.path, launch.model)
    batch_tokens = max(model.batch_tokens, model.context_length)
    seconds = _warm_up(model, batch_tokens)
    service = EmbeddingService(
        _counted(model.embed, launch.name),
        model.dimensions,
        model.context_length,
        model.vocabulary,
        batch_tokens,
        patience=max(LEAST_PATIENCE_SECONDS, PATIENCE * seconds),
    )
    server = await asyncio.start_unix_server(service.attend, launch.socket_path)
    async with server, asyncio.TaskGroup() as tasks:
        tasks.create_task(service.work())
        tasks.create_task(_beat(service, report))
        report("ready")


def _warm_up(model: SentenceEmbeddings, batch_tokens: int) -> float:
    """Two batches as large as they come; seconds the second one took."""
    rows = max(1, batch_tokens // model.context_length)
    batch = [np.zeros(model.context_length, np.int32)] * rows
    model.embed(batch)
    started = time.monotonic()
    model.embed(batch)
    return time.monotonic() - started


def _counted(embed: Embed, name: str) -> Embed:
    """The model, its passes counted; texts are counted by who asked for them, for probes are none."""
    texts, fill = metrics.EMBEDDING_BATCH_TEXTS.labels(name), metrics.EMBEDDING_BATCH_FILL.labels(name)

    def counted(inputs: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
        vectors = embed(inputs)
        lengths = [len(one) for one in inputs]
        texts.observe(len(lengths))
        fill.observe(sum(lengths) / (len(lengths) * max(lengths)))
        return vectors

    return counted


async def _beat(service: EmbeddingService, report: Report) -> None:
    """Tell the supervisor for as long as this loop turns and the model gets on with its work."""
    while True:
        if not service.hangs:
            report("alive")
        await asyncio.sleep(BEAT_SECONDS)


if __name__ == "__main__":
    main()
