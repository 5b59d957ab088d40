"""Job titles: seniority + focus + role, some with invented or borrowed words."""

from collections.abc import Sequence
from random import Random

from corpus.split import Split, entries, invented
from corpus.vocabulary import made_up
from corpus.vocabulary.business import BUSINESS
from corpus.vocabulary.domain import Domain
from corpus.vocabulary.services import SERVICES
from corpus.vocabulary.technology import TECHNOLOGY

DOMAINS = (*TECHNOLOGY, *BUSINESS, *SERVICES)

ENTRY = ("Junior", "Entry-Level", "Trainee", "Graduate", "Associate", "Assistant", "Intern", "Apprentice")
ADVANCED = ("Senior", "Lead", "Principal", "Staff", "Head", "Chief", "Experienced", "Sr.", "Expert")
_SUFFIXES = ("(m/f/d)", "II", "III", "I", "(Remote)", "- Night Shift", "(Part-Time)", "- EMEA", "(f/m/x)")


def domain(random: Random) -> Domain:
    """A field of work; technology is twice as frequent as its share of the list."""
    return random.choice(DOMAINS + TECHNOLOGY)


def title(random: Random, split: Split, domain: Domain, *, invent: bool = True) -> str:
    """A title from this field of work; the whole title, not its words, decides its split."""
    return invented(split, lambda: _new_title(random, domain, invent))


def _new_title(random: Random, domain: Domain, invent: bool) -> str:
    focus = random.choice(domain.focuses)
    if invent and random.random() < 0.12:
        focus = made_up.word(random)
    words = [focus, random.choice(domain.roles)]
    level = random.random()
    if level < 0.3:
        words.insert(0, random.choice(ADVANCED))
    elif level < 0.42:
        words.insert(0, random.choice(ENTRY))
    style = random.random()
    if style < 0.06:
        words.append(random.choice(_SUFFIXES))
    elif style < 0.1:
        return f"{words[-1]} of {' '.join(words[:-1])}"
    elif invent and style < 0.14:
        return f"{' '.join(words)}, {random.choice(random.choice(DOMAINS).focuses)}"
    elif invent and style < 0.18:
        return " ".join(words).lower()
    elif invent and style > 0.95:
        return words[-1]
    return " ".join(words)


def skills(random: Random, split: Split, domain: Domain, count: int) -> tuple[str, ...]:
    """Distinct skills of a field; now and then one from another field or an invented tool."""
    known = entries(domain.skills, Split.TRAIN) if split is Split.TRAIN else domain.skills
    chosen = random.sample(known, min(count, len(known)))
    if random.random() < 0.25:
        chosen[random.randrange(len(chosen))] = invented(split, lambda: made_up.word(random))
    return tuple(chosen)


def duties(random: Random, domain: Domain, count: int) -> tuple[str, ...]:
    """Things people in this field do, as verb phrases in lower case."""
    return tuple(random.sample(domain.duties, min(count, len(domain.duties))))


def in_turn(random: Random, words: Sequence[str], count: int) -> tuple[str, ...]:
    """Entries one after the other from a random place on: the likeliest next one is never a repeat."""
    start = random.randrange(len(words))
    return tuple(words[(start + number) % len(words)] for number in range(min(count, len(words))))
