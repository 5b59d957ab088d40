"""Will it fit: what every model of a configuration needs of one GPU, and how large each engine's KV cache may be.

    weights        read from the files' headers, or computed from the model's shape (weight_sizes.py)
    KV cache       as configured; else a share of what the others leave
    activations    max_num_batched_tokens × (3 × intermediate + 3 × hidden) × bytes + max_num_seqs × vocabulary × 22
    CUDA graphs    16 MiB a layer, none with enforce_eager
    process        CUDA context and workspaces, 768 MiB

The constants, and where they come from, are in memory_need.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from jobai_server.engines import memory_need
from jobai_server.engines.memory_need import MemoryNeed
from jobai_server.engines.sizes import MIB
from jobai_server.settings import ModelsConfig, ModelSettings

# Left free where the plan itself sizes the caches: what is computed here is not measured.
SPARE_SHARE = 0.03
BLOCK_BYTES = 16 * MIB


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Attributes:
    gpu_memory: What the card has, in bytes.
    reserved: What is not for the models, in bytes; the driver keeps some: of an A100's 80 GiB programs see 79.25.
    models: In the order in which they start.
    """

    gpu_memory: int
    reserved: int
    models: tuple[MemoryNeed, ...]

    @property
    def usable(self) -> int:
        return max(0, self.gpu_memory - self.reserved)

    @property
    def total(self) -> int:
        return sum(model.total for model in self.models)

    @property
    def free(self) -> int:
        """Negative where it does not fit."""
        return self.usable - self.total

    def engine_arguments(self, name: str) -> Mapping[str, int | float]:
        """vLLM's arguments for the engine of that name: its cache in bytes, and the share that has to be free.

        vLLM refuses to start where less than `gpu_memory_utilization` of the card is free, even where the size of the
        cache is given.
        """
        [model] = (model for model in self.models if model.name == name)
        assert model.utilization is not None
        return {"kv_cache_memory_bytes": model.kv_cache, "gpu_memory_utilization": model.utilization}

    def applied(self, models: ModelsConfig) -> ModelsConfig:
        """The same configuration with the plan's sizes for every engine."""

        def sized(model: ModelSettings) -> ModelSettings:
            arguments = {**model.engine_args, **self.engine_arguments(model.name[0])}
            return model.model_copy(update={"engine_args": arguments})

        update = {f"{role}_model": sized(model) for role, model in models.by_role().items() if role != "embedding"}
        return models.model_copy(update=update)

    def as_dict(self) -> dict[str, Any]:
        computed = ("total", "kv_tokens", "full_contexts")
        return {
            "gpu_memory": self.gpu_memory,
            "usable": self.usable,
            "total": self.total,
            "free": self.free,
            "models": [asdict(model) | {name: getattr(model, name) for name in computed} for model in self.models],
        }


def plan_memory(models: ModelsConfig, gpu_memory: int, reserved: int) -> MemoryPlan:
    """Lay out the configured models on one card of `gpu_memory` bytes, less what is reserved, whether they fit or not.

    Raises:
        ConfigurationError: What a model needs is not to be found out; names the model.
    """
    needs = [memory_need.of_text_model(model, roles) for model, roles in models.text_engines().values()]
    if models.embedding_model:
        needs.append(memory_need.of_embedding_model(models.embedding_model))
    plan = MemoryPlan(gpu_memory, reserved, tuple(needs))
    caches = _caches(plan)
    return replace(plan, models=tuple(_with_cache(need, caches.get(need.name, 0), gpu_memory) for need in needs))


def _caches(plan: MemoryPlan) -> dict[str, int]:
    """Engine → bytes of its cache: as configured, directly or as a share of the card; the others share the rest.

    They get room for the same number of full contexts each, and no more than the engine's sequences can use.
    """
    caches: dict[str, int] = {}
    for need in plan.models:
        if need.kv_cache:
            caches[need.name] = need.kv_cache
        elif need.utilization is not None:
            caches[need.name] = max(0, int(need.utilization * plan.gpu_memory) - need.engine)
    left = (
        plan.free
        - int(plan.usable * SPARE_SHARE)
        - sum(caches[need.name] - need.kv_cache for need in plan.models if need.name in caches)
    )
    sharing = [need for need in plan.models if need.kv_bytes_per_token and need.name not in caches]
    contexts = max(0, left) / sum(need.context_bytes for need in sharing) if sharing else 0.0
    for need in sharing:
        size = int(min(contexts, need.max_sequences) * need.context_bytes)
        caches[need.name] = size // BLOCK_BYTES * BLOCK_BYTES
    return caches


def _with_cache(need: MemoryNeed, kv_cache: int, gpu_memory: int) -> MemoryNeed:
    need = need.with_cache(kv_cache)
    if need.utilization is not None or not need.kv_bytes_per_token:
        return need
    # Of the whole card, as vLLM takes it, whatever is reserved. Rounded down: it is what has to be free at the start,
    # and may not be more than the engine will need.
    share = math.floor(need.engine / gpu_memory * 1000) / 1000
    return replace(need, utilization=min(1.0, max(0.001, share)))
