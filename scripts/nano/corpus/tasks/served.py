"""The prompts of the classification route; `jobai_server.classification.prompt` has the same words."""

from collections.abc import Sequence

_TASK = "Classify the text into one of these categories:"


def by_letter(letters: str, shown: Sequence[str], text: str) -> str:
    """Categories with letters; the answer is a letter."""
    listing = [f"{letter}: {name}" for letter, name in zip(letters, shown, strict=False)]
    return "\n\n".join(("\n".join((_TASK, *listing)), f"Text: {text}", "Answer with the letter only."))


def by_name(shown: Sequence[str], text: str) -> str:
    """Categories in a list; the answer is a name."""
    listing = [f"- {name}" for name in shown]
    ending = "Answer with the name of the category only."
    return "\n\n".join(("\n".join((_TASK, *listing)), f"Text: {text}", ending))


def by_yes_or_no(shown: str, text: str) -> str:
    """One category; the answer is Yes or No."""
    return f"Text: {text}\n\nDoes the category {shown} apply to the text?\n\nAnswer with Yes or No."
