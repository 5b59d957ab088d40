"""The bytes a single token stands for, also where they are only part of a character."""

from __future__ import annotations

import re
from functools import cache

BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")


def token_bytes(token: str) -> bytes:
    """A vocabulary entry's bytes: SentencePiece's `<0xE2>`, or the byte-level alphabet of GPT-2 and Llama 3."""
    if match := BYTE_TOKEN.fullmatch(token):
        return bytes([int(match[1], 16)])
    alphabet = _byte_of_letter()
    if all(letter in alphabet for letter in token):
        return bytes(alphabet[letter] for letter in token)
    return token.encode()


@cache
def _byte_of_letter() -> dict[str, int]:
    """The byte-level alphabet: printable bytes are themselves, the others follow from U+0100 on, in order."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + place): byte for place, byte in enumerate(others)}
