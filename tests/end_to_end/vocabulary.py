"""Tokens of the embedded model, and biases that make what it writes the same whatever its weights are."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jobai_server

MODEL = "jobai-nano"
CHECKPOINT = Path(jobai_server.__file__).parent / "embedded" / "jobai_nano"
END_TOKENS = ("<|eot_id|>", "<|end_of_text|>", "<|eom_id|>")


@cache
def tokenizer() -> Any:
    """The embedded model's tokenizer, of the `tokenizers` library."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(CHECKPOINT / "tokenizer.json"))


def token_id(text: str) -> int:
    """The id of a text that is one token."""
    [only] = tokenizer().encode(text, add_special_tokens=False).ids
    return int(only)


def endless() -> dict[str, int]:
    """A bias under which answers only end at their length."""
    return {str(tokenizer().token_to_id(token)): -100 for token in END_TOKENS}


def always(text: str) -> dict[str, int]:
    """A bias under which every token is this one, wherever it is allowed."""
    return {str(token_id(text)): 100}


def never(refused: Callable[[str], bool]) -> dict[str, int]:
    """A bias against the tokens whose text is refused."""
    model = tokenizer()
    texts = {index: model.decode([index]) for index in range(model.get_vocab_size())}
    return {str(index): -100 for index, text in texts.items() if refused(text)}


def never_blank() -> dict[str, int]:
    """A bias against white space, with which an untrained model might fill a JSON document for ever."""
    return never(str.isspace)
