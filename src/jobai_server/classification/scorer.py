"""Texts and a task → probabilities of the categories; pure but for one call of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobai_server.classification.prior import Priors
from jobai_server.classification.prompt import CONTENT_FREE_TEXTS
from jobai_server.classification.readers import Judgement, Reader, reader
from jobai_server.classification.reading import Logs, Reading, normalised
from jobai_server.classification.task import ClassificationTask
from jobai_server.engines.next_token import NextTokenRequest
from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import RequestTimes, TextEngine
from jobai_server.errors import ContextTooLong, InvalidRequest

MAX_PROMPT_TOKENS = 2_000_000
"""Of all prompts of a request together, so that one request cannot take all memory."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One text's result.

    Attributes:
        probabilities: Per category, in the task's order; they sum to 1, except for `yes_no`.
        label_mass: The probability that fell on any label at all, 0 to 1, before it was scaled to the labels.
        prompt_tokens: Of all prompts that were asked about this text.
    """

    probabilities: NDArray[np.float64]
    label_mass: float
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Scoring:
    """A task and its texts, encoded and ready to run; see `prepare`."""

    _engine: TextEngine
    _task: ClassificationTask
    _reader: Reader
    _readings: Sequence[Sequence[Reading]]
    _content_free: Sequence[Sequence[Reading]]
    _prior: Logs | None
    _priors: Priors

    @property
    def prompt_tokens(self) -> int:
        """Of all prompts that are asked about the texts. Those without content are the server's own affair."""
        return sum(map(_tokens, self._readings))

    async def run(self, request_id: str, owner: Owner, times: RequestTimes) -> list[Scores]:
        """Ask the engine, all prompts in one go; one result per text.

        Raises:
            RateLimited, Overloaded, EngineDied, InvalidRequest: As `TextEngine.next_token_logprobs`.
        """
        asked = [*self._content_free, *self._readings]
        prompts = [reading.prompt() for readings in asked for reading in readings]
        # Those without content come first, and are only asked while the prior is unknown.
        own = prompts[sum(map(len, self._content_free)) :]
        answers = iter(
            await self._engine.next_token_logprobs(NextTokenRequest(request_id, prompts, owner, times, known_by=own))
        )
        judged = [self._reader.judgement([one.logs(next(answers)) for one in readings]) for readings in asked]
        prior = self._prior_of(judged[: len(self._content_free)])
        texts = zip(judged[len(self._content_free) :], self._readings, strict=True)
        return [
            Scores(self._probabilities(one.rows - prior), one.label_mass, _tokens(readings)) for one, readings in texts
        ]

    def _prior_of(self, judged: Sequence[Judgement]) -> Logs:
        if judged:
            prior: Logs = np.mean([judgement.rows for judgement in judged], axis=0)
            self._priors.keep(self._engine.card, self._task, prior)
            return prior
        return np.zeros(()) if self._prior is None else self._prior

    def _probabilities(self, rows: Logs) -> NDArray[np.float64]:
        if self._task.method == "yes_no":
            return np.asarray(np.exp(normalised(rows))[:, 0])
        return np.asarray(np.exp(normalised(normalised(rows).mean(axis=0))))


async def prepare(
    engine: TextEngine,
    task: ClassificationTask,
    texts: Sequence[str],
    params: Sequence[str],
    priors: Priors,
    most: int = MAX_PROMPT_TOKENS,
) -> Scoring:
    """Encode everything there is to ask.

    Args:
        texts: Each is classified by itself.
        params: The texts' places in the request, for errors.
        priors: What is known of earlier tasks.
        most: How many tokens all prompts together may have.

    Raises:
        ContextTooLong: A text, or the instructions and what is said of the categories, do not fit the model's context.
        InvalidRequest: The task is not for this model; see `readers.reader`. Or there are too many tokens.
    """
    chosen = reader(engine, task)
    context = engine.card.context_length
    if (longest := _longest(await _read(chosen, "", "categories", most))) >= context:
        instructions = len(await engine.encode_text(task.instructions))
        param = "instructions" if 2 * instructions > longest else "categories"
        message = f"This model's context length is {context} tokens, but without any text the question has {longest}, "
        raise ContextTooLong(f"{message}most of them in '{param}'. Please shorten it.", param=param)
    encoded = []
    for text, param in zip(texts, params, strict=True):
        readings = await _read(chosen, text, param, most)
        most -= _tokens(readings)
        if (longest := _longest(readings)) >= context:
            message = f"This model's context length is {context} tokens, but with its question this text has {longest}."
            raise ContextTooLong(f"{message} Please shorten it.", param=param)
        encoded.append(readings)
    prior = priors.get(engine.card, task) if task.prior_correction else None
    needs_prior = task.prior_correction and prior is None
    content_free = [[one async for one in chosen.readings(text)] for text in CONTENT_FREE_TEXTS] if needs_prior else []
    return Scoring(engine, task, chosen, encoded, content_free, prior, priors)


async def _read(chosen: Reader, text: str, param: str, most: int) -> list[Reading]:
    """All readings of a text; given up as soon as they have too many tokens."""
    readings: list[Reading] = []
    async for reading in chosen.readings(text):
        readings.append(reading)
        most -= len(reading.token_ids)
        if most < 0:
            message = (
                f"The prompts come to more than {MAX_PROMPT_TOKENS} tokens in all: every text is asked about once per "
                f"order of the categories, or once per category. Give fewer or shorter texts at once."
            )
            raise InvalidRequest(message, param=param, code="too_many_tokens")
        await asyncio.sleep(0)  # many prompts take a while to encode
    return readings


def _longest(readings: Sequence[Reading]) -> int:
    return max(len(reading.token_ids) for reading in readings)


def _tokens(readings: Sequence[Reading]) -> int:
    return sum(len(reading.token_ids) for reading in readings)
