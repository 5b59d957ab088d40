"""vLLM's own CPU kernels for RMSNorm, which vLLM 0.32 ships and does not use outside compiled graphs.

Without them a norm is half a dozen PyTorch operations over the whole batch, each a pass through memory; on a small
model that is a large part of a step. They compute the same numbers, in float32 inside.
"""

# ruff: noqa: ARG001 - vLLM compares the signatures with that of the operation

import torch
from torch import Tensor
from vllm import ir
from vllm.platforms import current_platform

PROVIDER = "jobai_cpu"


def use_norm_kernels() -> None:
    """From now on, in this process, for calls that the kernels take; the others go on as before."""
    current_platform.import_kernels()
    for operation, kernel, takes, inplace in (
        (ir.ops.rms_norm, _rms_norm, _rms_norm_takes, False),
        (ir.ops.fused_add_rms_norm, _fused_add_rms_norm, _fused_add_rms_norm_takes, True),
    ):
        if PROVIDER not in operation.impls:
            operation.register_impl(PROVIDER, supports_args=takes, inplace=inplace)(kernel)
        operation.set_default([PROVIDER, "native"])


def _rms_norm(x: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None) -> Tensor:
    normed = torch.empty_like(x)
    torch.ops._C.rms_norm(normed, x, weight, epsilon)
    return normed


def _fused_add_rms_norm(
    x: Tensor, x_residual: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None
) -> tuple[Tensor, Tensor]:
    torch.ops._C.fused_add_rms_norm(x, x_residual, weight, epsilon)
    return x, x_residual


def _rms_norm_takes(x: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None) -> bool:
    return variance_size is None and weight is not None and weight.dtype == x.dtype and bool(x.is_contiguous())


def _fused_add_rms_norm_takes(
    x: Tensor, x_residual: Tensor, weight: Tensor | None, epsilon: float, variance_size: int | None = None
) -> bool:
    return _rms_norm_takes(x, weight, epsilon, variance_size) and bool(x_residual.is_contiguous())
