"""Choose one of several lettered categories and answer with its letter alone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from string import ascii_uppercase

from corpus import kinds
from corpus.dialogue import Dialogue
from corpus.posting import posting
from corpus.split import Split, one_of
from corpus.tasks import instructions
from corpus.template import fill
from corpus.vocabulary import titles
from corpus.vocabulary.domain import Domain

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
_ITEMS = ("{letter}: {name}", "{letter}: {name}", "{letter}) {name}", "{letter}. {name}", "({letter}) {name}")
_HELD_OUT_ITEMS = ("{letter} - {name}", "[{letter}] {name}", "{letter} = {name}")
_QUOTES = ("Text: {text}", 'Text: "{text}"', '"{text}"', "Text:\n{text}", "---\n{text}\n---", "{text}")
_MORE = ("Text: {text}", "And this? {text}", "{text}", '"{text}"', "Next text:\n{text}")
_DOMAIN_TEXTS = (
    "{title}",
    "{company} is hiring a {title}.",
    "You will {duties}.",
    "Skills: {skills}",
    "{title}. Your tasks: {duties}.",
    "We need someone who can {duties} and knows {skills}.",
    "{title} at {company}, {location}. Requirements: {skills}.",
)
_HELD_OUT_DOMAIN_TEXTS = (
    "Day to day, people in this job {duties}.",
    "{title} ({skills})",
    "Wanted: {title} to {duties}",
)
_MODES = {
    "remote": ("Work from home.", "Fully remote, from anywhere.", "You work from home every day."),
    "hybrid": ("Three days in the office, two at home.", "Hybrid work.", "A mix of office and home."),
    "on-site": ("Work in our office every day.", "On-site only.", "You must come to the office daily."),
}


@dataclass(frozen=True, slots=True)
class Category:
    """What it is called, what it means, and how to write a text that belongs to it."""

    name: str
    about: str
    write: Callable[[], str]


def by_letter(random: Random, split: Split) -> Dialogue:
    """A lettered list, a text, and the letter of the right category; in training more texts follow."""
    source = random.choices((_kinds, _domains, _levels, _modes, _pay), (12, 7, 2, 2, 1))[0]
    categories = source(random, split)
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
    dialogue.ask(_question(random, split, listing, right.write()), answer)
    dialogue.facts = {"answer": answer, "choices": len(categories)}
    if split is Split.TRAIN and random.random() < 0.7:
        # Reading the list once and using it several times gives more answers per token read.
        for _ in range(random.randint(1, 5)):
            number = random.randrange(len(categories))
            text = random.choice(_MORE).replace("{text}", categories[number].write())
            dialogue.ask(text, ascii_uppercase[number])
    return dialogue


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


def _side(names: tuple[str, ...], held_out: int, split: Split) -> tuple[str, ...]:
    """The last `held_out` names of a category are only used in the evaluation."""
    return names[:-held_out] if split is Split.TRAIN else names[-held_out:]


def _kinds(random: Random, split: Split) -> list[Category]:
    """What kind of document is it? Job postings are the most frequent answer."""
    weights = [5 if kind.name == "job_posting" else 1 for kind in kinds.ALL]
    right = random.choices(kinds.ALL, weights)[0]
    others = [kind for kind in kinds.ALL if kind is not right and kind.name != "other"]
    chosen = [right, *random.sample(others, random.randint(1, 5))]
    if right.name != "other" and random.random() < 0.3:
        chosen.append(next(kind for kind in kinds.ALL if kind.name == "other"))
    plain = random.random() < 0.4 and split is Split.TRAIN
    return [
        Category(
            kind.name if plain else random.choice(_side(kind.aliases, 2, split)),
            random.choice(kind.about),
            partial(kinds.example, random, split, kind),
        )
        for kind in chosen
    ]


def _domains(random: Random, split: Split) -> list[Category]:
    """Which field of work is it? Told by a title, by duties, by skills or by a whole posting."""
    chosen = random.sample(titles.DOMAINS, random.randint(2, 6))
    return [
        Category(
            random.choice(_side(domain.names, 1, split)),
            domain.about,
            partial(_domain_text, random, split, domain),
        )
        for domain in chosen
    ]


def _domain_text(random: Random, split: Split, domain: Domain) -> str:
    facts = posting(random, split, domain).facts
    if split is Split.TRAIN and random.random() < 0.3:
        # The word for the field inside the text ties unseen category names to their meaning.
        facts = facts | {"company": f"{facts['company']} ({random.choice(domain.names)})"}
    return fill(one_of(random, _DOMAIN_TEXTS, _HELD_OUT_DOMAIN_TEXTS, split), facts)


def _levels(random: Random, split: Split) -> list[Category]:
    def write(words: tuple[str, ...]) -> str:
        domain = random.choice(titles.DOMAINS)
        title = f"{random.choice(words)} {random.choice(domain.focuses)} {random.choice(domain.roles)}"
        text = random.choice(("{title}", "We are looking for a {title}.", "Job title: {title}"))
        return fill(text, {"title": title})

    junior = random.choice(("entry level", "junior", "beginner"))
    senior = random.choice(("senior", "senior level", "experienced"))
    levels = [
        Category(junior, "", partial(write, titles.ENTRY)),
        Category(senior, "", partial(write, titles.ADVANCED)),
    ]
    return random.sample(levels, 2)


def _modes(random: Random, split: Split) -> list[Category]:
    def write(phrases: tuple[str, ...]) -> str:
        text = random.choice(("{title} in {location}.", "{company} needs a {title}.", "{title}:"))
        return f"{fill(text, posting(random, split).facts)} {random.choice(phrases)}"

    modes = [Category(name, "", partial(write, phrases)) for name, phrases in _MODES.items()]
    return random.sample(modes, 3)


def _pay(random: Random, split: Split) -> list[Category]:
    """Is a salary mentioned, or not?"""

    def write(ending: str) -> str:
        return fill("{title} at {company}, {location}" + ending, posting(random, split).facts)

    names = [
        Category("salary stated", "", partial(write, ", {salary}")),
        Category("no salary stated", "", partial(write, random.choice(("", ", {contract}")))),
    ]
    return random.sample(names, 2)
