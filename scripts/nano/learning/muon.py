"""Muon in the dtype of the gradients: momentum whose singular values are made about equal.

torch.optim.Muon does the matrix products in bfloat16, which takes ten times as long as float32 on a processor
that has no bfloat16 of its own. Method and coefficients: https://kellerjordan.github.io/posts/muon/
"""

from collections.abc import Iterable

import torch
from torch.optim import Optimizer

_A, _B, _C = 3.4445, -4.7750, 2.0315
_ITERATIONS = 5


class Muon(Optimizer):  # type: ignore[misc]
    """For the two-dimensional parameters inside a model's layers; the others need another optimiser."""

    def __init__(
        self, parameters: Iterable[torch.nn.Parameter], rate: float, weight_decay: float, momentum: float
    ) -> None:
        super().__init__(parameters, {"lr": rate, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self) -> None:
        """Move every parameter by its orthogonalised Nesterov momentum."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                update = orthogonal(parameter.grad.lerp(momentum, group["momentum"]))
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                height, width = parameter.shape
                parameter.add_(update, alpha=-group["lr"] * max(1.0, height / width) ** 0.5)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The matrix with singular values of 0.7 to 1.2 in place of its own (Newton-Schulz iteration)."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp(min=1e-7)
    for _ in range(_ITERATIONS):
        gram = wide @ wide.T
        wide = torch.addmm(wide, torch.addmm(gram, gram, gram, beta=_B, alpha=_C), wide, beta=_A)
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T
