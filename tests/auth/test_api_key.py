"""The form of a key."""

from __future__ import annotations

import re

import pytest

from jobai_server.auth.api_key import looks_like_a_key, new_api_key, new_public_id, public_id_of
from jobai_server.logs import masked

KEY = new_api_key("abcdefABCDEF")


def test_a_key_is_prefix_id_secret_and_checksum() -> None:
    assert re.fullmatch(r"jobai_abcdefABCDEF_[0-9A-Za-z]{34}", KEY)
    # 28 characters of base62 before the checksum are 166 bits.
    assert 62**28 > 2**160
    assert public_id_of(KEY) == "abcdefABCDEF"


def test_no_two_are_the_same() -> None:
    assert len({new_api_key("abcdefABCDEF") for _ in range(1000)}) == 1000
    assert len({new_public_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("position", range(6, len(KEY)))
def test_one_wrong_character_shows_in_the_checksum(position: int) -> None:
    wrong = "x" if KEY[position] != "x" else "y"
    assert public_id_of(KEY[:position] + wrong + KEY[position + 1 :]) is None


@pytest.mark.parametrize("text", ["", "jobai", KEY[:-1], KEY + "x", KEY + "\n", f" {KEY}", KEY.upper(), "k" * 40])
def test_other_text_is_no_key(text: str) -> None:
    assert public_id_of(text) is None


def test_secrets_are_masked_wherever_they_stand() -> None:
    assert masked(f"GET /x?key={KEY}&y=1") == "GET /x?key=jobai_abcdefABCDEF_***&y=1"
    assert masked("nothing here") == "nothing here"
    assert looks_like_a_key(KEY[:-1] + "~") is False
