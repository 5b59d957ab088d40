"""Ask for one fact after another, in words or as JSON."""

import json
from collections.abc import Sequence
from random import Random

from corpus import layouts
from corpus.dialogue import Dialogue
from corpus.layouts import Document
from corpus.posting import Posting, posting
from corpus.split import Split, one_of
from corpus.tasks import fields, instructions, wording
from corpus.tasks.typing_errors import mistyped

NOT_STATED = "Not stated"
_MAIN = ("title", "company", "location")


def plain(random: Random, split: Split) -> Dialogue:
    """Up to six facts about one posting, one question each; a missing fact is said to be missing."""
    job = posting(random, split)
    document = layouts.write(random, job, split)
    asked = _questions(random, document, split, random.choice((1, 2, 3, 4, 5, 6, 8)))
    dialogue = Dialogue("extraction", instructions.opening(random, split))
    for number, name in enumerate(asked):
        if number == 0:
            prompts: instructions.Prompts = instructions.EXTRACT, instructions.HELD_OUT_EXTRACT
        else:
            prompts = instructions.EXTRACT_MORE, instructions.EXTRACT_MORE
        question = one_of(random, *prompts, split)
        if number == 0 and split is Split.TRAIN and random.random() < 0.7:
            question = wording.extraction(random)
        name_asked = _field_name(random, name, split)
        if split is Split.TRAIN and random.random() < 0.08:
            question, name_asked = mistyped(random, question), mistyped(random, name_asked)
        answer = job.facts[name] if name in document.stated else NOT_STATED
        dialogue.ask(
            question.replace("{field}", name_asked).replace("{text}", document.text),
            answer,
        )
    dialogue.facts = {"field": asked[0], "answer": dialogue.messages[-1]["content"]}
    return dialogue


def as_json(random: Random, split: Split) -> Dialogue:
    """Several facts at once as a JSON object; a missing fact is null. In training other keys may follow."""
    job = posting(random, split)
    document = layouts.write(random, job, split)
    values = _values(random, split, job, document)
    question = one_of(random, instructions.EXTRACT_JSON, instructions.HELD_OUT_EXTRACT_JSON, split)
    if split is Split.TRAIN and random.random() < 0.7:
        question = wording.json_extraction(random, rambling=not any(" " in key for key in values))
    question = question.replace("{keys}", _key_list(random, list(values)))
    question = question.replace("{schema}", json.dumps(dict.fromkeys(values, "...")))
    answer = json.dumps(values, ensure_ascii=False)
    dialogue = Dialogue("json", instructions.opening(random, split))
    dialogue.ask(question.replace("{text}", document.text), answer)
    dialogue.facts = {"keys": list(values), "answer": answer}
    for _ in range(random.choice((0, 1, 2, 3)) if split is Split.TRAIN else 0):
        more = _values(random, split, job, document)
        question = random.choice(instructions.JSON_MORE).replace("{keys}", _key_list(random, list(more)))
        dialogue.ask(question, json.dumps(more, ensure_ascii=False))
    return dialogue


def _values(random: Random, split: Split, job: Posting, document: Document) -> dict[str, object]:
    """Some keys with their values; in training some keys are for nothing that a posting has."""
    asked = _questions(random, document, split, random.randint(1, 5))
    if split is Split.HELD_OUT:
        return {random.choice(fields.HELD_OUT_KEYS[field]): _value(job, document, field) for field in asked}
    values = [(wording.key(random, field), _value(job, document, field)) for field in asked]
    if random.random() < 0.1:
        values += [(wording.unknown_key(random), None) for _ in range(random.randint(1, 2))]
        random.shuffle(values)
    return dict(values)


def _questions(random: Random, document: Document, split: Split, count: int) -> list[str]:
    known = fields.FIELDS if split is Split.TRAIN else fields.HELD_OUT_FIELDS
    stated = [f for f in known if f in document.stated]
    missing = [f for f in known if f not in document.stated]
    # The three facts people ask for most are asked for most.
    weights = [4 if f in _MAIN else 1 for f in stated]
    asked: list[str] = []
    for _ in range(count):
        if random.random() < 0.1 and missing:
            asked.append(random.choice(missing))
        elif stated:
            asked.append(random.choices(stated, weights)[0])
    return list(dict.fromkeys(asked)) or [random.choice(stated or missing)]


def _field_name(random: Random, name: str, split: Split) -> str:
    if split is Split.TRAIN:
        return wording.field_name(random, name)
    return random.choice(fields.HELD_OUT_FIELDS[name])


def _key_list(random: Random, names: Sequence[str]) -> str:
    if len(names) > 1 and random.random() < 0.4:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    if random.random() < 0.2:
        return json.dumps(list(names))
    return ", ".join(names)


def _value(job: Posting, document: Document, name: str) -> str | int | list[str] | None:
    if name not in document.stated:
        return None
    if name == "skills":
        return list(job.skills)
    return int(job.facts[name]) if name == "years" else job.facts[name]
