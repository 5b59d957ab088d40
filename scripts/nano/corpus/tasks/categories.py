"""Lists of categories: kinds of documents, fields of work, levels, places of work, pay."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from corpus import kinds, layouts
from corpus.posting import posting
from corpus.split import Split, one_of
from corpus.template import fill
from corpus.vocabulary import titles
from corpus.vocabulary.category_names import NAMES
from corpus.vocabulary.domain import Domain
from corpus.vocabulary.field_names import FIELD_NAMES

_DOMAIN_TEXTS = (
    "{title}",
    "{company} is hiring a {title}.",
    "You will {duties}.",
    "Skills: {skills}",
    "{title}. Your tasks: {duties}.",
    "We need someone who can {duties} and knows {skills}.",
    "{title} at {company}, {location}. Requirements: {skills}.",
    "{duties}",
    "{skills}",
    "Job: {title}",
    "{title}, {location}",
    "The {title} will {duties}.",
    "You know {skills}. You {duties}.",
    "Tasks: {duties}. Location: {location}",
    "I work as a {title} at {company}. I {duties}.",
    "Can you {duties}? Then apply as a {title}.",
)
_FIELD_TEXTS = (
    "{title} in {field}.",
    "{company} ({field}) is hiring.",
    "We work in {field}.",
    "Experience in {field} is needed.",
    "People in {field} {duties}.",
    "Our {field} team needs help.",
    "Do you like {field}?",
    "Department of {field}: {title}",
    "{company}, a company for {field}, in {location}.",
    "In {field} you {duties}.",
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


def choose(random: Random, split: Split) -> list[Category]:
    """Two to seven categories, in the evaluation three to six; the first is the one to ask for first."""
    sources = (_kinds, _domains, _modes, _levels, _pay) if split is Split.TRAIN else (_kinds, _domains, _modes)
    source = random.choices(sources, (12, 7, 2, 2, 1)[: len(sources)])[0]
    return source(random, split)


def _others(random: Random, split: Split) -> int:
    """How many wrong categories: short lists are learned first, so training has more of them."""
    return random.choice((1, 1, 2, 2, 3, 4, 5, 7)) if split is Split.TRAIN else random.randint(2, 5)


def side_names(names: tuple[str, ...], held_out: int, split: Split) -> tuple[str, ...]:
    """The last `held_out` names of a category are only used in the evaluation."""
    return names[:-held_out] if split is Split.TRAIN else names[-held_out:]


def _named(random: Random, names: tuple[str, ...], held_out: int, more: tuple[str, ...], split: Split) -> str:
    """One of the names a category may have; training has `more`, and writes them in several styles."""
    name = random.choice(side_names(names, held_out, split))
    if split is Split.TRAIN:
        name = random.choice((name, random.choice(more)))
        unchanged = name not in more
        styles = (str, str, str.capitalize, str.upper, str.title, lambda text: text.replace(" ", "_"))
        name = name if unchanged and random.random() < 0.6 else random.choice(styles)(name)
        if name in names[-held_out:]:
            return names[0]
    return name


def _kinds(random: Random, split: Split) -> list[Category]:
    """What kind of document is it? Job postings are the most frequent answer."""
    weights = [5 if kind.name == "job_posting" else 1 for kind in kinds.ALL]
    right = random.choices(kinds.ALL, weights)[0]
    others = [kind for kind in kinds.ALL if kind is not right and kind.name != "other"]
    chosen = [right, *random.sample(others, _others(random, split))]
    if right.name != "other" and len(chosen) < 6 and random.random() < 0.3:
        chosen.append(next(kind for kind in kinds.ALL if kind.name == "other"))
    plain = random.random() < 0.25 and split is Split.TRAIN
    return [
        Category(
            kind.name if plain else _named(random, kind.aliases, 2, NAMES[kind.name], split),
            random.choice(kind.about),
            partial(_text, random, split, NAMES[kind.name], partial(kinds.example, random, split, kind)),
        )
        for kind in chosen
    ]


def _domains(random: Random, split: Split) -> list[Category]:
    """Which field of work is it? Told by a title, by duties, by skills or by a whole posting."""
    chosen = random.sample(titles.DOMAINS, 1 + _others(random, split))
    return [
        Category(
            _named(random, domain.names, 1, FIELD_NAMES[domain.names[0]], split),
            domain.about,
            partial(_text, random, split, FIELD_NAMES[domain.names[0]], partial(_domain_text, random, split, domain)),
        )
        for domain in chosen
    ]


def _text(random: Random, split: Split, names: tuple[str, ...], write: Callable[[], str]) -> str:
    """A text of a category; in training now and then another of its names, for names are learned from each other."""
    return random.choice(names) if split is Split.TRAIN and random.random() < 0.05 else write()


def _domain_text(random: Random, split: Split, domain: Domain) -> str:
    job = posting(random, split, domain)
    facts = job.facts
    if split is Split.TRAIN and random.random() < 0.4:
        # The word for the field inside the text ties unseen category names to their meaning.
        text = fill(random.choice(_FIELD_TEXTS), facts | {"field": random.choice(domain.names)})
        return text if random.random() < 0.5 else f"{text} {fill(random.choice(_DOMAIN_TEXTS), facts)}"
    if split is Split.TRAIN and random.random() < 0.25:
        return layouts.write(random, job, split).text
    return fill(one_of(random, _DOMAIN_TEXTS, _HELD_OUT_DOMAIN_TEXTS, split), facts)


def _levels(random: Random, _split: Split) -> list[Category]:
    """How experienced must the person be? The words for it are few, so both splits share them."""

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
