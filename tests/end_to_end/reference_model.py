"""The embedded model as transformers computes it, one prompt at a time: what the engine's answers are compared with.

In float32, whatever the engine computes in: rounding is the engine's alone then.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.end_to_end.vocabulary import CHECKPOINT, END_TOKENS

SYSTEM = "Be careful."


@cache
def _loaded() -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(CHECKPOINT, dtype=torch.float32).eval()
    return AutoTokenizer.from_pretrained(CHECKPOINT), model


def prompt_ids(content: str) -> list[int]:
    """A user's message under the system message SYSTEM, up to where the answer begins."""
    tokenizer, _ = _loaded()
    return _encoded(tokenizer.apply_chat_template(_messages(content), tokenize=False, add_generation_prompt=True))


def answer_ids(content: str, answer: str) -> list[int]:
    """The answer to that message, with the token that ends it."""
    tokenizer, _ = _loaded()
    messages = [*_messages(content), {"role": "assistant", "content": answer}]
    whole, before = _encoded(tokenizer.apply_chat_template(messages, tokenize=False)), prompt_ids(content)
    assert whole[: len(before)] == before
    ids = whole[len(before) :]
    ends = set(tokenizer.convert_tokens_to_ids(END_TOKENS))
    return ids[: next(place for place, token_id in enumerate(ids) if token_id in ends) + 1]


def next_token(token_ids: Sequence[int]) -> list[float]:
    """The probability of every token to come next."""
    import torch

    _, model = _loaded()
    with torch.inference_mode():
        probabilities: list[float] = model(torch.tensor([list(token_ids)])).logits[0, -1].float().softmax(-1).tolist()
    return probabilities


def single_tokens(*words: str) -> list[int]:
    """Those of the words that are a token, with and without a space before."""
    tokenizer, _ = _loaded()
    vocabulary = tokenizer.get_vocab()
    return [vocabulary[form] for word in words for form in (word, f"\u0120{word}") if form in vocabulary]


def _messages(content: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]


def _encoded(text: str) -> list[int]:
    tokenizer, _ = _loaded()
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
