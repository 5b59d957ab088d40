"""What a model said to one question."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """The text, whether it ended by itself, and the first token's probabilities by letter."""

    text: str
    finished: bool
    letters: dict[str, float] = field(default_factory=dict)
