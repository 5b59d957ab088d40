"""vLLM's own parsers behind our protocol; they need the tokenizer of the embedded model, not the engine."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from jobai_server.engines.protocol import ParsedText
from jobai_server.errors import ConfigurationError
from jobai_server.openai_format.forced_calls import joined_calls

pytestmark = pytest.mark.engine

LLAMA = '{"name": "search", "parameters": {"q": "nurse}", "n": 3}}'
HERMES = LLAMA.replace("parameters", "arguments")
CALL = ("search", '{"q": "nurse}", "n": 3}')
TOOLS = [{"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}]


class Tokenizer:
    """The embedded tokenizer with the markers of other model families."""

    def __init__(self) -> None:
        transformers = pytest.importorskip("transformers")
        folder = resources.files("jobai_server") / "embedded" / "jobai_nano"
        if not (folder / "tokenizer.json").is_file():
            pytest.skip("the embedded model is not there")
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tokenizer, name)

    def get_vocab(self) -> dict[str, int]:
        return {**self.tokenizer.get_vocab(), "<|python_tag|>": 100_001, "[TOOL_CALLS]": 100_002}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    pytest.importorskip("vllm")
    return Tokenizer()


CASES = [
    ("llama3_json", LLAMA, "", [CALL]),
    ("llama3_json", f"<|python_tag|>{LLAMA}; {LLAMA}", "", [CALL, CALL]),
    ("llama3_json", "plain text", "plain text", []),
    ("llama3_json", "{broken", "{broken", []),
    ("llama3_json", '{"foo": 1}', '{"foo": 1}', []),
    ("hermes", f"hi <tool_call>\n{HERMES}\n</tool_call>\n<tool_call>{HERMES}</tool_call>", "hi ", [CALL, CALL]),
    ("hermes", 'a <tool_call>{"name": "sea', 'a <tool_call>{"name": "sea', []),
    ("hermes", "a <tool_call>{bad}</tool_call> b", "a <tool_call>{bad}</tool_call> b", []),
    ("hermes", "x < y <tool", "x < y <tool", []),
    ("mistral", f"[TOOL_CALLS][{HERMES},{HERMES}]", "", [CALL, CALL]),
    ("mistral", "plain [text]", "plain [text]", []),
    ("mistral", "[TOOL_CALLS] junk", "[TOOL_CALLS] junk", []),
    ("pythonic", '[search(q="nurse}", n=3)]', "", [CALL]),
    ("pythonic", "[1, 2", "[1, 2", []),
]


def streamed(parser: Any, text: str, size: int) -> ParsedText:
    pieces = [parser.parse_delta(text[at : at + size]) for at in range(0, len(text), size)]
    pieces.append(parser.parse_end())
    return ParsedText("".join(piece.content for piece in pieces), joined_calls(pieces))


@pytest.mark.parametrize(("name", "text", "content", "calls"), CASES)
def test_nothing_is_lost(
    tokenizer: Tokenizer, name: str, text: str, content: str, calls: list[tuple[str, str]]
) -> None:
    from jobai_server.engines.vllm_tool_calls import vllm_tool_call_parser

    whole = vllm_tool_call_parser(name, tokenizer, TOOLS).parse_complete(text)
    results = [whole]
    results.extend(streamed(vllm_tool_call_parser(name, tokenizer, TOOLS), text, size) for size in (1, 2, 3, 7, 1000))
    for result in results:
        assert result.content == content
        assert [(call.name, call.arguments) for call in result.tool_calls] == calls
        assert [call.index for call in result.tool_calls] == list(range(len(calls)))


WORDS = "word " * 400
LONG_CASES = [
    ("llama3_json", '{"name": "search", "parameters": {"q": "WORDS"}}', "", '{"q": "WORDS"}'),
    ("hermes", 'hi <tool_call>{"name": "search", "arguments": ARGUMENTS}</tool_call>', "hi ", "ARGUMENTS"),
    ("mistral", '[TOOL_CALLS][{"name": "search", "arguments": ARGUMENTS}]', "", "ARGUMENTS"),
    ("hermes", "<tool_call> {WORDS", "<tool_call> {WORDS", None),
    ("llama3_json", "WORDS", "WORDS", None),
]


@pytest.mark.parametrize("arguments", ['{\n  "q": "WORDS"\n}', '{ "q":  "WORDS\\u00e9\\/" }', '{"q":"WORDS"}'])
@pytest.mark.parametrize(("name", "text", "content", "call"), LONG_CASES)
def test_a_long_answer_is_read_seldom_and_whole(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, name: str, text: str, content: str, call: str | None,
    arguments: str,
) -> None:  # fmt: skip
    from jobai_server.engines.vllm_tool_calls import vllm_tool_call_parser

    def filled(pattern: str) -> str:
        return pattern.replace("ARGUMENTS", arguments).replace("WORDS", WORDS)

    parser = vllm_tool_call_parser(name, tokenizer, TOOLS)
    ask, asked = parser._parser.extract_tool_calls_streaming, []

    def counted(previous: str, text: str, *rest: Any) -> Any:
        asked.append(len(text))
        return ask(previous, text, *rest)

    monkeypatch.setattr(parser._parser, "extract_tool_calls_streaming", counted)
    found = streamed(parser, filled(text), 4)
    assert found.content == filled(content)
    assert [json.loads(one.arguments) for one in found.tool_calls] == ([json.loads(filled(call))] if call else [])
    if name == "llama3_json" and call:  # which reads all of the text each time
        assert len(asked) < len(filled(text)) / 4


def test_a_call_cut_off_leaves_its_text(tokenizer: Tokenizer) -> None:
    from jobai_server.engines.vllm_tool_calls import vllm_tool_call_parser

    text = LLAMA[:24]
    assert streamed(vllm_tool_call_parser("llama3_json", tokenizer, TOOLS), text, 3).content == text


def test_a_parser_that_does_not_fit_is_named(tokenizer: Tokenizer) -> None:
    from jobai_server.engines.vllm_tool_calls import vllm_tool_call_parser

    with pytest.raises(ConfigurationError, match="nope"):
        vllm_tool_call_parser("nope", tokenizer, TOOLS)
    with pytest.raises(ConfigurationError, match="mistral"):
        vllm_tool_call_parser("mistral", tokenizer.tokenizer, TOOLS)
