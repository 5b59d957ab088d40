"""The form of an API key: `jobai_<public id>_<secret><checksum>`, all of it base62.

The public id names the key for ever and may be shown; the secret is what opens the door; the checksum (CRC-32 of all
that stands before it) lets a scanner for leaked keys tell ours from random text without asking the server.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

PREFIX = "jobai"
ID_LENGTH = 12
# 28 characters of base62 are 166 random bits.
SECRET_LENGTH = 28
CHECKSUM_LENGTH = 6

_ALPHABET = string.digits + string.ascii_letters
_KEY = re.compile(rf"({PREFIX}_([0-9A-Za-z]{{{ID_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH}}})([0-9A-Za-z]{{6}})")
_PUBLIC_ID = re.compile(rf"[0-9A-Za-z]{{{ID_LENGTH}}}")


def new_public_id() -> str:
    return _random(ID_LENGTH)


def new_api_key(public_id: str) -> str:
    """A key with this public id and a fresh secret."""
    body = f"{PREFIX}_{public_id}_{_random(SECRET_LENGTH)}"
    return body + _checksum(body)


def public_id_of(key: str) -> str | None:
    """The public id of a whole key, or None where this is not one of ours, checksum included."""
    match = _KEY.fullmatch(key)
    return match[2] if match and _checksum(match[1]) == match[3] else None


def looks_like_a_key(text: str) -> bool:
    """Whether this has a key's form, whether or not its checksum is right."""
    return _KEY.fullmatch(text.strip()) is not None


def is_public_id(text: str) -> bool:
    return _PUBLIC_ID.fullmatch(text) is not None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
