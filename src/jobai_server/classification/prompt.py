"""The words that put a classification to a model; jobai-nano is trained on them.

Everything that is the same for all texts comes first, so that the engine reads it once.
"""

from __future__ import annotations

from collections.abc import Sequence

from jobai_server.classification.task import Category, ClassificationTask
from jobai_server.engines.protocol import Conversation

CONTENT_FREE_TEXTS = ("N/A", "[MASK]", "")
"""Nothing can be said about these: what a model says of them, it says of every text (Zhao et al. 2021)."""


def letter_conversation(
    task: ClassificationTask, order: Sequence[int], letters: Sequence[str], text: str
) -> Conversation:
    """Categories in the order of `order`, each with its letter; the answer is a letter.

    Args:
        letters: At least as many as categories.
    """
    listing = [f"{letter}: {_described(task.categories[index])}" for letter, index in zip(letters, order, strict=False)]
    return _conversation(
        task,
        "\n".join(["Classify the text into one of these categories:", *listing]),
        f"Text: {text}",
        "Answer with the letter only.",
    )


def name_conversation(task: ClassificationTask, order: Sequence[int], text: str) -> Conversation:
    """Categories in the order of `order`; the answer is a name."""
    listing = [f"- {_described(task.categories[index])}" for index in order]
    return _conversation(
        task,
        "\n".join(["Classify the text into one of these categories:", *listing]),
        f"Text: {text}",
        "Answer with the name of the category only.",
    )


def yes_no_conversation(task: ClassificationTask, category: Category, text: str) -> Conversation:
    """One category; here it is the text that is the same for many prompts."""
    named = f"{category.name} ({category.description})" if category.description else category.name
    return _conversation(
        task, f"Text: {text}", f"Does the category {named} apply to the text?", "Answer with Yes or No."
    )


def _described(category: Category) -> str:
    return f"{category.name} - {category.description}" if category.description else category.name


def _conversation(task: ClassificationTask, *paragraphs: str) -> Conversation:
    question = {"role": "user", "content": "\n\n".join(paragraphs)}
    if not task.instructions:
        return Conversation([question])
    return Conversation([{"role": "system", "content": task.instructions}, question])
