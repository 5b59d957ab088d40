"""Choose one of several lettered categories and answer with its letter alone."""

from random import Random
from string import ascii_uppercase

from corpus.dialogue import Dialogue
from corpus.split import Split, one_of
from corpus.tasks import categories as category_lists
from corpus.tasks import instructions
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
_MORE = ("Text: {text}", "And this? {text}", "{text}", '"{text}"', "Next text:\n{text}")


def by_letter(random: Random, split: Split) -> Dialogue:
    """A lettered list, a text, and the letter of the right category; in training more texts follow."""
    categories = category_lists.choose(random, split)
    right = categories[0]  # the sources put first what is asked for most
    random.shuffle(categories)
    item = one_of(random, _ITEMS, _HELD_OUT_ITEMS, split)
    described = random.random() < 0.35
    listing = "\n".join(
        item.format(letter=letter, name=_shown(random, category, described))
        for letter, category in zip(ascii_uppercase, categories, strict=False)
    )
    answer = ascii_uppercase[categories.index(right)]
    dialogue = Dialogue("classification", instructions.opening(random, split))
    if random.random() < 0.15:
        rules = f"{one_of(random, _TASKS, _HELD_OUT_TASKS, split)}\n{listing}"
        dialogue.messages = [{"role": "system", "content": rules}]
        dialogue.ask(random.choice(_QUOTES).replace("{text}", right.write()), answer)
    else:
        dialogue.ask(_question(random, split, listing, right.write()), answer)
    dialogue.facts = {"answer": answer, "choices": len(categories)}
    if split is Split.TRAIN and random.random() < 0.7:
        # Reading the list once and using it several times gives more answers per token read.
        for _ in range(random.randint(1, 5)):
            number = random.randrange(len(categories))
            letter, name = ascii_uppercase[number], categories[number].name
            kind = random.random()
            # Which letter belongs to which name is a skill of its own, and easier to learn alone.
            if kind < 0.35:
                dialogue.ask(random.choice(_LETTERS).replace("{name}", name), letter)
            elif kind < 0.5:
                dialogue.ask(random.choice(_NAMES).replace("{letter}", letter), name)
            else:
                dialogue.ask(random.choice(_MORE).replace("{text}", categories[number].write()), letter)
    return dialogue


def by_name(random: Random, split: Split) -> Dialogue:
    """Categories inside a sentence; the answer is the category's name."""
    categories = category_lists.choose(random, split)
    right = categories[0]
    random.shuffle(categories)
    names = [category.name for category in categories]
    listing = ", ".join(names[:-1]) + random.choice((" or ", ", ")) + names[-1]
    question = one_of(random, _BY_NAME, _HELD_OUT_BY_NAME, split)
    dialogue = Dialogue("naming", instructions.opening(random, split))
    dialogue.ask(question.replace("{names}", listing).replace("{text}", right.write()), right.name)
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
    item = one_of(random, _ITEMS, _HELD_OUT_ITEMS, split)
    pairs = list(zip(ascii_uppercase, names, strict=False))
    listing = "\n".join(item.format(letter=letter, name=name) for letter, name in pairs)
    dialogue = Dialogue("letters", instructions.opening(random, split))
    opening = f"{one_of(random, _TASKS, _HELD_OUT_TASKS, split)}\n{listing}\n\n"
    for letter, name in random.sample(pairs, len(pairs)):
        dialogue.ask(opening + random.choice(_LETTERS).replace("{name}", name), letter)
        opening = ""
    return dialogue


def _invented(random: Random) -> list[str]:
    return [made_up.word(random) for _ in range(random.randint(2, 7))]


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
