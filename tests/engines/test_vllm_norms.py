"""The norms that run on a CPU, against vLLM's own in PyTorch."""

from __future__ import annotations

import pytest
import torch
from vllm import ir

from jobai_server.engines.vllm_norms import PROVIDER, use_norm_kernels


@pytest.fixture(autouse=True)
def kernels() -> None:
    use_norm_kernels()


def batch(rows: int = 7, width: int = 256) -> torch.Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)


def test_a_norm_is_the_kernels_and_the_same_number() -> None:
    x, weight = batch(), batch(1)[0]
    assert ir.ops.rms_norm.dispatch(x, weight, 1e-5).provider == PROVIDER
    torch.testing.assert_close(
        ir.ops.rms_norm(x, weight, 1e-5), ir.ops.rms_norm.impls["native"].impl_fn(x, weight, 1e-5)
    )


def test_so_is_the_one_that_adds_first() -> None:
    x, residual, weight = batch(), batch() * 2, batch(1)[0]
    native = ir.ops.fused_add_rms_norm.impls["native"].impl_fn(x, residual, weight, 1e-5)
    assert ir.ops.fused_add_rms_norm.dispatch(x, residual, weight, 1e-5).provider == PROVIDER
    for ours, theirs in zip(
        ir.ops.fused_add_rms_norm.maybe_inplace(x.clone(), residual.clone(), weight, 1e-5), native, strict=True
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    ("x", "weight"),
    [(batch(), None), (batch(), batch(1)[0].float()), (batch(8, 512)[:, ::2], batch(1)[0])],
    ids=["no weight", "another dtype", "not contiguous"],
)
def test_what_the_kernels_do_not_take_goes_on_as_before(x: torch.Tensor, weight: torch.Tensor | None) -> None:
    assert ir.ops.rms_norm.dispatch(x, weight, 1e-5).provider == "native"
    assert torch.isfinite(ir.ops.rms_norm(x, weight, 1e-5)).all()
