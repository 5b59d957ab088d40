"""The held-out questions: nothing in them was available to training.

Layouts, instructions, field names, JSON keys, category names and list styles are written for this
split alone; names, titles and towns are new as wholes.
"""

from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

from corpus import mixture
from corpus.dialogue import Dialogue, Message
from corpus.split import Split
from corpus.tasks import extraction

MAIN_FIELDS = ("title", "company", "location")


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt with what is right: `expected` is the exact answer, `facts` describes the task."""

    task: str
    messages: tuple[Message, ...]
    expected: str
    facts: dict[str, Any]


def questions(count: int, seed: int) -> list[Question]:
    """`count` first questions of every task; extraction has `count` for each of its main fields."""
    chosen: list[Question] = []
    for field in MAIN_FIELDS:
        chosen += islice(_extraction(field, seed), count)
    for task in ("json", "classification", "naming", "yes_no", "missing", "summary", "refusal", "writing", "tools"):
        random = Random(f"evaluation-{task}-{seed}")
        make = mixture.TASKS[task][0]
        chosen += [_first(make(random, Split.HELD_OUT)) for _ in range(count)]
    return chosen


def _extraction(field: str, seed: int) -> Any:
    """Questions about one field that the text answers."""
    random = Random(f"evaluation-{field}-{seed}")
    while True:
        dialogue = extraction.plain(random, Split.HELD_OUT)
        question = _first(dialogue)
        if question.facts["field"] == field and question.expected != extraction.NOT_STATED:
            yield Question(field, question.messages, question.expected, question.facts)


def _first(dialogue: Dialogue) -> Question:
    """The conversation up to its first answer."""
    end = next(i for i, m in enumerate(dialogue.messages) if m["role"] == "assistant")
    return Question(
        dialogue.task,
        tuple(dialogue.messages[:end]),
        str(dialogue.messages[end]["content"]),
        dialogue.facts,
    )
