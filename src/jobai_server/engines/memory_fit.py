"""Where a memory plan does not work out, in numbers, and which settings would help."""

from __future__ import annotations

from jobai_server.engines.memory_need import CONTEXT_BYTES, MemoryNeed
from jobai_server.engines.memory_plan import MemoryPlan
from jobai_server.engines.sizes import GIB


def problems(plan: MemoryPlan) -> list[str]:
    """Why the plan cannot be carried out, one sentence or two each; empty where it can."""
    found = [_too_large(plan)] if plan.free < 0 else []
    for model in plan.models:
        if model.kv_bytes_per_token and model.kv_cache < model.context_bytes:
            found.append(_cache_too_small(model))
        if plan.free >= 0 and model.utilization is not None:
            found += _share_not_free(plan, model)
    return found


def _too_large(plan: MemoryPlan) -> str:
    weights = sum(model.weights for model in plan.models)
    return (
        f"It does not fit: the models need {_gib(plan.total)}, {_gib(weights)} of it for weights, and of "
        f"{_gib(plan.gpu_memory)} {_gib(plan.usable)} are usable; {_gib(-plan.free)} are missing. "
        f"What would help: {'; '.join(_remedies(plan))}."
    )


def _remedies(plan: MemoryPlan) -> list[str]:
    """Settings, each with what it frees, as far as they go together with this plan."""
    remedies = []
    for model in plan.models:
        if (spare := model.kv_cache - model.context_bytes) > 0:
            remedies.append(
                f"kv_cache_memory_bytes of {model.name} down to {_gib(model.context_bytes)} ({_gib(spare)})"
            )
    for model in plan.models:
        if model.graphs:
            remedies.append(f"enforce_eager of {model.name} ({_gib(model.graphs)}, slower)")
    remedies += [
        f"no {role}_model ({_gib(model.total)})"
        for model in plan.models
        for role in model.roles
        if role != "primary" and len(model.roles) == 1
    ]
    least = sum(model.total - max(0, model.kv_cache - model.context_bytes) for model in plan.models)
    remedies.append(f"a GPU of {-(-(least + plan.gpu_memory - plan.usable) // GIB)} GiB or more")
    return remedies


def _cache_too_small(model: MemoryNeed) -> str:
    return (
        f"The KV cache of {model.name} is {_gib(model.kv_cache)}, {model.kv_tokens:,} tokens, but one context of "
        f"{model.context_length:,} takes {_gib(model.context_bytes)}. What would help: kv_cache_memory_bytes of "
        f"{-(-model.context_bytes // (1 << 20))}MiB or more; a context_length of {model.kv_tokens:,} or less."
    )


def _share_not_free(plan: MemoryPlan, model: MemoryNeed) -> list[str]:
    """vLLM refuses to start where the share is not free; while it restarts, all the other models are there."""
    assert model.utilization is not None
    free = plan.usable - CONTEXT_BYTES - sum(other.total for other in plan.models if other is not model)
    asked = int(model.utilization * plan.gpu_memory)
    if asked <= free:
        return []
    return [
        f"gpu_memory_utilization of {model.name} is {model.utilization:g}, so {_gib(asked)} have to be free when it "
        f"starts, but beside the other models {_gib(free)} are. What would help: leave it out, or at most "
        f"{int(free / plan.gpu_memory * 1000) / 1000:g}."
    ]


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"
