"""Several processes that train one model: each learns from its own examples, and now and then they average.

One process per core meets the others every few steps and the mean of their weights goes on from there. Threads
inside one process would meet at every matrix product, which is slow on a machine that does other work too.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch
from torch import distributed, multiprocessing
from transformers import LlamaForCausalLM

# A process may be paused for as long as somebody needs the machine; the others wait for it.
_PATIENCE = timedelta(hours=12)


def start(work: Callable[[int], None], count: int, meeting_place: Path) -> None:
    """Run `work(number)` in `count` processes, number 0 in this one."""
    if count > 1:
        meeting_place.unlink(missing_ok=True)
        multiprocessing.start_processes(
            _join_and_work, (work, count, meeting_place), count - 1, join=False, start_method="fork"
        )
        _join(0, count, meeting_place)
    work(0)


def _join_and_work(index: int, work: Callable[[int], None], count: int, meeting_place: Path) -> None:
    _join(index + 1, count, meeting_place)
    work(index + 1)


def _join(number: int, count: int, meeting_place: Path) -> None:
    distributed.init_process_group(
        "gloo", init_method=f"file://{meeting_place.resolve()}", rank=number, world_size=count, timeout=_PATIENCE
    )


def average(model: LlamaForCausalLM, figures: list[float]) -> list[float]:
    """Replace the weights by their mean over the processes; return the means of the figures too."""
    if not distributed.is_initialized():
        return figures
    weights = [parameter.detach() for parameter in model.parameters()]
    flat = torch.cat([*(weight.reshape(-1) for weight in weights), torch.tensor(figures)])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    place = 0
    for weight in weights:
        weight.copy_(flat[place : place + weight.numel()].view_as(weight))
        place += weight.numel()
    return [float(figure) for figure in flat[place:]]
