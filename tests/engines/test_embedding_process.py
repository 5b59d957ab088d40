"""What an embedding engine's process counts: passes through the model, and not whose texts they were."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from prometheus_client import REGISTRY

from jobai_server.engines.embedding_process import _counted

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
