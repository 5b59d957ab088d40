"""Writing a model as a folder that transformers and vLLM load as it is."""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from learning.architecture import architecture, generation
from learning.tokenizer import save_tokenizer


def new_model(tokenizer: Tokenizer, seed: int, layers: int) -> LlamaForCausalLM:
    """An untrained model; the same seed gives the same weights."""
    torch.manual_seed(seed)
    return LlamaForCausalLM(architecture(tokenizer, layers))


def save_model(model: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Write weights in bf16, configuration and tokenizer; each file replaces its old self at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".jobai-nano-") as temporary:
        written = Path(temporary)
        copy = LlamaForCausalLM(model.config).to(torch.bfloat16)
        copy.load_state_dict(model.state_dict())
        copy.config.dtype = torch.bfloat16
        copy.save_pretrained(written)
        generation(tokenizer).save_pretrained(written)
        save_tokenizer(tokenizer, written)
        for file in sorted(written.iterdir()):
            file.chmod(0o644)  # safetensors writes files that only their owner may read
            os.replace(file, folder / file.name)


def layers_of(folder: Path) -> int:
    """How deep the model in a folder is."""
    return int(json.loads((folder / "config.json").read_text())["num_hidden_layers"])


def of_one_kind(folders: Sequence[Path]) -> bool:
    """Whether these models have the same depth and the same tokenizer."""
    return len({(layers_of(folder), (folder / "tokenizer.json").read_bytes()) for folder in folders}) == 1


def mean_of(folders: Sequence[Path]) -> LlamaForCausalLM:
    """The mean of the weights of models that come from one training: often better than each of them."""
    models = [LlamaForCausalLM.from_pretrained(str(folder), dtype=torch.float32) for folder in folders]
    with torch.no_grad():
        for parameters in zip(*(model.parameters() for model in models), strict=True):
            parameters[0].copy_(torch.stack([parameter.data for parameter in parameters]).mean(dim=0))
    return models[0]


def copy_model(source: Path, target: Path) -> None:
    """Put the model files of one folder over those of another; each is replaced at once."""
    target.mkdir(parents=True, exist_ok=True)
    for name in (
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "model.safetensors",
    ):
        temporary = target / f".{name}.new"
        shutil.copyfile(source / name, temporary)
        os.replace(temporary, target / name)
