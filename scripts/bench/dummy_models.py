"""Checkpoints in the shapes of the models that the shipped configs name, without their weights.

vLLM makes up the weights of the text models itself (`load_format: dummy`). sentence-transformers has nothing like it,
so the embedding model gets a file of random ones.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jobai_server

PACKAGE = Path(jobai_server.__file__).parent
NANO = PACKAGE / "embedded" / "jobai_nano"
KNOWN_MODELS = PACKAGE / "engines" / "known_models.json"

# As AutoAWQ and AutoGPTQ write them.
QUANTIZATIONS: Mapping[str, Mapping[str, Any]] = {
    "awq": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm"},
    "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": False, "sym": True},
}
# What remains of a shape for a try on a CPU.
SMALL = {
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 8192,
}
SMALL_EMBEDDING = {"n_embd": 64, "n_inner": 128, "n_layer": 2, "n_head": 2}


def write_text_model(folder: Path, source: str, *, small: bool) -> None:
    """The config of a model that known_models.json has, with a tokenizer of as many entries as its vocabulary."""
    known = json.loads(KNOWN_MODELS.read_text())
    shape_name, quantization = known["models"][source]
    shape = known["shapes"][shape_name] | (SMALL if small else {})
    model_type = {"LlamaForCausalLM": "llama", "MistralForCausalLM": "mistral"}[shape["architectures"][0]]
    nano = json.loads((NANO / "config.json").read_text())
    config = {
        **shape,
        "model_type": model_type,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_theta": 500000.0, "rope_type": "default"},
        "bos_token_id": nano["bos_token_id"],
        "eos_token_id": nano["eos_token_id"],
        "quantization_config": QUANTIZATIONS[quantization],
    }
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    shutil.copyfile(NANO / "tokenizer_config.json", folder / "tokenizer_config.json")
    tokenizer = json.loads((NANO / "tokenizer.json").read_text())
    # No merge leads to these: they are only ever written, each as a word.
    tokenizer["model"]["vocab"] |= {f"Ġw{number}": number for number in range(nano["vocab_size"], shape["vocab_size"])}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


def write_embedding_model(folder: Path, source: str, tokenizer: Path, *, small: bool) -> None:
    """A sentence-transformers checkpoint with random weights and the tokenizer of another one."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import AutoTokenizer, NomicBertConfig, NomicBertModel

    known = json.loads(KNOWN_MODELS.read_text())
    shape = known["shapes"][known["models"][source][0]] | (SMALL_EMBEDDING if small else {})
    torch.manual_seed(0)
    config = NomicBertConfig(
        vocab_size=shape["vocab_size"],
        hidden_size=shape["n_embd"],
        num_hidden_layers=shape["n_layer"],
        num_attention_heads=shape["n_head"],
        intermediate_size=shape["n_inner"],
    )
    raw = folder.with_name(f"{folder.name}-raw")
    NomicBertModel(config).save_pretrained(raw)
    AutoTokenizer.from_pretrained(tokenizer).save_pretrained(raw)
    modules = [Transformer(str(raw)), Pooling(shape["n_embd"], "mean")]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    shutil.rmtree(raw)
