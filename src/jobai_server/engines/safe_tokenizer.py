"""Text to token ids such that text from users never becomes a control token.

Chat templates render to text, and a tokenizer turns every `<|eot_id|>` in that text into the control token, whoever
wrote it. So a mark is put inside every control-token look-alike in untrusted text before rendering, the rendered text
is cut at the marks, and the pieces are encoded one by one: no piece holds a whole control token that is not the
template's own, and the pieces together are the very text that was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import jinja2

from jobai_server.engines.next_token import AnswerTokens, MessageTokens
from jobai_server.engines.protocol import Conversation
from jobai_server.engines.single_calls import single_calls
from jobai_server.engines.token_bytes import token_bytes
from jobai_server.errors import InvalidRequest

# A Unicode non-character: never part of text that is meant for interchange.
MARK = "\ufdd0"
REPLACEMENT = "\ufffd"
PROBE = "probe-answer"

# Turn markers that some templates write as ordinary text, so that they are no tokens of the vocabulary.
TEXT_MARKERS = (
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_CALLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "<|im_start|>",
    "<|im_end|>",
)


class SafeTokenizer:
    """A Hugging Face tokenizer and its chat template.

    Args:
        tokenizer: A `transformers` tokenizer.
        chat_template: A Jinja template in place of the tokenizer's own, or None.
    """

    def __init__(self, tokenizer: Any, chat_template: str | None = None) -> None:
        self._tokenizer = tokenizer
        self._chat_template: str | None = chat_template or tokenizer.chat_template
        added = {token.content for token in tokenizer.added_tokens_decoder.values()}
        markers = {marker for marker in TEXT_MARKERS if marker in str(self._chat_template)}
        look_alikes = sorted(added | set(tokenizer.all_special_tokens) | markers, key=len, reverse=True)
        self._look_alike = re.compile("|".join(re.escape(text) for text in look_alikes if len(text) > 1) or r"(?!)")
        self._control_ids = {index for index, token in tokenizer.added_tokens_decoder.items() if token.special} | set(
            tokenizer.all_special_ids
        )
        self._vocabulary_size = len(tokenizer)
        self._guard_ids = self._encode("\n", add_special_tokens=False)
        self._folds_system = self._chat_template is not None and not self._takes_system_role()
        self._splits_calls = self._chat_template is not None and not self._takes_several_calls()

    @property
    def tokenizer(self) -> Any:
        return self._tokenizer

    @property
    def longest_token(self) -> int:
        """Characters in the longest token: text longer than this times the context cannot fit it."""
        return max(len(token) for token in self._tokenizer.get_vocab())

    def holds_control_token(self, text: str) -> bool:
        """Whether a control-token look-alike is in this text."""
        return self._look_alike.search(text) is not None

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes one token stands for, also where they are only part of a character."""
        return token_bytes(self._tokenizer.convert_ids_to_tokens(token_id) or "")

    def encode_conversation(self, conversation: Conversation) -> list[int]:
        """Render with the chat template, ready for the assistant's answer, and encode.

        Raises:
            InvalidRequest: The model has no chat template, or the template refuses the conversation.
        """
        messages = [self._guarded(message) for message in conversation.messages]
        if self._folds_system:
            messages = _fold_system(messages)
        if self._splits_calls:
            messages = single_calls(messages)
        tools = [self._guarded(tool) for tool in conversation.tools]
        return self._encode_pieces(self._render(messages, tools), add_special_tokens=False)

    def encode_message(self, given: str, parts: Sequence[str]) -> MessageTokens:
        """A user's message that begins with `given` and goes on with some of `parts`; each is encoded once, by itself.

        Raises:
            InvalidRequest: The model has no chat template.
        """
        split = MARK * 2  # neutralised text has no two marks in a row
        rendered = self._render([{"role": "user", "content": self._neutralise(given) + split}], [])
        before, _, after = rendered.partition(split)
        return MessageTokens(
            self._encode_pieces(before, add_special_tokens=False),
            [self._encode_continuations(self._neutralise(part)) for part in parts],
            self._encode_continuation(after),
        )

    def encode_text(self, text: str) -> list[int]:
        """Raw text, with the start token if the model wants one."""
        return self._encode_pieces(self._neutralise(text), add_special_tokens=True)

    def answer_tokens(self, text: str) -> AnswerTokens:
        """A text as the assistant's answer.

        Raises:
            InvalidRequest: There is no chat template, or it writes nothing that is an answer.
        """
        asked, begun, ended = self._answer_frame
        before = self._encode_pieces(begun, add_special_tokens=False)
        marked = self._neutralise(text)
        whole = self._encode_pieces(f"{asked}{marked}{ended}", add_special_tokens=False)
        if whole[: len(before)] != before:
            # The template writes answers otherwise than it asks for them: what counts is what it asks for.
            whole = self._encode_pieces(f"{begun}{marked}{ended.lstrip()}", add_special_tokens=False)
        answer = whole[len(before) :]
        end = next((place for place, token_id in enumerate(answer) if token_id in self._control_ids), len(answer))
        return AnswerTokens(tuple(answer[: end + 1]), self._single_tokens(begun, before, marked))

    def _single_tokens(self, begun: str, before: list[int], marked: str) -> tuple[int, ...]:
        ids = []
        for form in (marked, f" {marked}"):
            encoded = self._encode_pieces(begun + form, add_special_tokens=False)
            if len(encoded) == len(before) + 1 and encoded[:-1] == before:
                ids.append(encoded[-1])
        return tuple(dict.fromkeys(ids))

    @cached_property
    def _answer_frame(self) -> tuple[str, str, str]:
        """What the template writes before an answer, before one that is still to come, and after one."""
        question = {"role": "user", "content": "?"}
        begun = self._render([question], [])
        asked, answer, ended = self._render(
            [question, {"role": "assistant", "content": PROBE}], [], add_generation_prompt=False
        ).partition(PROBE)
        if not answer or not ended.strip():
            raise InvalidRequest("This model's chat template writes no answers that end.", param="model")
        return asked, begun, ended

    def check_token_ids(self, token_ids: Sequence[int], param: str) -> None:
        for token_id in token_ids:
            if not 0 <= token_id < self._vocabulary_size:
                raise InvalidRequest(f"Token id {token_id} is outside the model's vocabulary.", param=param)
            if token_id in self._control_ids:
                raise InvalidRequest(f"Token id {token_id} is a control token; prompts may not hold any.", param=param)

    def _render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
        add_generation_prompt: bool = True,
    ) -> str:
        if self._chat_template is None:
            raise InvalidRequest("This model has no chat template; use /v1/completions.", param="messages")
        try:
            rendered = self._tokenizer.apply_chat_template(
                list(messages),
                tools=list(tools) or None,
                chat_template=self._chat_template,
                tokenize=False,
                add_generation_prompt=add_generation_prompt,
            )
        except jinja2.TemplateError as error:
            raise InvalidRequest(
                f"The model's chat template refuses these messages: {error.message}", param="messages"
            ) from error
        return str(rendered)

    def _takes_several_calls(self) -> bool:
        """Llama 3's own template refuses answers with more than one call."""
        function = {"name": "probe", "arguments": {}}
        calls = [{"id": f"probe-{number}", "type": "function", "function": function} for number in range(2)]
        results = [{"role": "tool", "content": "", "tool_call_id": call["id"]} for call in calls]
        answer = {"role": "assistant", "content": "", "tool_calls": calls}
        try:
            self._render([{"role": "user", "content": "probe-user"}, answer, *results], [])
        except InvalidRequest:
            return False
        return True

    def _takes_system_role(self) -> bool:
        probe = [{"role": "system", "content": "probe-system"}, {"role": "user", "content": "probe-user"}]
        try:
            return "probe-system" in self._render(probe, [])
        except InvalidRequest:
            return False

    def _guarded(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._neutralise(value)
        if isinstance(value, Mapping):
            return {self._neutralise(str(key)): self._guarded(item) for key, item in value.items()}
        if isinstance(value, Sequence):
            return [self._guarded(item) for item in value]
        return value

    def _neutralise(self, text: str) -> str:
        # The mark goes into the middle: cut there, not even a text marker's pieces encode as the marker does.
        return self._look_alike.sub(_marked, text.replace(MARK, REPLACEMENT))

    def _encode_pieces(self, text: str, *, add_special_tokens: bool) -> list[int]:
        first, mark, rest = text.partition(MARK)
        token_ids = self._encode(first, add_special_tokens=add_special_tokens)
        return token_ids + self._encode_continuations(rest) if mark else token_ids

    def _encode_continuations(self, text: str) -> list[int]:
        return [token_id for piece in text.split(MARK) for token_id in self._encode_continuation(piece)]

    def _encode_continuation(self, piece: str) -> list[int]:
        """Encode text that goes on in mid-word: SentencePiece would put a space before it, so a newline goes first
        and its ids come off again."""
        guarded = self._encode(f"\n{piece}", add_special_tokens=False)
        if guarded[: len(self._guard_ids)] == self._guard_ids:
            return guarded[len(self._guard_ids) :]
        return self._encode(piece, add_special_tokens=False)

    def _encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=add_special_tokens)["input_ids"])


def _marked(match: re.Match[str]) -> str:
    text = match.group()
    middle = len(text) // 2
    return f"{text[:middle]}{MARK}{text[middle:]}"


def _fold_system(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """For templates without a system role: put system messages before the next user message's text."""
    folded: list[Mapping[str, Any]] = []
    pending: list[str] = []
    for message in messages:
        if message["role"] == "system":
            pending.append(message["content"])
        elif message["role"] == "user" and pending:
            folded.append({**message, "content": "\n\n".join([*pending, message["content"]])})
            pending = []
        else:
            folded.append(message)
    if pending:
        folded.append({"role": "user", "content": "\n\n".join(pending)})
    return folded
