"""Wordings and shapes of lettered choices, put together by chance; only training uses them."""

from random import Random

from corpus.vocabulary import words
from corpus.vocabulary.listing import listed

_BEFORE = ("", "", "", "", "(", "- ", "* ", "<", "• ", "option ", "# ", "\t", "  ", '"', "> ", "Option ", "Label ", "/")
_AFTER = (": ", ": ", ": ", ") ", ") ", ". ", " ", "> ", " | ", " → ", ".) ", "; ", " ~ ", ", ", " :: ", " is ",
    '": ', " / ",
          "\t", ":", " -> ")  # fmt: skip
_ENDS = ("\n", "\n", "\n", "\n", "\n", "\n\n", "; ", " | ", " ", ", ", " / ", ";\n", ",\n", ".\n")
_VERBS = listed(
    "Classify; Categorise; Sort; Choose; Pick; Select; Mark; Tag; Determine; Say; Tell me; Judge; Name; Identify; "
    "Indicate; Find out; Assign; Guess; Recognise; Give; Decide on; State; Work out; Figure out",
    separator=";",
)
_OBJECTS = listed(
    "the category; the right category; the best category; the class; the type; the topic; the kind of text; "
    "what this is; "
    "the label; the right label; the best match; the matching entry; the correct answer; the best choice; "
    "the right one; "
    "which category fits; which one fits; what the text is about; the group it belongs to; the proper heading",
    separator=";",
)
_PLACES = listed(
    ";;; of the text; of this text; for the text below; for the message; from the list; among these; of the input; "
    "of the document; for this passage; of what follows; of the quoted text",
    separator=";",
)
_LISTS = ("Categories", "Options", "Choices", "Labels", "List", "The categories are", "Classes", "Answers",
    "Possible labels",
          "These are the choices", "Topics", "Allowed answers", "Groups", "Types")  # fmt: skip
_ANSWERS = (
    "Answer with the letter only.", "Answer with a single letter.", "Reply with one letter.", "Letter:", "Answer:",
    "", "", "",
    "Respond with only the letter of the category.", "Only the letter.", "The letter, please.",
    "One letter, nothing else.",
    "Reply with the letter alone.", "Type the letter.", "Category:", "Your choice:", "Say the letter.", "Which letter?",
    "The right letter is", "Respond with a letter.", "Output the letter.", "Label:",
    "Write one letter and nothing else.",
    "Name only its letter.",
)  # fmt: skip
_TEXTS = (
    "Text: {text}", 'Text: "{text}"', '"{text}"', "Text:\n{text}", "---\n{text}\n---", "{text}", "Input: {text}",
    "<text>\n{text}\n</text>", "Message: {text}", "Document:\n\n{text}", "'{text}'", "```\n{text}\n```", ">>> {text}",
    "The text is: {text}", "### Text\n{text}", "[{text}]", "Content: {text}", "Passage: {text}", "Here it is: {text}",
)  # fmt: skip


def listing(random: Random, letters: list[str], names: list[str]) -> str:
    """The letters with their names, all in one shape."""
    before, after = random.choice(_BEFORE), random.choice(_AFTER)
    if before == "(":
        after = ") "
    if before == "- " or after.strip() in ("-", "="):
        after = ": "  # other signs belong to the evaluation
    entries = (f"{before}{letter}{after}{name}" for letter, name in zip(letters, names, strict=True))
    return random.choice(_ENDS).join(entries)


def task(random: Random) -> str:
    """One sentence that asks to classify, or words of no meaning in its place."""
    kind = random.random()
    if kind < 0.15:
        return words.several(random, 1, 8).capitalize() + random.choice((".", ":", "?"))
    if kind < 0.3:
        return f"{random.choice(_LISTS)}:"
    request = f"{random.choice(_VERBS)} {random.choice(_OBJECTS)} {random.choice(_PLACES)}"
    return request.rstrip() + random.choice((".", ".", ":", "!"))


def ending(random: Random) -> str:
    """A reminder of what the answer looks like; sometimes none."""
    return random.choice(_ANSWERS)


def quoted(random: Random, text: str) -> str:
    """The text with marks around it."""
    return random.choice(_TEXTS).replace("{text}", text)


def question(random: Random, listed_names: str, text: str) -> str:
    """Task, list, text and reminder in any sensible order; mostly the list comes first."""
    asked, body, reminder = task(random), quoted(random, text), ending(random)
    order = random.random()
    if order < 0.45:
        parts = [f"{asked}{random.choice((' ', chr(10), chr(10) * 2))}{listed_names}", body, reminder]
    elif order < 0.65:
        parts = [f"{asked} {reminder}".strip(), listed_names, body]
    elif order < 0.8:
        parts = [body, f"{asked}\n{listed_names}", reminder]
    elif order < 0.9:
        parts = [listed_names, f"{asked}\n{body}", reminder]
    else:
        parts = [f"{asked}\n{body}", listed_names, reminder]
    gap = random.choice(("\n\n", "\n\n", "\n"))
    return gap.join(part for part in parts if part)
