"""The probabilities of given tokens to come next, from vLLM: one prefill per prompt and no answer to speak of."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from jobai_server.engines.next_token import NextTokenPrompt, NextTokenRequest, PromptReuse
from jobai_server.engines.protocol import RequestTimes
from jobai_server.errors import EngineDied

if TYPE_CHECKING:
    from vllm.outputs import RequestOutput
    from vllm.v1.engine.async_llm import AsyncLLM

NEVER = -100.0
"""What stands for the logarithm of zero: small enough, and sums and differences of it are numbers."""


async def next_token_logprobs(
    llm: AsyncLLM, request: NextTokenRequest, *, at_once: int, priority: int, answered: Callable[[], None]
) -> list[list[float]]:
    """Ask for all prompts, at most so many at a time; if one fails or this is cancelled, the others are aborted.

    Args:
        answered: Called with every answer that is there.
    """
    results: list[list[float]] = [[] for _ in request.prompts]
    waiting = iter(enumerate(request.prompts))
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(_answer_some(llm, request, priority, waiting, results, answered))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return results


async def least_work(llm: AsyncLLM) -> None:
    """One token in, one out: a sign of life, and what the first request for log probabilities compiles for seconds."""
    request_id = f"least-{secrets.token_hex(8)}"
    await _answer(llm, RequestTimes(), PromptReuse(), request_id, NextTokenPrompt([0], [0]), priority=0)


async def _answer_some(
    llm: AsyncLLM,
    request: NextTokenRequest,
    priority: int,
    waiting: Iterator[tuple[int, NextTokenPrompt]],
    results: list[list[float]],
    answered: Callable[[], None],
) -> None:
    for number, prompt in waiting:
        request_id = f"{request.request_id}-{number}"
        results[number] = await _answer(llm, request.times, request.reuse, request_id, prompt, priority)
        answered()


async def _answer(
    llm: AsyncLLM, times: RequestTimes, reuse: PromptReuse, request_id: str, prompt: NextTokenPrompt, priority: int
) -> list[float]:
    from vllm import SamplingParams
    from vllm.inputs.engine import tokens_input
    from vllm.sampling_params import RequestOutputKind

    wanted = list(prompt.next_token_ids)
    params = SamplingParams(
        max_tokens=1,
        temperature=0.0,
        logprob_token_ids=wanted,
        detokenize=False,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )
    outputs = llm.generate(tokens_input(list(prompt.token_ids)), params, request_id, priority=priority)
    async with contextlib.aclosing(outputs):
        async for output in outputs:
            times.began(queue_seconds(output))
            position = output.outputs[0].logprobs
            if position:
                reuse.cached_tokens += output.num_cached_tokens or 0
                return [max(position[0][token_id].logprob, NEVER) for token_id in wanted]
    raise EngineDied("The engine gave up on this prompt before it was answered.")


def queue_seconds(output: RequestOutput) -> float:
    """How long a request waited until the engine took it up."""
    stats = output.metrics
    return max(0.0, stats.scheduled_ts - stats.queued_ts) if stats else 0.0
