"""The running mean of a model's weights: steadier than the weights themselves while the rate is high."""

import copy

import torch
from transformers import LlamaForCausalLM

_MEMORY = 0.98  # about the last 50 times


class AveragedModel:
    """A copy of a model that follows it slowly; `steps` counts the updates so far."""

    def __init__(self, model: LlamaForCausalLM) -> None:
        self.model = copy.deepcopy(model)
        self.steps = 0

    def follow(self, model: LlamaForCausalLM) -> None:
        """Move the mean towards the model's present weights; early on, faster."""
        self.steps += 1
        share = max(1 - _MEMORY, 1 / (self.steps + 1))
        with torch.no_grad():
            mean, present = list(self.model.parameters()), list(model.parameters())
            torch._foreach_lerp_(mean, present, share)
