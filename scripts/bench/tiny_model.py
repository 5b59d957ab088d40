"""A checkpoint so small that the servers in front of it are what is measured: a Llama with random weights that never
ends an answer by itself and writes ASCII only, so that every token is one piece of text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

HIDDEN = 128
INTERMEDIATE = 256
HEADS = 2
LAYERS = 2

# Hidden dimension 0 holds the same number at every position, which makes column 0 of the output layer a bias.
CONSTANT = 4.0
FORBIDDEN = -20.0


def write_tiny_model(folder: Path, tokenizer: Path, context_length: int) -> None:
    """Write the checkpoint.

    Args:
        folder: Where to; made if it is missing.
        tokenizer: A checkpoint's folder whose tokenizer and chat template are used.
        context_length: Prompt plus answer, in tokens.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer / name, folder / name)
    source = json.loads((tokenizer / "config.json").read_text())
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "bos_token_id": source["bos_token_id"],
        "eos_token_id": source["eos_token_id"],
        "dtype": "bfloat16",
        "hidden_act": "silu",
        "hidden_size": HIDDEN,
        "intermediate_size": INTERMEDIATE,
        "max_position_embeddings": context_length,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "num_key_value_heads": HEADS,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
        "tie_word_embeddings": False,
        "vocab_size": source["vocab_size"],
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    save_file(_weights(source["vocab_size"], _ascii_tokens(tokenizer)), folder / "model.safetensors", {"format": "pt"})


def _ascii_tokens(tokenizer: Path) -> list[int]:
    encoding = Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    texts = {token: encoding.decode([token]) for token in encoding.get_vocab(with_added_tokens=False).values()}
    return [token for token, text in texts.items() if text and text.isascii() and text.isprintable()]


def _weights(vocabulary: int, allowed: list[int]) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int, scale: float) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) * scale

    embeddings = random(vocabulary, HIDDEN, scale=0.5)
    embeddings[:, 0] = CONSTANT
    output = random(vocabulary, HIDDEN, scale=1.0)
    output[:, 0] = FORBIDDEN
    output[allowed, 0] = 0.0
    weights = {
        "model.embed_tokens.weight": embeddings,
        "model.norm.weight": torch.ones(HIDDEN),
        "lm_head.weight": output,
    }
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            weights[f"{prefix}self_attn.{name}.weight"] = random(HIDDEN, HIDDEN, scale=HIDDEN**-0.5)
        for name in ("gate_proj", "up_proj"):
            weights[f"{prefix}mlp.{name}.weight"] = random(INTERMEDIATE, HIDDEN, scale=HIDDEN**-0.5)
        weights[f"{prefix}mlp.down_proj.weight"] = random(HIDDEN, INTERMEDIATE, scale=INTERMEDIATE**-0.5)
        for name in ("self_attn.o_proj", "mlp.down_proj"):
            weights[f"{prefix}{name}.weight"][0] = 0.0
        for name in ("input_layernorm", "post_attention_layernorm"):
            weights[f"{prefix}{name}.weight"] = torch.ones(HIDDEN)
    return {name: weight.to(torch.bfloat16).contiguous() for name, weight in weights.items()}
