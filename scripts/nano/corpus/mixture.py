"""How often each task occurs, and the endless stream of examples that follows from a seed."""

from collections.abc import Callable, Iterator
from random import Random

from corpus.dialogue import Dialogue
from corpus.split import Split
from corpus.tasks import classification, conversation, deciding, extraction, questions, records, tools, writing

Task = Callable[[Random, Split], Dialogue]

TASKS: dict[str, tuple[Task, int]] = {
    "lookup": (records.lookup, 5),
    "extraction": (extraction.plain, 27),
    "json": (extraction.as_json, 25),
    "classification": (classification.by_letter, 60),
    "letters": (classification.letters, 4),
    "naming": (classification.by_name, 12),
    "deciding": (deciding.applies, 12),
    "yes_no": (questions.yes_or_no, 6),
    "summary": (questions.summary, 4),
    "writing": (writing.job_description, 4),
    "about_title": (writing.about_title, 3),
    "talk": (conversation.talk, 2),
    "refusal": (conversation.refusal, 6),
    "missing": (conversation.missing_title, 1),
    "tools": (tools.call, 2),
    "unused_tools": (tools.no_call, 1),
}


def dialogue(random: Random, split: Split) -> Dialogue:
    """One example of a random task."""
    names = list(TASKS)
    name = random.choices(names, [TASKS[name][1] for name in names])[0]
    return TASKS[name][0](random, split)


def stream(seed: int, split: Split = Split.TRAIN) -> Iterator[Dialogue]:
    """Examples without end; the same seed gives the same examples."""
    random = Random(f"{split.value}-{seed}")
    while True:
        yield dialogue(random, split)
