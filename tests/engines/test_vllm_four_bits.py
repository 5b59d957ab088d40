"""The product with 4-bit weights where vLLM has no kernel for it, against the numbers the weights stand for."""

from __future__ import annotations

import pytest
import torch
from vllm.model_executor.layers.quantization.utils.quant_utils import pack_quantized_values_into_int32
from vllm.scalar_type import scalar_types

from jobai_server.engines.vllm_four_bits import add_four_bit_product, multiply

INPUTS, OUTPUTS, GROUPS = 256, 64, 2


def packed(values: torch.Tensor) -> torch.Tensor:
    return pack_quantized_values_into_int32(values, scalar_types.uint4, 1)


@pytest.mark.parametrize("with_zeros", [False, True])
@pytest.mark.parametrize("with_bias", [False, True])
def test_product_is_that_of_the_unpacked_weights(with_zeros: bool, with_bias: bool) -> None:
    torch.manual_seed(3)
    weights = torch.randint(16, (INPUTS, OUTPUTS), dtype=torch.int32)
    middles = torch.randint(16, (GROUPS, OUTPUTS), dtype=torch.int32)
    scales, bias = torch.rand(GROUPS, OUTPUTS), torch.randn(OUTPUTS)
    each = middles.repeat_interleave(INPUTS // GROUPS, 0) if with_zeros else 8
    x = torch.randn(5, INPUTS)
    expected = x @ ((weights - each) * scales.repeat_interleave(INPUTS // GROUPS, 0)) + bias * with_bias
    # As vLLM lays them out: 16 outputs together, input after input.
    blocks = packed(weights).view(INPUTS, -1, 2).permute(1, 0, 2).reshape(-1, 2 * INPUTS)
    output = torch.empty(5, OUTPUTS)
    multiply(x, blocks, output, scales, packed(middles) if with_zeros else None, bias if with_bias else None, 8, "vec")
    torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-3)


def test_the_operation_is_there_on_every_processor() -> None:
    from vllm.platforms import current_platform

    current_platform.import_kernels()
    add_four_bit_product()
    add_four_bit_product()
    assert hasattr(torch.ops._C, "cpu_gemm_wna16")
