"""The dimensions of a model that its memory depends on, from its `config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobai_server.errors import ConfigurationError

DTYPE_BYTES = {
    "float": 4,
    "float32": 4,
    "half": 2,
    "float16": 2,
    "bfloat16": 2,
}

# The same dimension as different families of models call it.
_HIDDEN = ("hidden_size", "n_embd")
_LAYERS = ("num_hidden_layers", "n_layer")
_HEADS = ("num_attention_heads", "n_head")
_INTERMEDIATE = ("intermediate_size", "n_inner")
_POSITIONS = ("max_position_embeddings", "n_positions")


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Attributes:
    architecture: The class of the model in transformers, such as LlamaForCausalLM.
    intermediate: Width of the feed-forward layers.
    head_dimension: Numbers in one key, and in one value, of one head.
    positions: Tokens the model was made for.
    dtype: What its weights are computed in, unless they are quantised.
    tied: Whether the output layer is the embedding table.
    quantization: `quantization_config` of the checkpoint; None is none.
    """

    architecture: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dimension: int
    intermediate: int
    vocabulary: int
    positions: int
    dtype: str
    tied: bool
    quantization: Mapping[str, Any] | None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ModelShape:
        """Read a `config.json`.

        Raises:
            ConfigurationError: A dimension is missing, or is no number; names it.
        """
        architecture = str((config.get("architectures") or [config.get("model_type")])[0])
        text = config.get("text_config")  # where models of several modalities describe their language model
        described = {**config, **text} if isinstance(text, Mapping) else config
        hidden, heads = _number(described, *_HIDDEN), _number(described, *_HEADS)
        # GPT-2 and its kin (n_embd, n_inner) name the width of their feed-forward layers only where it is another one.
        usual_width = 4 * hidden if described.keys() & {"n_embd", "n_inner"} else None
        quantization = config.get("quantization_config")
        return cls(
            architecture=architecture,
            hidden=hidden,
            layers=_number(described, *_LAYERS),
            heads=heads,
            kv_heads=_number(described, "num_key_value_heads", default=heads),
            head_dimension=_number(described, "head_dim", default=hidden // heads),
            intermediate=_number(described, *_INTERMEDIATE, default=usual_width),
            vocabulary=_number(described, "vocab_size"),
            positions=_number(described, *_POSITIONS),
            dtype=str(described.get("dtype") or described.get("torch_dtype") or "float32"),
            tied=bool(described.get("tie_word_embeddings", False)),
            quantization=quantization if isinstance(quantization, Mapping) else None,
        )

    def kv_bytes_per_token(self, bytes_per_number: int, tensor_parallel: int = 1) -> int:
        """Cache of one token on one GPU: a key and a value of every head of every layer."""
        heads = max(1, self.kv_heads // tensor_parallel)
        return 2 * self.layers * heads * self.head_dimension * bytes_per_number


def _number(config: Mapping[str, Any], *names: str, default: int | None = None) -> int:
    for name in names:
        if (value := config.get(name)) is not None:
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"config.json: {name} is {str(value)[:40]}, not a positive number")
            return value
    if default is None:
        raise ConfigurationError(f"config.json says nothing about {names[0]}")
    return default
