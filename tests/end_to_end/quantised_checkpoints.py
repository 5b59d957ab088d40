"""Tiny checkpoints with random weights, quantised by hand to 4 bits, and their twins for reference.

The layouts are those of AutoAWQ ("gemm") and AutoGPTQ ("gptq"), which the large models on the hub use. A twin is the
same model in float32 with the very numbers the quantised weights stand for.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, MistralConfig, PreTrainedTokenizerFast

GROUP_SIZE = 128
CONTEXT_LENGTH = 16_384
WORD_NIBBLES = 8
AWQ_COLUMN_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
# Larger than what models are trained from: the probabilities are to differ, so that a wrong weight shows.
INITIALIZER_RANGE = 0.1

NANO = Path(__file__).parents[2] / "src/jobai_server/embedded/jobai_nano"

# Mistral 7B Instruct v0.2: turns in plain text, no system role, user and assistant in turn or not at all.
MISTRAL_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)

Tensors = dict[str, torch.Tensor]
Quantise = Callable[[torch.Tensor], tuple[Tensors, torch.Tensor]]


@dataclass(frozen=True, slots=True)
class QuantisedCheckpoint:
    """A checkpoint's folder, its tokenizer, and its float32 twin."""

    folder: Path
    tokenizer: Any
    twin: Any

    def prompt(self, messages: Sequence[dict[str, str]]) -> list[int]:
        text = self.tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def likeliest(self, ids: Sequence[int]) -> dict[int, float]:
        """What the twin says comes next: the five likeliest tokens and their log probabilities, best first."""
        with torch.inference_mode():
            logits = self.twin(torch.tensor([list(ids)])).logits[0, -1]
        top = torch.log_softmax(logits, dim=-1).topk(5)
        return dict(zip(top.indices.tolist(), top.values.tolist(), strict=True))


def llama_awq(folder: Path) -> QuantisedCheckpoint:
    """Llama architecture, AWQ, the embedded model's tokenizer."""
    folder.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(NANO / name, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    described = {"quant_method": "awq", "bits": 4, "group_size": GROUP_SIZE, "zero_point": True, "version": "gemm"}
    return _write(folder, tokenizer, LlamaConfig(**_shape(tokenizer)), described, awq)


def mistral_gptq(folder: Path) -> QuantisedCheckpoint:
    """Mistral architecture, GPTQ, a tokenizer and a chat template in the manner of Mistral 7B Instruct v0.2."""
    folder.mkdir(parents=True)
    tokenizer = mistral_tokenizer()
    tokenizer.save_pretrained(folder)
    described = {
        "quant_method": "gptq",
        "bits": 4,
        "group_size": GROUP_SIZE,
        "desc_act": False,
        "sym": True,
        "lm_head": False,
        "checkpoint_format": "gptq",
    }
    return _write(folder, tokenizer, MistralConfig(**_shape(tokenizer), sliding_window=None), described, gptq)


def awq(weight: torch.Tensor) -> tuple[Tensors, torch.Tensor]:
    """w = (q - zero) · scale. A word holds eight columns, in the order in which AutoAWQ's kernel unpacks them."""
    groups = _groups(weight)
    low, high = groups.amin(1, keepdim=True), groups.amax(1, keepdim=True)
    scales = ((high - low) / 15).half().float()
    zeros = (-low / scales).round().clamp(0, 15)
    values = (groups / scales + zeros).round().clamp(0, 15)
    tensors = {
        "qweight": _packed_columns(values.flatten(0, 1)),
        "qzeros": _packed_columns(zeros[:, 0]),
        "scales": scales[:, 0].half(),
    }
    return tensors, ((values - zeros) * scales).flatten(0, 1).t()


def gptq(weight: torch.Tensor) -> tuple[Tensors, torch.Tensor]:
    """w = (q - 8) · scale. A word holds eight rows; the format stores zero points less one."""
    groups = _groups(weight)
    scales = (groups.abs().amax(1, keepdim=True) / 7).half().float()
    values = (groups / scales + 8).round().clamp(0, 15)
    rows = values.flatten(0, 1)
    tensors = {
        "qweight": _words(rows.reshape(-1, WORD_NIBBLES, rows.shape[1]), 1),
        "qzeros": torch.full((scales.shape[0], scales.shape[2] // WORD_NIBBLES), 0x77777777, dtype=torch.int32),
        "scales": scales[:, 0].half(),
        "g_idx": (torch.arange(rows.shape[0]) // GROUP_SIZE).int(),
    }
    return tensors, ((values - 8) * scales).flatten(0, 1).t()


def _shape(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 256,
        "intermediate_size": 512,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT_LENGTH,
        "initializer_range": INITIALIZER_RANGE,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "tie_word_embeddings": False,
    }


def _write(
    folder: Path, tokenizer: Any, config: Any, described: dict[str, object], quantise: Quantise
) -> QuantisedCheckpoint:
    with torch.random.fork_rng():
        torch.manual_seed(20)
        twin = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    stored: Tensors = {}
    for name, weight in twin.state_dict().items():
        if name.endswith("_proj.weight"):
            tensors, meant = quantise(weight)
            stored |= {f"{name.removesuffix('.weight')}.{part}": tensor for part, tensor in tensors.items()}
        else:
            stored[name] = meant = weight.half()
        weight.copy_(meant)
    save_file(
        {name: tensor.contiguous() for name, tensor in stored.items()}, folder / "model.safetensors", {"format": "pt"}
    )
    document = {**config.to_dict(), "architectures": [type(twin).__name__], "dtype": "float16"}
    (folder / "config.json").write_text(json.dumps({**document, "quantization_config": described}))
    return QuantisedCheckpoint(folder, tokenizer, twin.eval())


def _groups(weight: torch.Tensor) -> torch.Tensor:
    """[out, in] → [group, row of the group, out]: both formats store weights transposed, grouped by input."""
    return weight.detach().t().reshape(-1, GROUP_SIZE, weight.shape[0])


def _packed_columns(values: torch.Tensor) -> torch.Tensor:
    words = values.reshape(values.shape[0], -1, WORD_NIBBLES)
    return _words(words[:, :, list(AWQ_COLUMN_ORDER)], 2)


def _words(nibbles: torch.Tensor, dimension: int) -> torch.Tensor:
    """Eight 4-bit numbers along a dimension → one 32-bit word, the first in the lowest bits."""
    places = [nibble.long() << 4 * place for place, nibble in enumerate(nibbles.unbind(dimension))]
    word = torch.stack(places).sum(0)
    return torch.where(word >= 2**31, word - 2**32, word).int()


def mistral_tokenizer() -> PreTrainedTokenizerFast:
    """SentencePiece's ways, a token per character: a space before the text, bytes for what is not in the vocabulary."""
    letters = [chr(code) for code in range(0x21, 0x7F)]
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *letters]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", chat_template=MISTRAL_TEMPLATE
    )
