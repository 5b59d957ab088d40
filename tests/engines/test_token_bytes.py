from __future__ import annotations

import pytest
from tokenizers import pre_tokenizers

from jobai_server.engines.token_bytes import token_bytes


@pytest.mark.parametrize("text", ["word", " Müller", "\n\t", "→ 😀", "\x00\x7f\xad"])
def test_byte_level_tokens_are_the_bytes_they_stand_for(text: str) -> None:
    pieces = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(text)
    assert b"".join(token_bytes(piece) for piece, _ in pieces) == text.encode()


def test_byte_tokens_of_sentencepiece_are_one_byte() -> None:
    assert b"".join(map(token_bytes, ["<0xE2>", "<0x86>", "<0x92>"])).decode() == "→"


def test_other_tokens_are_their_text() -> None:
    assert token_bytes("▁word") == "▁word".encode()
