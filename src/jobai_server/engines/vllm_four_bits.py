"""Products with 4-bit weights for processors that vLLM has no kernel for: x86 without AVX-512.

vLLM 0.32 calls `_C::cpu_gemm_wna16` for AWQ and GPTQ on every CPU, and its build for AVX2 does not have it: the first
request would end the engine. What is here unpacks the weights at every call. That is slow, but it is the same numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor

_SCHEMA = (
    "cpu_gemm_wna16(Tensor input, Tensor q_weight, Tensor! output, Tensor scales, Tensor? zeros, Tensor? bias, "
    "int pack_factor, str isa_hint) -> ()"
)
_BLOCK = 16  # output channels that vLLM's layout keeps together
_MIDDLE = 8  # what stands for zero where a checkpoint has no zero points


def add_four_bit_product() -> None:
    """From now on, in this process, where the operation is missing."""
    if hasattr(torch.ops._C, "cpu_gemm_wna16"):
        return
    library = torch.library.Library("_C", "FRAGMENT")
    library.define(_SCHEMA)
    library.impl("cpu_gemm_wna16", multiply, "CPU")
    _kept.append(library)


_kept: list[object] = []  # an operation is gone with its library


def multiply(
    input: Tensor,
    q_weight: Tensor,
    output: Tensor,
    scales: Tensor,
    zeros: Tensor | None,
    bias: Tensor | None,
    pack_factor: int,
    isa_hint: str,  # noqa: ARG001 - part of the operation
) -> None:
    """Write `input` times the weights into `output`.

    Args:
        input: [rows, inputs].
        q_weight: [outputs / 16, inputs × 2] int32, eight weights a word: for every block of 16 outputs one input
            after the other.
        output: [rows, outputs].
        scales: [groups, outputs]; a group is a run of inputs.
        zeros: [groups, outputs / 8] int32, eight a word; None is the middle of the range.
    """
    groups, outputs = scales.shape
    inputs = input.shape[1]
    weights = _unpacked(q_weight.view(-1, inputs, _BLOCK // pack_factor)).view(-1, inputs, _BLOCK)
    weights = weights.permute(1, 0, 2).reshape(groups, inputs // groups, outputs)
    middle = _MIDDLE if zeros is None else _unpacked(zeros).view(groups, 1, outputs)
    exact = (weights - middle) * scales.float().view(groups, 1, outputs)
    product = input.float() @ exact.view(inputs, outputs)
    output.copy_(product if bias is None else product + bias)


def _unpacked(words: Tensor) -> Tensor:
    """The eight 4-bit numbers of each int32, lowest first, in a dimension of their own at the end."""
    shifts = torch.arange(0, 32, 4, dtype=torch.int32)
    return (words.unsqueeze(-1) >> shifts) & 0xF
