"""vLLM's CPU worker with a sampler that answers every request of a step for itself, and with vLLM's faster norms.

On a CPU vLLM works with its V1 model runner, whose sampler gives log probabilities of one kind per step: where one
request asks for those of given tokens (`logprob_token_ids`), another that asks for the likeliest (`logprobs`) gets
the padding of the first (v1/sample/sampler.py in vLLM 0.32; the V2 runner, which GPUs have, is right). Both kinds meet
where one engine writes and classifies, so here the rows of the others ask for their likeliest tokens by their ids.
"""

from __future__ import annotations

from typing import Any

from vllm.v1.sample.sampler import Sampler
from vllm.v1.worker.cpu_worker import CPUWorker

from jobai_server.engines.vllm_four_bits import add_four_bit_product
from jobai_server.engines.vllm_norms import use_norm_kernels


class RowwiseSampler(Sampler):  # type: ignore[misc]
    """Takes the place of the V1 model runner's sampler."""

    _likeliest: int | None = None

    def forward(self, logits: Any, sampling_metadata: Any, *arguments: Any, **named: Any) -> Any:
        self._likeliest = sampling_metadata.max_num_logprobs
        return super().forward(logits, sampling_metadata, *arguments, **named)

    def gather_specific_token_logprobs(
        self, logprobs: Any, logprob_token_ids: dict[int, list[int]], sampled: Any
    ) -> Any:
        """
        Args:
            logprobs: [requests, vocabulary], of this step.
            logprob_token_ids: Row → the tokens it asks for; rows that ask for the likeliest are not in it.
            sampled: [requests], the chosen tokens.
        """
        if self._likeliest:
            others = [row for row in range(logprobs.shape[0]) if row not in logprob_token_ids]
            top = logprobs[others].topk(self._likeliest, dim=-1).indices.tolist()
            logprob_token_ids = {**logprob_token_ids, **dict(zip(others, top, strict=True))}
        return super().gather_specific_token_logprobs(logprobs, logprob_token_ids, sampled)


class RowwiseCpuWorker(CPUWorker):  # type: ignore[misc]
    """What `worker_cls` names; vLLM makes it in whichever process the model runs."""

    def init_device(self) -> None:
        super().init_device()
        add_four_bit_product()
        if self.model_config.enforce_eager:  # a compiled graph has norms of its own
            use_norm_kernels()
        sampler = self.model_runner.sampler
        self.model_runner.sampler = RowwiseSampler(sampler.logprobs_mode, sampler.use_fp64_gumbel)
