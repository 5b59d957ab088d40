"""What the model says of labelled examples: as of any other texts, in parts that take turns with other requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import numpy as np

from jobai_server.classification.calibration.adjustment import Scores, scores_of
from jobai_server.classification.calibration.examples import Example
from jobai_server.classification.prior import Priors
from jobai_server.classification.scorer import MAX_PROMPT_TOKENS, Scoring, prepare
from jobai_server.classification.scorer import Scores as TextScores
from jobai_server.classification.task import ClassificationTask
from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import RequestTimes, TextEngine
from jobai_server.errors import Overloaded, RateLimited

TEXTS_AT_ONCE = 64
PATIENCE_SECONDS = 60.0
RETRY_SECONDS = 0.5


async def prepared(
    engine: TextEngine, task: ClassificationTask, examples: Sequence[Example], priors: Priors
) -> list[Scoring]:
    """The examples as prompts, in parts.

    Raises:
        InvalidRequest: As `scorer.prepare`, or they are too long together.
    """
    parts: list[Scoring] = []
    for start in range(0, len(examples), TEXTS_AT_ONCE):
        texts = [example.text for example in examples[start : start + TEXTS_AT_ONCE]]
        params = [f"examples[{start + index}].text" for index in range(len(texts))]
        room = MAX_PROMPT_TOKENS - sum(part.prompt_tokens for part in parts)
        parts.append(await prepare(engine, task, texts, params, priors, room))
    return parts


async def scored(
    parts: Sequence[Scoring], request_id: str, owner: Owner, times: RequestTimes, *, multi_label: bool
) -> Scores:
    """What is to be calibrated, shape (examples, categories).

    Raises:
        RateLimited, Overloaded, EngineDied: As `Scoring.run`.
    """
    found: list[TextScores] = []
    for number, part in enumerate(parts):
        found += await _run(part, f"{request_id}-{number}", owner, times, PATIENCE_SECONDS if number else 0.0)
    return scores_of(np.stack([one.probabilities for one in found]), multi_label=multi_label)


async def _run(part: Scoring, request_id: str, owner: Owner, times: RequestTimes, patience: float) -> list[TextScores]:
    """What is half done is not given up at once because the model is busy with other requests meanwhile."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return await part.run(request_id, owner, times)
        except (Overloaded, RateLimited):
            if time.monotonic() >= deadline:
                raise
            await asyncio.sleep(RETRY_SECONDS)
