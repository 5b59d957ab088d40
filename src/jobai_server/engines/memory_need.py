"""What one model needs of a GPU, before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jobai_server.engines.model_metadata import ModelMetadata
from jobai_server.engines.model_shape import DTYPE_BYTES, ModelShape
from jobai_server.engines.sizes import MIB
from jobai_server.engines.vllm_settings import MAX_BATCHED_TOKENS, raised_sequences
from jobai_server.settings import ModelSettings

# vLLM's own default, as MAX_BATCHED_TOKENS.
MAX_SEQUENCES = 128

# Tokens that an embedding engine has on a GPU at a time (sentence_embeddings.py, which imports torch).
EMBEDDING_BATCH_TOKENS = 32_768

# Logits while a token is chosen: bfloat16 as computed, float32, sorted float32 and int64, cumulated float32.
BYTES_PER_LOGIT = 2 + 4 + 4 + 8 + 4

# Per process: what CUDA takes for a context and the kernels of torch, cuBLAS and vLLM (450 to 550 MiB on A100 and H100
# by nvidia-smi), and workspaces that do not depend on the model (cuBLAS, FlashInfer's sampler, NCCL where it is used).
CONTEXT_BYTES = 512 * MIB
WORKSPACE_BYTES = 256 * MIB

# vLLM's log says 0.3 to 0.6 GiB for 32 layers and about 1.2 GiB for 80, with whole and piecewise graphs.
GRAPH_BYTES_PER_LAYER = 16 * MIB


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """One model's process on the GPU; all sizes in bytes.

    Attributes:
        activations: The largest intermediate results of one step.
        graphs: Captured CUDA graphs.
        process: CUDA context and workspaces.
        kv_bytes_per_token: 0 for a model without a cache.
        kv_cache: As configured or as the plan has it.
        utilization: `gpu_memory_utilization`, as configured or as the plan has it; None for a model without a cache.
        max_sequences: Sequences that run at a time.
        on_disk: Weight files. `download`: all that fetching the model takes.
        origin: Where shape and weights are known from.
    """

    name: str
    roles: tuple[str, ...]
    weights: int
    activations: int
    graphs: int
    process: int
    kv_bytes_per_token: int
    kv_cache: int
    utilization: float | None
    context_length: int
    max_sequences: int
    on_disk: int
    download: int
    origin: str

    @property
    def engine(self) -> int:
        """What vLLM counts as the engine's: all but the CUDA context, which is there before it begins to count."""
        return self.total - CONTEXT_BYTES

    @property
    def total(self) -> int:
        return self.weights + self.kv_cache + self.activations + self.graphs + self.process

    @property
    def context_bytes(self) -> int:
        """Cache of one sequence of the configured length."""
        return self.kv_bytes_per_token * self.context_length

    @property
    def kv_tokens(self) -> int:
        return self.kv_cache // self.kv_bytes_per_token if self.kv_bytes_per_token else 0

    @property
    def full_contexts(self) -> float:
        """Sequences of the configured length that the cache holds at a time."""
        return self.kv_cache / self.context_bytes if self.context_bytes else 0.0

    def with_cache(self, kv_cache: int) -> MemoryNeed:
        return replace(self, kv_cache=kv_cache)


def of_text_model(model: ModelSettings, roles: tuple[str, ...]) -> MemoryNeed:
    """A vLLM engine. `kv_cache` and `utilization` are as configured, 0 and None where they are not.

    Raises:
        ConfigurationError: The model's shape or the size of its weights is not to be found; names the model.
    """
    arguments = model.engine_args
    dtype_bytes = DTYPE_BYTES.get(str(arguments.get("dtype", "auto")))
    known = ModelMetadata.of(model, dtype_bytes)
    gpus, stages = (_number(arguments.get(f"{kind}_parallel_size"), 1) for kind in ("tensor", "pipeline"))
    # What one GPU has of it: the most layers that any stage has, and of each of them its part.
    shape = replace(known.shape, layers=-(-known.shape.layers // stages))
    dtype_bytes = dtype_bytes or min(2, DTYPE_BYTES.get(shape.dtype, 2))
    kv_dtype = str(arguments.get("kv_cache_dtype", "auto"))
    kv_bytes = dtype_bytes if kv_dtype == "auto" else 2 if kv_dtype in DTYPE_BYTES else 1  # fp8 in its varieties
    tokens = _number(arguments.get("max_num_batched_tokens"), MAX_BATCHED_TOKENS)
    sequences = raised_sequences(model) or _number(arguments.get("max_num_seqs"), MAX_SEQUENCES)
    utilization = arguments.get("gpu_memory_utilization")
    return MemoryNeed(
        name=model.name[0],
        roles=roles,
        weights=known.weights.loaded * shape.layers // (known.shape.layers * gpus),
        activations=tokens * _bytes_per_token(shape, dtype_bytes) + sequences * shape.vocabulary * BYTES_PER_LOGIT,
        graphs=0 if arguments.get("enforce_eager") else shape.layers * GRAPH_BYTES_PER_LAYER,
        process=CONTEXT_BYTES + WORKSPACE_BYTES,
        kv_bytes_per_token=shape.kv_bytes_per_token(kv_bytes, gpus),
        kv_cache=_number(arguments.get("kv_cache_memory_bytes"), 0),
        utilization=float(utilization) if isinstance(utilization, int | float) else None,
        context_length=model.context_length or shape.positions,
        max_sequences=sequences,
        on_disk=known.weights.on_disk,
        download=known.download,
        origin=known.origin,
    )


def of_embedding_model(model: ModelSettings) -> MemoryNeed:
    """A process with sentence-transformers: float16 on a GPU unless configured otherwise, no cache.

    Raises:
        ConfigurationError: As `of_text_model`.
    """
    dtype_bytes = DTYPE_BYTES.get(model.dtype, 2)
    known = ModelMetadata.of(model, dtype_bytes)
    shape = known.shape
    context = min(model.context_length or shape.positions, shape.positions)
    # The embeddings of every token are pooled in float32; the mask of a batch is square in the length of its texts.
    activations = EMBEDDING_BATCH_TOKENS * (
        _bytes_per_token(shape, dtype_bytes) + 4 * shape.hidden + dtype_bytes * context
    )
    return MemoryNeed(
        name=model.name[0],
        roles=("embedding",),
        weights=known.weights.loaded,
        activations=activations,
        graphs=0,
        process=CONTEXT_BYTES + WORKSPACE_BYTES,
        kv_bytes_per_token=0,
        kv_cache=0,
        utilization=None,
        context_length=context,
        max_sequences=EMBEDDING_BATCH_TOKENS // context,
        on_disk=known.weights.on_disk,
        download=known.download,
        origin=known.origin,
    )


def _bytes_per_token(shape: ModelShape, dtype_bytes: int) -> int:
    """The widest moment of a layer: gate, up and their product, with the residual, the input and the output."""
    return (3 * shape.intermediate + 3 * shape.hidden) * dtype_bytes


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
