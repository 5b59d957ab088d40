"""How large a model's weights are: read from the headers of its files, or computed from its shape."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobai_server.engines.model_shape import DTYPE_BYTES, ModelShape
from jobai_server.errors import ConfigurationError

INDEX = "model.safetensors.index.json"
MAX_HEADER_BYTES = 100 << 20  # the format's own bound

# safetensors' names of the floating types that are converted to the engine's type while they load.
_CONVERTED = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2}


@dataclass(frozen=True, slots=True)
class WeightSizes:
    """Bytes in memory once loaded, and bytes of the weight files on disk."""

    loaded: int
    on_disk: int


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor as a safetensors header describes it; `size` in bytes."""

    name: str
    dtype: str
    size: int

    def loaded(self, dtype_bytes: int) -> int:
        stored = _CONVERTED.get(self.dtype)
        return self.size if stored is None else self.size // stored * min(stored, dtype_bytes)


def of_tensors(tensors: Iterable[StoredTensor], on_disk: int, shape: ModelShape, dtype_bytes: int) -> WeightSizes:
    """Sizes of the tensors of a checkpoint. `dtype_bytes`: bytes of a number that is not quantised, once loaded."""
    # A checkpoint may hold a copy of a tied output layer; it is loaded once.
    kept = (tensor for tensor in tensors if not (shape.tied and tensor.name == "lm_head.weight"))
    return WeightSizes(sum(tensor.loaded(dtype_bytes) for tensor in kept), on_disk)


def of_folder(folder: Path, shape: ModelShape, dtype_bytes: int) -> WeightSizes | None:
    """Sizes of the weights in a folder; None where it holds none.

    Raises:
        ConfigurationError: A file is not what its name says.
    """
    files = _weight_files(folder)
    if files:
        on_disk = sum(file.stat().st_size for file in files)
        return of_tensors((tensor for file in files for tensor in _header(file)), on_disk, shape, dtype_bytes)
    # The older formats have no header to read: their files are little more than the weights.
    others = sum(file.stat().st_size for pattern in ("*.bin", "*.pt") for file in folder.glob(pattern))
    return WeightSizes(others, others) if others else None


def _weight_files(folder: Path) -> list[Path]:
    index = folder / INDEX
    if index.is_file():  # what is beside these is the same model in another format
        return sorted({folder / shard for shard in json.loads(index.read_text())["weight_map"].values()})
    return sorted(folder.glob("*.safetensors"))


def _header(path: Path) -> list[StoredTensor]:
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > MAX_HEADER_BYTES:
                raise ValueError
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        return [
            StoredTensor(name, tensor["dtype"], tensor["data_offsets"][1] - tensor["data_offsets"][0])
            for name, tensor in header.items()
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error) as error:
        raise ConfigurationError(f"{path} is not a safetensors file") from error


def computed(shape: ModelShape, dtype_bytes: int) -> WeightSizes:
    """Sizes as the architecture has them, for a checkpoint whose files are not at hand.

    Raises:
        ConfigurationError: How this architecture is built is not known here.
    """
    if shape.architecture in {"LlamaForCausalLM", "MistralForCausalLM"}:
        linears, others = _decoder(shape)
    elif shape.architecture in {"NomicBertModel", "NomicBertForMaskedLM"}:
        linears, others = _nomic(shape)
    else:
        raise ConfigurationError(
            f"its weights are not on this machine, and how large those of a {shape.architecture} are is not known here"
        )
    stored_bytes = DTYPE_BYTES.get(shape.dtype, 2)
    loaded_bytes = min(stored_bytes, dtype_bytes)
    if shape.quantization is None:
        numbers = sum(inputs * outputs for inputs, outputs in linears) + others
        return WeightSizes(numbers * loaded_bytes, numbers * stored_bytes)
    packed = sum(_packed(inputs, outputs, shape.quantization) for inputs, outputs in linears)
    return WeightSizes(packed + others * loaded_bytes, packed + others * stored_bytes)


def _packed(inputs: int, outputs: int, quantization: Mapping[str, Any]) -> int:
    """Bytes of one linear layer as AutoAWQ and AutoGPTQ store it: qweight, qzeros, scales, and GPTQ's g_idx."""
    method, bits, group = (quantization.get(key) for key in ("quant_method", "bits", "group_size"))
    if method not in {"awq", "gptq"} or not isinstance(bits, int) or not isinstance(group, int):
        raise ConfigurationError(f"its weights are not on this machine, and how large {method} makes them is not known")
    groups = 1 if group < 1 else -(-inputs // group)  # -1 is one group for all inputs
    order = 4 * inputs if method == "gptq" else 0
    return (inputs + groups) * outputs * bits // 8 + groups * outputs * 2 + order


def _decoder(shape: ModelShape) -> tuple[list[tuple[int, int]], int]:
    """Llama and Mistral: the linear layers as (inputs, outputs), and how many numbers there are besides."""
    hidden, inner = shape.hidden, shape.intermediate
    queries, keys = shape.heads * shape.head_dimension, shape.kv_heads * shape.head_dimension
    attention = [(hidden, queries), (hidden, keys), (hidden, keys), (queries, hidden)]
    layer = [*attention, (hidden, inner), (hidden, inner), (inner, hidden)]
    tables = shape.vocabulary * hidden * (1 if shape.tied else 2)
    return layer * shape.layers, tables + (2 * shape.layers + 1) * hidden


def _nomic(shape: ModelShape) -> tuple[list[tuple[int, int]], int]:
    """nomic-embed-text: gated feed-forward, no biases, norms with a bias, two kinds of segments."""
    hidden, inner = shape.hidden, shape.intermediate
    layer = [(hidden, 3 * hidden), (hidden, hidden), (hidden, inner), (hidden, inner), (inner, hidden)]
    return layer * shape.layers, (shape.vocabulary + 2) * hidden + (2 * shape.layers + 1) * 2 * hidden
