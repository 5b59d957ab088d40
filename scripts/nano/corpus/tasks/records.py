"""Small records with arbitrary labels: the purest form of looking something up."""

import json
from random import Random

from corpus.dialogue import Dialogue
from corpus.posting import posting
from corpus.split import Split, invented, one_of
from corpus.tasks import instructions, wording
from corpus.vocabulary import made_up
from corpus.vocabulary.listing import listed
from corpus.vocabulary.titles import DOMAINS

_NOUNS = listed(
    "owner color size price model region group level batch source target client seller author city street floor "
    "room item status branch budget campus carrier channel class course cause device engine event fleet format "
    "garden goal grade guest holder index input key label lender line market maker member mentor month number "
    "office order origin output owner parent partner period plant player port product project quarter queue "
    "rank rate reason river road route school season section series sign sponsor station store task team theme "
    "topic track trade trainer type unit user vendor version village week winner zone",
)
_BEFORE = ("", "", "", "", "- ", "* ", "<", "(", "| ", "~ ", "@", "/", '"', "+ ")
_SEPARATORS = (
    ": ", ": ", " - ", " = ", " is ", "\t", "> ", ") ", " | ", " ~ ", '": ', " -> ", "; ", " ___ ", " :: ", " ", "\n",
)  # fmt: skip


def lookup(random: Random, split: Split) -> Dialogue:
    """A record of three to seven lines and questions about some of them."""
    facts = {_label(random, split): _value(random, split) for _ in range(random.randint(3, 7))}
    before, separator = random.choice(_BEFORE), random.choice(_SEPARATORS)
    ending = random.choice(("\n", "\n", "\n", "; ", " | ", ".\n"))
    style = random.choice((str, str, str.upper, str.title))
    text = ending.join(f"{before}{style(label)}{separator}{value}" for label, value in facts.items())
    dialogue = Dialogue("lookup", instructions.opening(random, split))
    labels = random.sample(sorted(facts), min(len(facts), random.randint(1, 6)))
    if random.random() < 0.45:
        keys = ", ".join(labels)
        answer = json.dumps({label: facts[label] for label in labels}, ensure_ascii=False)
        question = one_of(random, instructions.EXTRACT_JSON[:6], instructions.HELD_OUT_EXTRACT_JSON, split)
        return dialogue.ask(question.replace("{keys}", keys).replace("{text}", text), answer)
    for number, label in enumerate(labels):
        prompts: instructions.Prompts = instructions.EXTRACT, instructions.HELD_OUT_EXTRACT
        if number:
            prompts = instructions.EXTRACT_MORE, instructions.EXTRACT_MORE
        question = one_of(random, *prompts, split)
        if number == 0 and split is Split.TRAIN and random.random() < 0.7:
            question = wording.extraction(random)
        dialogue.ask(question.replace("{field}", label).replace("{text}", text), facts[label])
    return dialogue


def _label(random: Random, split: Split) -> str:
    words = [random.choice(_NOUNS)]
    if random.random() < 0.4:
        words.insert(0, random.choice(_NOUNS))
    if random.random() < 0.25:
        words[0] = invented(split, lambda: made_up.word(random))
    return "_".join(words) if random.random() < 0.3 else " ".join(words)


def _value(random: Random, split: Split) -> str:
    kind = random.randrange(5)
    if kind == 0:
        return random.choice(sorted(posting(random, split).facts.values()))
    if kind == 1:
        return invented(split, lambda: made_up.code(random))
    if kind == 2:
        return random.choice(random.choice(DOMAINS).duties)
    return " ".join(made_up.name(random, split) for _ in range(random.randint(1, 3)))
