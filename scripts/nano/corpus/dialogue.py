"""A conversation as messages, and its text form in the manner of Llama 3."""

from dataclasses import dataclass, field
from typing import Any

BEGIN, END = "<|begin_of_text|>", "<|eot_id|>"
Message = dict[str, Any]


@dataclass(slots=True)
class Dialogue:
    """Messages of one training or evaluation example; `facts` is for the evaluation's own use."""

    task: str
    messages: list[Message]
    facts: dict[str, Any] = field(default_factory=dict)

    def ask(self, question: str, answer: str) -> "Dialogue":
        """Append one user turn and the answer to it."""
        self.messages.append({"role": "user", "content": question})
        self.messages.append({"role": "assistant", "content": answer})
        return self


def segments(dialogue: Dialogue) -> list[tuple[str, bool]]:
    """The conversation as (text, is it the model's own words) pieces; joined they are the template's output."""
    pieces: list[tuple[str, bool]] = []
    text = BEGIN
    for message in dialogue.messages:
        text += f"<|start_header_id|>{message['role']}<|end_header_id|>\n\n"
        if message["role"] == "assistant":
            pieces.append((text, False))
            pieces.append((message["content"].strip() + END, True))
            text = ""
        else:
            text += message["content"].strip() + END
    return pieces
