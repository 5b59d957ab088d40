"""The shape of jobai-nano: a Llama of 7.9 million parameters.

Every linear layer's sides are multiples of 128, so the weights can be quantised in groups of 128.
"""

from tokenizers import Tokenizer
from transformers import GenerationConfig, LlamaConfig

from learning.tokenizer import CONTEXT_LENGTH, VOCABULARY_SIZE

LAYERS = 8


def architecture(tokenizer: Tokenizer, layers: int = LAYERS) -> LlamaConfig:
    """Layers of width 256 with four heads of 64; embeddings are shared with the output."""
    return LlamaConfig(
        vocab_size=VOCABULARY_SIZE,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=64,
        max_position_embeddings=CONTEXT_LENGTH,
        tie_word_embeddings=True,
        attention_bias=False,
        rms_norm_eps=1e-5,
        initializer_range=0.02,
        bos_token_id=tokenizer.token_to_id("<|begin_of_text|>"),
        eos_token_id=stop_tokens(tokenizer),
        pad_token_id=tokenizer.token_to_id("<|finetune_right_pad_id|>"),
    )


def generation(tokenizer: Tokenizer) -> GenerationConfig:
    """Greedy by default; both ends of Llama 3 stop the generation."""
    return GenerationConfig(
        do_sample=False,
        bos_token_id=tokenizer.token_to_id("<|begin_of_text|>"),
        eos_token_id=stop_tokens(tokenizer),
        pad_token_id=tokenizer.token_to_id("<|finetune_right_pad_id|>"),
    )


def stop_tokens(tokenizer: Tokenizer) -> list[int]:
    """The ids that end an answer."""
    ids = (tokenizer.token_to_id(token) for token in ("<|eot_id|>", "<|end_of_text|>"))
    return [number for number in ids if number is not None]
