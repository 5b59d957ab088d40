"""Choose one of several lettered categories and answer with its letter alone."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from string import ascii_uppercase

from corpus import kinds
from corpus.dialogue import Dialogue
from corpus.posting import posting
from corpus.split import Split, one_of
from corpus.tasks import instructions
from corpus.template import fill
from corpus.vocabulary import terms, titles

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


@dataclass(frozen=True, slots=True)
class Choice:
    """A text and its categories; the first category is the right one. Each is (name, description)."""

    text: str
    categories: list[tuple[str, str]]


def by_letter(random: Random, split: Split) -> Dialogue:
    """A lettered list, a text, and the letter of the right category."""
    source = random.choices((_kind, _domain, _level, _mode, _pay), (12, 7, 2, 2, 1))[0]
    choice = source(random, split)
    order = list(range(len(choice.categories)))
    random.shuffle(order)
    item = one_of(random, _ITEMS, _HELD_OUT_ITEMS, split)
    described = random.random() < 0.35
    listing = "\n".join(
        item.format(letter=letter, name=_shown(random, choice.categories[index], described))
        for letter, index in zip(ascii_uppercase, order, strict=False)
    )
    answer = ascii_uppercase[order.index(0)]
    dialogue = Dialogue("classification", instructions.opening(random, split))
    dialogue.ask(_question(random, split, listing, choice.text), answer)
    dialogue.facts = {"answer": answer, "choices": len(order)}
    return dialogue


def _question(random: Random, split: Split, listing: str, text: str) -> str:
    task = one_of(random, _TASKS, _HELD_OUT_TASKS, split)
    ending = one_of(random, _ANSWERS, _HELD_OUT_ANSWERS, split)
    quoted = random.choice(
        (f"Text: {text}", f'Text: "{text}"', f'"{text}"', f"Text:\n{text}", f"---\n{text}\n---", text)
    )
    order = random.random()
    if order < 0.7:
        parts = [f"{task}\n{listing}" if random.random() < 0.6 else f"{task}\n\n{listing}", quoted, ending]
    elif order < 0.85:
        parts = [f"{task} {ending}", listing, quoted]
    else:
        parts = [quoted, f"{task}\n{listing}", ending]
    return "\n\n".join(part for part in parts if part)


def _shown(random: Random, category: tuple[str, str], described: bool) -> str:
    name, about = category
    if described and about:
        return name + random.choice((" - ", ": ", " (", ", ")).replace(" (", " – ") + about
    return name


def _side(names: tuple[str, ...], held_out: int, split: Split) -> tuple[str, ...]:
    """The last `held_out` names of a category are only used in the evaluation."""
    return names[:-held_out] if split is Split.TRAIN else names[-held_out:]


def _kind(random: Random, split: Split) -> Choice:
    """What kind of document is it? Job postings are the most frequent answer."""
    weights = [5 if kind.name == "job_posting" else 1 for kind in kinds.ALL]
    right = random.choices(kinds.ALL, weights)[0]
    others = [kind for kind in kinds.ALL if kind is not right and kind.name != "other"]
    wrong = random.sample(others, random.randint(1, 5))
    if right.name != "other" and random.random() < 0.3:
        wrong.append(next(kind for kind in kinds.ALL if kind.name == "other"))
    plain = random.random() < 0.3 and split is Split.TRAIN
    categories = [
        (
            kind.name if plain else random.choice(_side(kind.aliases, 2, split)),
            random.choice(kind.about),
        )
        for kind in (right, *wrong)
    ]
    return Choice(kinds.example(random, split, right), categories)


def _domain(random: Random, split: Split) -> Choice:
    """Which field of work is it? Told by a title, by duties, by skills or by a whole posting."""
    job = posting(random, split)
    domains = [job.domain, *random.sample([d for d in titles.DOMAINS if d is not job.domain], random.randint(1, 5))]
    templates = (
        "{title}",
        "{company} is hiring a {title}.",
        "You will {duties}.",
        "Skills: {skills}",
        "{title}. Your tasks: {duties}.",
        "We need someone who can {duties} and knows {skills}.",
        "{title} at {company}, {location}. Requirements: {skills}.",
    )
    held_out = ("Day to day, people in this job {duties}.", "{title} ({skills})", "Wanted: {title} to {duties}")
    facts = job.facts
    if split is Split.TRAIN and random.random() < 0.3:
        # The word for the field inside the text ties unseen category names to their meaning.
        facts = facts | {"company": f"{facts['company']} ({random.choice(job.domain.names)})"}
    text = fill(one_of(random, templates, held_out, split), facts)
    return Choice(text, [(random.choice(_side(d.names, 1, split)), d.about) for d in domains])


def _level(random: Random, split: Split) -> Choice:
    domain = random.choice(titles.DOMAINS)
    base = f"{random.choice(domain.focuses)} {random.choice(domain.roles)}"
    levels: list[tuple[str, Callable[[], str]]] = [
        (random.choice(("entry level", "junior", "beginner")), lambda: random.choice(titles.ENTRY)),
        (random.choice(("senior", "senior level", "experienced")), lambda: random.choice(titles.ADVANCED)),
    ]
    random.shuffle(levels)
    text = random.choice(("{t}", "We are looking for a {t}.", "Job title: {t}"))
    return Choice(text.replace("{t}", f"{levels[0][1]()} {base}"), [(name, "") for name, _ in levels])


def _mode(random: Random, split: Split) -> Choice:
    phrases = {
        "remote": ("Work from home.", "Fully remote, from anywhere.", "You can work from home every day."),
        "hybrid": ("Three days in the office, two at home.", "Hybrid work is possible.", "A mix of office and home."),
        "on-site": ("Work in our office every day.", "On-site only.", "You must come to the office daily."),
    }
    job = posting(random, split)
    right, *wrong = random.sample(sorted(phrases), 3)
    text = fill(random.choice(("{title} in {location}.", "{company} needs a {title}.", "{title}:")), job.facts)
    return Choice(f"{text} {random.choice(phrases[right])}", [(name, "") for name in (right, *wrong)])


def _pay(random: Random, split: Split) -> Choice:
    """Is a salary mentioned, or not?"""
    job = posting(random, split)
    mentioned = random.random() < 0.5
    text = fill("{title} at {company}, {location}", job.facts)
    text += f", {terms.salary(random)}" if mentioned else random.choice(("", ", " + job.facts["contract"]))
    names = [("salary stated", ""), ("no salary stated", "")]
    return Choice(text, names if mentioned else names[::-1])
