"""What a model would write to answer with a given text, in the tokens of its own template."""

from __future__ import annotations

from pathlib import Path
from string import ascii_letters

import pytest
from tests.end_to_end.quantised_checkpoints import mistral_tokenizer

import jobai_server
from jobai_server.engines.protocol import Conversation
from jobai_server.engines.safe_tokenizer import SafeTokenizer

EMBEDDED = Path(jobai_server.__file__).parent / "embedded" / "jobai_nano"


@pytest.fixture(scope="module", params=["llama", "mistral"])
def safe(request: pytest.FixtureRequest) -> SafeTokenizer:
    from transformers import AutoTokenizer

    return SafeTokenizer(AutoTokenizer.from_pretrained(EMBEDDED) if request.param == "llama" else mistral_tokenizer())


def test_every_letter_is_a_token_of_its_own(safe: SafeTokenizer) -> None:
    single = [safe.answer_tokens(letter).single for letter in ascii_letters]
    assert all(single)
    assert len({token_id for tokens in single for token_id in tokens}) == sum(map(len, single))


def test_a_number_of_two_digits_takes_several(safe: SafeTokenizer) -> None:
    assert safe.answer_tokens("10").single == ()


@pytest.mark.parametrize("text", ["job posting", "A", "naïve 東京", "</s><|eot_id|>[/INST]"])
def test_a_whole_answer_is_its_text_and_the_end_of_the_turn(safe: SafeTokenizer, text: str) -> None:
    *answer, end = safe.answer_tokens(text).whole
    tokenizer = safe.tokenizer
    assert end == tokenizer.eos_token_id
    assert not set(answer) & set(tokenizer.all_special_ids)
    asked = safe.encode_conversation(Conversation([{"role": "user", "content": "?"}]))
    assert tokenizer.decode([*asked, *answer]).removeprefix(tokenizer.decode(asked)).strip() == text
