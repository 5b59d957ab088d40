"""Muon for the matrices, AdamW for the rest, one learning-rate schedule for both, and compiled layers."""

from collections.abc import Sequence

import torch
from torch.optim import AdamW, Optimizer
from transformers import LlamaForCausalLM

from learning.muon import Muon

MUON_RATE = 0.01
ADAMW_RATE = 0.003
_WARM_UP = 0.02  # share of the budget
_COOL_DOWN = 0.5


def optimizers(model: LlamaForCausalLM) -> list[Optimizer]:
    """One optimiser for matrices inside the layers, one for embeddings and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        Muon(matrices, MUON_RATE, weight_decay=0.1, momentum=0.95),
        AdamW(others, lr=ADAMW_RATE, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def schedule(progress: float) -> float:
    """The learning rate's factor for the share of the budget that is used: up, level, and down."""
    if progress < _WARM_UP:
        return progress / _WARM_UP
    if progress < 1 - _COOL_DOWN:
        return 1.0
    return max(0.02, (1 - progress) / _COOL_DOWN)


def set_rate(opened: Sequence[Optimizer], factor: float) -> None:
    """Multiply the base rates by the factor."""
    for optimizer, rate in zip(opened, (MUON_RATE, ADAMW_RATE), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor


def compile_layers(model: LlamaForCausalLM) -> None:
    """Compile the layers in place, with plain attention: PyTorch's fused one is slow to differentiate on a CPU."""
    model.set_attn_implementation("eager")
    for layer in model.model.layers:
        layer.compile(dynamic=True)


def weighted_loss(
    model: LlamaForCausalLM, ids: torch.Tensor, weights: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean cross-entropy in nats: (weighted over everything, over the model's own words only).

    ids and weights: (examples, length). Only where a target counts is the vocabulary looked at:
    that is the expensive part of so small a model.
    """
    counted = weights[:, 1:] > 0
    hidden = model.model(input_ids=ids.clamp(min=0), use_cache=False).last_hidden_state
    logits = model.lm_head(hidden[:, :-1][counted]).float()
    losses = torch.nn.functional.cross_entropy(logits, ids[:, 1:][counted], reduction="none")
    counts = weights[:, 1:][counted]
    own = counts >= 1.0
    return (losses * counts).sum() / counts.sum(), losses[own].mean().detach()
