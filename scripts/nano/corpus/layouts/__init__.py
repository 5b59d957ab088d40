"""Ways to write a posting down; `write` picks one that belongs to the split."""

from dataclasses import dataclass
from random import Random

from corpus.layouts import blocks, free, labelled, one_line, prose
from corpus.posting import Posting
from corpus.split import Split


@dataclass(frozen=True, slots=True)
class Document:
    """A posting as text, with the names of the facts a reader can find in it."""

    text: str
    stated: frozenset[str]


TRAINING = (
    (one_line.headline, 4),
    (prose.paragraph, 9),
    (prose.letter, 2),
    (labelled.lines, 4),
    (labelled.run_on, 1),
    (blocks.sections, 3),
    (blocks.stripped_page, 2),
    (blocks.long_page, 1),
    (free.pieces, 7),
    (free.form, 5),
    (free.sentence, 1),
)
HELD_OUT = (
    (one_line.teaser, 2),
    (prose.announcement, 3),
    (labelled.sheet, 3),
    (blocks.markdown, 2),
    (blocks.social_post, 2),
)


def write(random: Random, posting: Posting, split: Split) -> Document:
    """Write the posting in one of the split's layouts."""
    layouts = TRAINING if split is Split.TRAIN else HELD_OUT
    layout = random.choices([entry for entry, _ in layouts], [weight for _, weight in layouts])[0]
    text, stated = layout(random, posting)
    return Document(text, stated)
