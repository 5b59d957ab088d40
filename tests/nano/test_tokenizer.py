"""The shipped tokenizer: letters and digits are single tokens, and the template says what we train."""

from itertools import islice
from pathlib import Path
from string import ascii_uppercase, digits

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from corpus import mixture
from corpus.dialogue import Message, segments

MODEL = Path(__file__).parents[2] / "src" / "jobai_server" / "embedded" / "jobai_nano"
HELLO: list[Message] = [{"role": "user", "content": "Hello"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "search_jobs",
        "description": "Search jobs",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
    },
}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


@pytest.fixture(scope="module")
def chat() -> PreTrainedTokenizerBase:
    loaded: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(str(MODEL))
    return loaded


def render(chat: PreTrainedTokenizerBase, messages: list[Message], **options: object) -> str:
    return str(chat.apply_chat_template(messages, tokenize=False, **options))


@pytest.mark.parametrize("sign", ascii_uppercase + digits)
def test_letters_and_digits_are_single_tokens(tokenizer: Tokenizer, sign: str) -> None:
    assert len(tokenizer.encode(sign, add_special_tokens=False).ids) == 1


def test_each_digit_is_its_own_token(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("2048", add_special_tokens=False).tokens == ["2", "0", "4", "8"]


def test_a_name_has_the_same_tokens_everywhere(tokenizer: Tokenizer) -> None:
    alone = tokenizer.encode("Senior Software Engineer", add_special_tokens=False).tokens
    inside = tokenizer.encode('{"title": "Senior Software Engineer"}', add_special_tokens=False).tokens
    later = tokenizer.encode("a Senior Software Engineer.", add_special_tokens=False).tokens
    for text in (inside, later):
        assert any(text[i : i + len(alone)] == alone for i in range(len(text)))


@pytest.mark.parametrize("text", ["", "Zürich – 80.000 €", "日本語 🙂", '{"a": [1, "b"]}\n\t x'])
def test_decoding_gives_the_text_back(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids) == text


def test_the_size_is_a_multiple_of_128(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == 4096


def test_prompt_ends_where_the_answer_begins(chat: PreTrainedTokenizerBase) -> None:
    assert render(chat, HELLO, add_generation_prompt=True) == (
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


def test_template_writes_what_training_reads(chat: PreTrainedTokenizerBase) -> None:
    for dialogue in islice(mixture.stream(11), 200):
        expected = "".join(text for text, _ in segments(dialogue))
        assert render(chat, dialogue.messages) == expected


def test_tools_come_before_the_first_question(chat: PreTrainedTokenizerBase) -> None:
    text = render(chat, HELLO, tools=[TOOL])
    assert "Environment: ipython" in text
    assert text.index('"name": "search_jobs"') < text.index("Hello")


def test_tool_calls_and_results_are_rendered(chat: PreTrainedTokenizerBase) -> None:
    call = {"type": "function", "function": {"name": "search_jobs", "arguments": {"query": "AI"}}}
    messages = [
        *HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "[]"},
    ]
    text = render(chat, messages)
    assert '{"name": "search_jobs", "parameters": {"query": "AI"}}<|eot_id|>' in text
    assert text.endswith("<|start_header_id|>ipython<|end_header_id|>\n\n[]<|eot_id|>")
