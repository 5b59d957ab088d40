"""vLLM's tool-call parsers behind this server's own protocol, so that no text of an answer is ever lost.

vLLM's streaming parsers say nothing about text they cannot make sense of, and emit at most one piece per call.
Here they are asked again until they have nothing more to say, and at the end of an answer the whole text is
parsed once more: what the stream left out, calls or text, is then given. They work on text alone.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from jobai_server.engines.protocol import ParsedText, ToolCallDelta
from jobai_server.errors import ConfigurationError

log = logging.getLogger(__name__)

MOST_OFTEN = 50
"""Times a parser is asked while an answer doubles: most read all of it again each time."""
MAX_PIECES = 64
"""Times the parser is asked about one delta; a guard, as each time something new must come."""


def vllm_tool_call_parser(name: str, tokenizer: Any, tools: Sequence[Mapping[str, Any]]) -> VllmToolCallParser:
    """A fresh parser for one answer.

    Args:
        name: vLLM's name of the format: `llama3_json`, `hermes`, `mistral`, `pythonic` and so on.
        tokenizer: The model's tokenizer.
        tools: OpenAI function tools as plain objects.

    Raises:
        ConfigurationError: vLLM has no such parser, or it does not fit the model's tokenizer.
    """
    from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
    from vllm.tool_parsers import ToolParserManager

    # A traceback for every token of an answer that is not quite a call helps nobody.
    logging.getLogger("vllm.tool_parsers").setLevel(logging.CRITICAL)
    request = ChatCompletionRequest.model_validate(
        {"model": "", "messages": [], "tools": list(tools) or None, "tool_choice": "auto" if tools else "none"}
    )
    try:
        parser = ToolParserManager.get_tool_parser(name)(tokenizer, request.tools)
    except KeyError:
        raise ConfigurationError(f"vLLM has no tool-call parser named '{name}'.") from None
    except (RuntimeError, ValueError) as error:
        raise ConfigurationError(f"The tool-call parser '{name}' does not fit this model: {error}") from error
    return VllmToolCallParser(parser, request)


def usable_parser(model: str, name: str | None, tokenizer: Any) -> str | None:
    """The configured tool-call parser, unless the model's tokenizer lacks what it needs."""
    if name is None:
        return None
    try:
        vllm_tool_call_parser(name, tokenizer, [])
    except ConfigurationError as error:
        log.warning("model %s: no tool_choice auto: %s", model, error.message)
        return None
    return name


class VllmToolCallParser:
    """One answer's parser.

    `_text` is what the parser has seen, `_held` is what it has not: that may become a marker, or is too little to ask
    about in a long call. `_content` and `_calls` are what was given.
    """

    def __init__(self, parser: Any, request: Any) -> None:
        self._parser = parser
        self._request = request
        self._marker: str = getattr(parser, "bot_token", "")
        self._steps = _steps(parser.engine_based_streaming, self._marker)
        self._text = ""
        self._held = ""
        self._content = ""
        self._calls: dict[int, ToolCallDelta] = {}

    def parse_delta(self, text: str) -> ParsedText:
        text = self._held + text
        if len(self._content) < len(self._text) and MOST_OFTEN * len(text) < len(self._text):
            self._held = text
            return ParsedText("")
        return self._read(text)

    def _read(self, text: str) -> ParsedText:
        """What the parser makes of this text, all but the beginning of a marker at its end."""
        kept = _marker_overlap(text, self._marker)
        text, self._held = text[: len(text) - kept], text[len(text) - kept :]
        return self._given([piece for step in self._steps.findall(text) for piece in self._pieces(step)])

    def _pieces(self, text: str) -> list[ParsedText]:
        """All that the parser makes of one step."""
        previous, self._text = self._text, self._text + text
        pieces = []
        for _ in range(MAX_PIECES):
            piece = self._ask(previous, text)
            if not piece.content and not piece.tool_calls:
                # The first step of a new call gives nothing and is followed by its name.
                if not text:
                    break
            else:
                pieces.append(piece)
            if self._parser.engine_based_streaming:
                break
            previous, text = self._text, ""
        return pieces

    def parse_end(self) -> ParsedText:
        """Text of a call that began and never became one is given as content, after what was given of the call."""
        last, rest = self._read(self._held), self._left_out()
        return ParsedText(last.content + rest.content, (*last.tool_calls, *rest.tool_calls))

    def _left_out(self) -> ParsedText:
        """What the parser has left out of the whole text."""
        self._text, self._held = self._text + self._held, ""
        if self._content == self._text:
            return ParsedText("")
        whole = self._whole(self._text)
        if not whole.tool_calls and not self._calls:
            return self._given([ParsedText(_rest(self._content, self._text))])
        content = _rest(self._content, whole.content)
        calls = tuple(piece for call in whole.tool_calls if (piece := self._missing(call)) is not None)
        return self._given([ParsedText(content, calls)])

    def parse_complete(self, text: str) -> ParsedText:
        return self._whole(text)

    def _ask(self, previous: str, delta: str) -> ParsedText:
        message = self._parser.extract_tool_calls_streaming(previous, self._text, delta, [], [], [], self._request)
        if message is None:
            return ParsedText("")
        calls = []
        for call in message.tool_calls:
            function = call.function
            name, arguments = (function.name, function.arguments) if function is not None else (None, None)
            if name or arguments:
                calls.append(ToolCallDelta(call.index, name, arguments or ""))
        return ParsedText(message.content or "", tuple(calls))

    def _whole(self, text: str) -> ParsedText:
        found = self._parser.extract_tool_calls(text, self._request)
        if not found.tools_called:
            return ParsedText(text)
        calls = enumerate(found.tool_calls)
        return ParsedText(
            found.content or "",
            tuple(ToolCallDelta(index, call.function.name, call.function.arguments) for index, call in calls),
        )

    def _missing(self, call: ToolCallDelta) -> ToolCallDelta | None:
        """What of a complete call has not been given yet; the two may differ in spaces."""
        given = self._calls.get(call.index)
        if given is None:
            return call
        if call.arguments.startswith(given.arguments) and call.arguments != given.arguments:
            return ToolCallDelta(call.index, None, call.arguments[len(given.arguments) :])
        rest = _unspaced_rest(given.arguments, call.arguments)
        return ToolCallDelta(call.index, None, rest) if rest else None

    def _given(self, pieces: Sequence[ParsedText]) -> ParsedText:
        """Put pieces together and remember them."""
        content = "".join(piece.content for piece in pieces)
        self._content += content
        calls = tuple(call for piece in pieces for call in piece.tool_calls)
        for call in calls:
            before = self._calls.get(call.index, ToolCallDelta(call.index, None, ""))
            name, arguments = before.name or call.name, before.arguments + call.arguments
            self._calls[call.index] = ToolCallDelta(call.index, name, arguments)
        return ParsedText(content, calls)


def _steps(incremental: bool, marker: str) -> re.Pattern[str]:
    """The pieces in which a parser is given text, as what it makes of a text depends on where that is cut.

    A parser that reads all text again each time gets one closing brace at a time: one that sees the end of a call
    together with the next call forgets the first. An incremental one gets single characters, its marker whole:
    Mistral's takes a colon for a part of the arguments where it comes at the beginning of a piece.
    """
    if incremental:
        return re.compile(f"{re.escape(marker)}|." if marker else ".", re.DOTALL)
    return re.compile(r"[^}]*\}|[^}]+")


def _marker_overlap(text: str, marker: str) -> int:
    """How many characters at the end of the text may be the beginning of the marker."""
    return next((size for size in range(len(marker) - 1, 0, -1) if text.endswith(marker[:size])), 0)


def _rest(given: str, whole: str) -> str:
    """What follows the part already given; nothing where the two differ, as what was given cannot be taken back."""
    return whole[len(given) :] if whole.startswith(given) else ""


def _unspaced_rest(given: str, whole: str) -> str:
    """The end of a JSON text whose beginning was given with other spaces; empty where it is complete or differs."""
    try:
        json.loads(given)
    except ValueError:
        compact = json.dumps(json.loads(whole), ensure_ascii=False, separators=(",", ":"))
        return compact[len(given) :] if compact.startswith(given) else ""
    return ""
