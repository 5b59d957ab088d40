"""Kinds of documents around hiring (and not), as the sentences that give each kind away."""

from dataclasses import dataclass
from random import Random

from corpus import layouts
from corpus.posting import Posting, posting
from corpus.split import Split, side
from corpus.template import fill, vary
from corpus.vocabulary import people
from corpus.vocabulary.documents import KINDS
from corpus.vocabulary.phrases import PHRASES


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document: what a category for it may be called, what it is, and its sentences."""

    name: str
    aliases: tuple[str, ...]
    about: tuple[str, ...]
    sentences: tuple[str, ...]


ALL = tuple(Kind(*row) for row in KINDS)


def example(random: Random, split: Split, kind: Kind) -> str:
    """A text of this kind: one sentence to five; half of the job postings use a full layout."""
    job = posting(random, split)
    if kind.name == "job_posting" and random.random() < 0.5:
        return layouts.write(random, job, split).text
    return sentences(random, split, kind, job)


def sentences(random: Random, split: Split, kind: Kind, job: Posting) -> str:
    """A few sentences of this kind with the facts of one job filled in."""
    facts = job.facts | {
        "skill": job.skills[0],
        "skill2": job.skills[-1],
        "person": people.person(random, split),
        "duty": job.duties[0],
        "benefit": job.benefits[0],
    }
    known = own_sentences(kind, split)
    if split is Split.TRAIN:
        made = {vary(random, pattern) for pattern in random.sample(PHRASES[kind.name], 4)}
        known = (*random.sample(known, min(3, len(known))), *sorted(made - set(kind.sentences)))
    count = min(len(known), random.choice((1, 1, 2, 3, 4, 5)))
    joiner = random.choice((" ", " ", " ", "\n", "\n\n"))
    return joiner.join(fill(template, facts) for template in random.sample(known, count))


def own_sentences(kind: Kind, split: Split) -> tuple[str, ...]:
    """The sentence templates of one split; a kind of few sentences keeps its last two for the evaluation."""
    held_out = tuple(text for text in kind.sentences if side(text) is Split.HELD_OUT) or kind.sentences[-2:]
    return held_out if split is Split.HELD_OUT else tuple(text for text in kind.sentences if text not in held_out)
