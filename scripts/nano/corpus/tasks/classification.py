"""Choose one of several lettered categories and answer with its letter alone."""

from random import Random
from string import ascii_uppercase

from corpus.dialogue import Dialogue
from corpus.split import Split, one_of
from corpus.tasks import categories as category_lists
from corpus.tasks import choices, instructions, served
from corpus.tasks.categories import Category
from corpus.vocabulary import made_up, titles

_TASKS = (
    "Classify the text into one of these categories:",
    "Which category fits the text best?",
    "Classify the following text. Categories:",
    "Choose the category of the text.",
    "Categories:",
    "You are given a text and a list of categories. Pick the best one.",
    "Assign the text to exactly one category.",
    "Read the text and select the right label.",
    "What kind of text is this? Options:",
    "Select the best category for the text.",
)
_HELD_OUT_TASKS = (
    "Decide to which of the categories below the text belongs.",
    "Label the text with one of the following:",
    "Here are some options; find the one that describes the text.",
)
_LETTERS = ("Which letter is {name}?", "{name}?", "What is the letter of {name}?", "Letter for {name}?")
_NAMES = ("What is {letter}?", "{letter}?", "What does {letter} stand for?", "Name of {letter}?")
_BY_NAME = (
    "Classify this text as {names}: {text}",
    "Classify the text as {names}.\n\n{text}",
    "Is this {names}?\n\n{text}",
    "{text}\n\nIs this text {names}?",
    "Which of these fits: {names}?\n\nText: {text}",
    "Categories: {names}\nText: {text}\nCategory:",
    "{text}\n\nWhat is it: {names}?",
    "Choose from {names}.\n\n{text}",
    "Options: {names}. Text: {text}",
    "{text}\n({names})",
    "Tell me whether this is {names}: {text}",
    "Sort into {names}.\n---\n{text}\n---",
    "Label: {names}\n\n{text}",
    "Say {names} for this message: {text}",
)
_HELD_OUT_BY_NAME = (
    "Name the right category ({names}) for this: {text}",
    "{text}\n\nPick one of {names}.",
)
_ANSWERS = (
    "Answer with the letter only.",
    "Answer with a single letter.",
    "Reply with one letter.",
    "Respond with only the letter of the category.",
    "Letter:",
    "Answer:",
    "",
)
_HELD_OUT_ANSWERS = ("Give just the letter.", "Only write the letter.", "The answer is one letter.")
_ITEMS = (*("{letter}: {name}",) * 6, "{letter}) {name}", "{letter}. {name}", "({letter}) {name}")
_HELD_OUT_ITEMS = ("{letter} - {name}", "[{letter}] {name}", "{letter} = {name}")
_QUOTES = ("Text: {text}", 'Text: "{text}"', '"{text}"', "Text:\n{text}", "---\n{text}\n---", "{text}")
_EMPTY = ("N/A", "", "...", "[MASK]", "-", "none", "n/a", "(empty)")
_MORE = ("Text: {text}", "And this? {text}", "{text}", '"{text}"', "Next text:\n{text}")


def by_letter(random: Random, split: Split) -> Dialogue:
    """A lettered list, a text, and the letter of the right category; in training more texts follow."""
    categories = category_lists.choose(random, split)
    right = categories[0]  # the sources put first what is asked for most
    random.shuffle(categories)
    described = random.random() < 0.35
    shown = [_shown(random, category, described) for category in categories]
    listing = _listing(random, split, shown)
    text = right.write()
    if split is Split.TRAIN and random.random() < 0.03:
        # Nothing can be said about such a text: every category is as likely as the others.
        right, text = random.choice(categories), random.choice(_EMPTY)
    answer = ascii_uppercase[categories.index(right)]
    dialogue = Dialogue("classification", instructions.opening(random, split))
    made = split is Split.TRAIN and random.random() < 0.7
    if split is Split.TRAIN and random.random() < 0.35:
        shown = [f"{c.name} - {c.about}" if described and c.about else c.name for c in categories]
        dialogue.ask(served.by_letter(ascii_uppercase, shown, text), answer)
    elif random.random() < (0.25 if split is Split.TRAIN else 0.15):
        task = choices.task(random) if made else one_of(random, _TASKS, _HELD_OUT_TASKS, split)
        reminder = f"\n\n{choices.ending(random)}".rstrip() if made else ""
        dialogue.messages = [{"role": "system", "content": f"{task}\n{listing}{reminder}"}]
        dialogue.ask(random.choice(_QUOTES).replace("{text}", text), answer)
    elif made:
        dialogue.ask(choices.question(random, listing, text), answer)
    else:
        dialogue.ask(_question(random, split, listing, text), answer)
    names = [category.name for category in categories]
    dialogue.facts = {"answer": answer, "choices": len(names), "names": names, "name": right.name, "text": text}
    if split is Split.TRAIN and random.random() < 0.7:
        # Reading the list once and using it several times gives more answers per token read.
        for _ in range(random.randint(1, 6)):
            number = random.randrange(len(categories))
            letter, name = ascii_uppercase[number], categories[number].name
            kind = random.random()
            # Which letter belongs to which name is a skill of its own, and easier to learn alone.
            if kind < 0.15:
                dialogue.ask(random.choice(_LETTERS).replace("{name}", name), letter)
            elif kind < 0.3:
                dialogue.ask(random.choice(_NAMES).replace("{letter}", letter), name)
            else:
                dialogue.ask(random.choice(_MORE).replace("{text}", categories[number].write()), letter)
    return dialogue


def _listing(random: Random, split: Split, names: list[str]) -> str:
    letters = list(ascii_uppercase[: len(names)])
    if split is Split.TRAIN and random.random() < 0.7:
        return choices.listing(random, letters, names)
    item = one_of(random, _ITEMS, _HELD_OUT_ITEMS, split)
    return "\n".join(item.format(letter=letter, name=name) for letter, name in zip(letters, names, strict=True))


def by_name(random: Random, split: Split) -> Dialogue:
    """Categories inside a sentence; the answer is the category's name."""
    categories = category_lists.choose(random, split)
    right = categories[0]
    random.shuffle(categories)
    names = [category.name for category in categories]
    listing = ", ".join(names[:-1]) + random.choice((" or ", ", ")) + names[-1]
    question = one_of(random, _BY_NAME, _HELD_OUT_BY_NAME, split).replace("{names}", listing)
    text = right.write()
    question = question.replace("{text}", text)
    if split is Split.TRAIN and random.random() < 0.4:
        described = random.random() < 0.25
        question = served.by_name(
            [f"{c.name} - {c.about}" if described and c.about else c.name for c in categories], text
        )
    dialogue = Dialogue("naming", instructions.opening(random, split))
    dialogue.ask(question, right.name)
    if split is Split.TRAIN:
        for category in random.sample(categories, random.randint(0, len(categories))):
            dialogue.ask(random.choice(_MORE).replace("{text}", category.write()), category.name)
    return dialogue


def letters(random: Random, split: Split) -> Dialogue:
    """A lettered list and the letter of every entry: the dull half of classification, learned alone."""
    if random.random() < 0.5:
        names = [category.name for category in category_lists.choose(random, split)]
    else:
        names = [random.choice((word, titles.domain(random).focuses[0])) for word in _invented(random)]
    names = list(dict.fromkeys(names))
    pairs = list(zip(ascii_uppercase, names, strict=False))
    listing = _listing(random, split, names)
    dialogue = Dialogue("letters", instructions.opening(random, split))
    task = choices.task(random) if split is Split.TRAIN else one_of(random, _TASKS, _HELD_OUT_TASKS, split)
    opening = f"{task}\n{listing}\n\n"
    for letter, name in random.sample(pairs, len(pairs)):
        dialogue.ask(opening + random.choice(_LETTERS).replace("{name}", name), letter)
        opening = ""
    return dialogue


def _invented(random: Random) -> list[str]:
    return [made_up.word(random) for _ in range(random.choice((2, 3, 4, 5, 6, 7, 9, 12, 16)))]


def _question(random: Random, split: Split, listing: str, text: str) -> str:
    task = one_of(random, _TASKS, _HELD_OUT_TASKS, split)
    ending = one_of(random, _ANSWERS, _HELD_OUT_ANSWERS, split)
    quoted = random.choice(_QUOTES).replace("{text}", text)
    order = random.random()
    if order < 0.7:
        parts = [task + random.choice(("\n", "\n\n")) + listing, quoted, ending]
    elif order < 0.85:
        parts = [f"{task} {ending}", listing, quoted]
    else:
        parts = [quoted, f"{task}\n{listing}", ending]
    return "\n\n".join(part for part in parts if part)


def _shown(random: Random, category: Category, described: bool) -> str:
    if described and category.about:
        return category.name + random.choice((" - ", ": ", " – ", ", ")) + category.about
    return category.name
