"""Classifications and chats with log probabilities at the same time, on one engine, through both web workers.

vLLM's sampler on a CPU gives the one kind of request what belongs to the other where they share a step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI
from tests.end_to_end.running_server import RunningServer
from tests.end_to_end.vocabulary import MODEL, endless

pytestmark = pytest.mark.engine

ROUNDS = 12
WRITERS = 4
CATEGORIES = ["job posting", "resume", "news", "recipe", "invoice"]
TEXTS = [f"We are hiring nurse number {number} for our ward in Oslo." for number in range(16)]


async def written(client: AsyncOpenAI, writer: int) -> list[Sequence[tuple[str, float]]]:
    """The alternatives at every place of an answer that is always the same."""
    answer = await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": f"Tell me of job {writer}."}],
        temperature=0,
        max_tokens=48,
        logit_bias=endless(),
        logprobs=True,
        top_logprobs=writer + 1,
    )
    assert answer.choices[0].logprobs is not None
    assert answer.choices[0].logprobs.content is not None
    return [[(top.token, top.logprob) for top in place.top_logprobs] for place in answer.choices[0].logprobs.content]


async def scored(http: httpx2.AsyncClient, number: int) -> list[Mapping[str, float]]:
    body = {"text": TEXTS, "categories": CATEGORIES[: 2 + number % 4], "permutations": 1, "prior_correction": False}
    response = await http.post("/v1/classifications", json=body)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return [one["scores"] for one in document["data"]]


async def test_each_gets_its_own_probabilities(server: RunningServer, async_client: AsyncOpenAI) -> None:
    # A connection for each request: the kernel spreads connections over both workers.
    limits = httpx2.Limits(max_keepalive_connections=0)
    async with httpx2.AsyncClient(base_url=server.url, headers=server.headers, timeout=120, limits=limits) as http:
        alone = [await written(async_client, writer) for writer in range(WRITERS)]
        scores_alone = [await scored(http, number) for number in range(4)]
        ended = asyncio.Event()

        async def keep_scoring(number: int) -> list[list[Mapping[str, float]]]:
            found = []
            while not ended.is_set():
                found.append(await scored(http, number))
            return found

        scoring = [asyncio.create_task(keep_scoring(number)) for number in range(4)]
        together = []
        for _ in range(ROUNDS):
            together.append(await asyncio.gather(*(written(async_client, writer) for writer in range(WRITERS))))
        ended.set()
        scores_together = await asyncio.gather(*scoring)

    for answers in together:
        for writer, (answer, expected) in enumerate(zip(answers, alone, strict=True)):
            assert len(answer) == len(expected)
            for place in answer:
                # The chosen token comes on top where it is not among the likeliest.
                assert writer + 1 <= len(place) <= writer + 2
                assert all(-90 < logprob <= 0 for _, logprob in place)
            assert dict(answer[0]) == pytest.approx(dict(expected[0]), abs=0.05)
    assert all(scores_together)
    for rounds, expected_scores in zip(scores_together, scores_alone, strict=True):
        for found in rounds:
            for one, expected_one in zip(found, expected_scores, strict=True):
                assert one == pytest.approx(expected_one, abs=1e-3)
