"""Reads answers whose JSON shape was forced by `tool_choice`: one tool's arguments, or an array of calls."""

from __future__ import annotations

from enum import Enum, auto

from jobai_server.engines.protocol import ParsedText, ToolCallDelta, ToolCallParser


class NamedCallParser:
    """`tool_choice` names a tool: the whole answer is the text of its arguments."""

    def __init__(self, name: str) -> None:
        self._name: str | None = name

    def parse_delta(self, text: str) -> ParsedText:
        if not text:
            return ParsedText("")
        name, self._name = self._name, None
        return ParsedText("", (ToolCallDelta(0, name, text),))

    def parse_end(self) -> ParsedText:
        return ParsedText("")

    def parse_complete(self, text: str) -> ParsedText:
        return self.parse_delta(text)


class Place(Enum):
    """Where in the array of calls the reader is."""

    BEFORE = auto()
    BETWEEN = auto()
    IN_CALL = auto()
    IN_ARGUMENTS = auto()
    NOT_CALLS = auto()


class CallArrayParser:
    """`tool_choice` is `required`: the answer is `[{"name": …, "parameters": {…}}, …]`.

    A call is given as soon as its name is known, its arguments as they come, in the characters of the model.
    Anything that is not such an array comes out as content.
    """

    def __init__(self) -> None:
        self._place = Place.BEFORE
        self._index = -1
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._string = ""
        self._key = ""
        self._held = ""
        self._name: str | None = None
        self._arguments: list[str] = []
        self._sent = False

    def parse_delta(self, text: str) -> ParsedText:
        if self._place is Place.NOT_CALLS:
            return ParsedText(text)
        calls: list[ToolCallDelta] = []
        for position, character in enumerate(text):
            self._read(character)
            if self._is_broken():
                content = self._held + text[position + 1 :]
                self._held = ""
                return ParsedText(content, tuple(calls))
            if self._place is Place.BETWEEN:
                calls.extend(self._pending())
        calls.extend(self._pending())
        return ParsedText("", tuple(calls))

    def parse_end(self) -> ParsedText:
        """A call cut off before its name was known is content."""
        held, self._held = self._held, ""
        return ParsedText("" if self._sent else held)

    def parse_complete(self, text: str) -> ParsedText:
        pieces = [self.parse_delta(text), self.parse_end()]
        return ParsedText("".join(piece.content for piece in pieces), joined_calls(pieces))

    def _is_broken(self) -> bool:
        return self._place is Place.NOT_CALLS

    def _pending(self) -> list[ToolCallDelta]:
        """What can be given of the current call."""
        if self._index < 0 or self._name is None or (self._sent and not self._arguments):
            return []
        name = None if self._sent else self._name
        arguments, self._arguments = "".join(self._arguments), []
        self._sent = True
        return [ToolCallDelta(self._index, name, arguments)]

    def _read(self, character: str) -> None:
        if self._place in (Place.IN_CALL, Place.BEFORE):
            self._held += character
        if self._in_string:
            self._read_in_string(character)
        elif character == '"':
            self._in_string, self._string = True, ""
        elif character in "{[":
            self._open(character)
        elif character in "}]":
            self._close(character)
            return
        elif character == ":" and self._place is Place.IN_CALL:
            self._key = self._string
        elif self._place is Place.BEFORE and not character.isspace():
            self._place = Place.NOT_CALLS
        if self._place is Place.IN_ARGUMENTS:
            self._arguments.append(character)

    def _read_in_string(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._in_string = False
            if self._place is Place.IN_CALL and self._key == "name" and self._name is None:
                self._name = self._string
            return
        self._string += character

    def _open(self, character: str) -> None:
        if self._place is Place.BEFORE:
            self._place = Place.BETWEEN if character == "[" else Place.NOT_CALLS
            self._held = self._held if self._place is Place.NOT_CALLS else ""
        elif self._place is Place.BETWEEN and character == "{":
            self._place, self._held = Place.IN_CALL, "{"
            self._index += 1
            self._name, self._key, self._sent = None, "", False
        elif self._place is Place.IN_CALL and self._key == "parameters":
            self._place, self._depth = Place.IN_ARGUMENTS, 1
        elif self._place is Place.IN_ARGUMENTS:
            self._depth += 1

    def _close(self, character: str) -> None:
        if self._place is Place.IN_ARGUMENTS:
            self._arguments.append(character)
            self._depth -= 1
            self._place = Place.IN_ARGUMENTS if self._depth else Place.IN_CALL
        elif self._place is Place.IN_CALL:
            self._place = Place.BETWEEN


def joined_calls(pieces: list[ParsedText]) -> tuple[ToolCallDelta, ...]:
    """Complete calls of the pieces of calls, in order."""
    joined: dict[int, ToolCallDelta] = {}
    for delta in (delta for piece in pieces for delta in piece.tool_calls):
        before = joined.get(delta.index, ToolCallDelta(delta.index, None, ""))
        joined[delta.index] = ToolCallDelta(delta.index, before.name or delta.name, before.arguments + delta.arguments)
    return tuple(joined.values())


class FirstCallOnly:
    """Drops every call but the first: `parallel_tool_calls` is false and the model was free to make several."""

    def __init__(self, parser: ToolCallParser) -> None:
        self._parser = parser

    def parse_delta(self, text: str) -> ParsedText:
        return _first(self._parser.parse_delta(text))

    def parse_end(self) -> ParsedText:
        return _first(self._parser.parse_end())

    def parse_complete(self, text: str) -> ParsedText:
        return _first(self._parser.parse_complete(text))


def _first(parsed: ParsedText) -> ParsedText:
    return ParsedText(parsed.content, tuple(call for call in parsed.tool_calls if call.index == 0))
