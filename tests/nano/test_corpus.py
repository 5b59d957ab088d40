"""The corpus: the same seed gives the same text, and the two splits share nothing they should not."""

import json
from collections.abc import Callable
from itertools import islice
from random import Random
from string import ascii_uppercase

import pytest

from corpus import kinds, layouts, mixture
from corpus.dialogue import Dialogue
from corpus.layouts import blocks, free, labelled, one_line, openings, prose
from corpus.posting import posting
from corpus.split import Split, side
from corpus.tasks import (
    categories,
    choices,
    classification,
    conversation,
    extraction,
    fields,
    instructions,
    questions,
    strange,
    wording,
    writing,
)
from corpus.tasks.typing_errors import mistyped
from corpus.template import placeholders, vary
from corpus.vocabulary import companies, made_up, places, titles
from corpus.vocabulary.category_names import NAMES
from corpus.vocabulary.field_names import FIELD_NAMES
from corpus.vocabulary.phrases import PHRASES


def first(count: int, seed: int, split: Split = Split.TRAIN) -> list[Dialogue]:
    return list(islice(mixture.stream(seed, split), count))


def test_same_seed_gives_same_examples() -> None:
    assert first(50, 7) == first(50, 7)


def test_other_seed_gives_other_examples() -> None:
    assert first(50, 7) != first(50, 8)


def test_every_conversation_ends_with_an_answer() -> None:
    for dialogue in first(300, 1):
        assert dialogue.messages[-1]["role"] == "assistant"
        assert dialogue.messages[-1]["content"].strip()


def test_no_placeholder_is_left_unfilled() -> None:
    for split in Split:
        for dialogue in first(500, 2, split):
            text = " ".join(str(message["content"]) for message in dialogue.messages)
            for name in ("{text}", "{field}", "{keys}", "{title}", "{company}", "{question}"):
                assert name not in text


@pytest.mark.parametrize("split", list(Split))
def test_names_stay_on_their_side(split: Split) -> None:
    random = Random(3)
    for _ in range(200):
        job = posting(random, split)
        assert side(job.facts["title"]) is split
        assert side(companies.company(random, split)) is split


def test_no_title_company_or_reference_in_both_splits() -> None:
    random = Random(4)
    for field in ("title", "company", "reference", "deadline"):
        train = {posting(random, Split.TRAIN).facts[field] for _ in range(300)}
        held_out = {posting(random, Split.HELD_OUT).facts[field] for _ in range(300)}
        assert not train & held_out


def test_names_of_the_evaluation_are_made_of_syllables_and_those_of_training_of_more() -> None:
    for seed in range(50):
        assert made_up.name(Random(seed), Split.HELD_OUT) == made_up.word(Random(seed))
    random = Random(5)
    names = {made_up.name(random, Split.TRAIN) for _ in range(3000)}
    assert any(name.isupper() and len(name) > 1 for name in names)
    assert any(name.startswith("O'") or name.endswith("stein") for name in names)


def test_names_spelt_like_real_ones_are_new_to_the_evaluation() -> None:
    random = Random(6)
    real = companies._KNOWN
    held_out = {name for name in real if side(name) is Split.HELD_OUT}
    spliced = {made_up.spliced(random, real) for _ in range(3000)}
    assert held_out
    assert spliced - set(real)
    assert not spliced & held_out
    assert all(side(name) is Split.TRAIN for name in spliced)


def test_lists_for_training_alone_repeat_nothing_of_the_evaluation() -> None:
    assert not set(companies._KNOWN) & set(companies._MORE_KNOWN)
    assert not {city.split(",")[0] for city in places._CITIES} & {city.split(",")[0] for city in places._MORE_CITIES}
    random = Random(7)
    for _ in range(500):
        assert side(companies.company(random, Split.TRAIN)) is Split.TRAIN
        assert side(companies.company(random, Split.HELD_OUT)) is Split.HELD_OUT


def test_what_is_refused_is_worded_differently_in_the_evaluation() -> None:
    random = Random(8)
    made = {vary(random, pattern) for pattern in conversation._MORE_UNRELATED for _ in range(1000)}
    assert not made & set(conversation._HELD_OUT_UNRELATED)


def test_first_sentences_put_together_are_not_those_of_the_evaluation() -> None:
    random = Random(9)
    assert not {openings.opening(random) for _ in range(5000)} & set(prose._HELD_OUT_OPENINGS)


@pytest.mark.parametrize(
    ("training", "held_out"),
    [
        (instructions.EXTRACT, instructions.HELD_OUT_EXTRACT),
        (instructions.EXTRACT_JSON, instructions.HELD_OUT_EXTRACT_JSON),
        (one_line.HEADLINES, one_line.TEASERS),
        (prose._OPENINGS, prose._HELD_OUT_OPENINGS),
        (prose._SENTENCES, prose._HELD_OUT_SENTENCES),
        (classification._TASKS, classification._HELD_OUT_TASKS),
        (classification._ITEMS, classification._HELD_OUT_ITEMS),
        (questions._FRAMES, questions._HELD_OUT_FRAMES),
        (questions._SUMMARISE, questions._HELD_OUT_SUMMARISE),
        (writing._DESCRIBE, writing._HELD_OUT_DESCRIBE),
        (conversation._UNRELATED, conversation._HELD_OUT_UNRELATED),
    ],
)
def test_wordings_are_disjoint(training: tuple[str, ...], held_out: tuple[str, ...]) -> None:
    assert not set(training) & set(held_out)


def test_layouts_are_disjoint() -> None:
    training = {layout for layout, _ in layouts.TRAINING}
    assert not training & {layout for layout, _ in layouts.HELD_OUT}
    assert blocks.markdown not in training


def test_field_names_keys_and_labels_are_disjoint() -> None:
    for training, held_out in (
        (fields.FIELDS, fields.HELD_OUT_FIELDS),
        (fields.KEYS, fields.HELD_OUT_KEYS),
        (labelled.LABELS, labelled._SHEET_LABELS),
    ):
        for field, names in held_out.items():
            assert not set(names) & set(training[field])


def test_category_names_are_disjoint() -> None:
    for kind in kinds.ALL:
        names = categories.side_names(kind.aliases, 2, Split.TRAIN)
        assert not set(names) & set(categories.side_names(kind.aliases, 2, Split.HELD_OUT))
        assert kind.name in names
    for domain in titles.DOMAINS:
        assert len(domain.names) >= 3


def test_extracted_answer_stands_in_the_text() -> None:
    random = Random(5)
    for _ in range(300):
        dialogue = extraction.plain(random, Split.TRAIN)
        text = dialogue.messages[-2]["content"] + str(dialogue.messages)
        answer = dialogue.messages[-1]["content"]
        assert answer == extraction.NOT_STATED or answer in text


def test_json_answers_are_objects_with_the_keys_asked_for() -> None:
    random = Random(6)
    for _ in range(300):
        dialogue = extraction.as_json(random, Split.HELD_OUT)
        assert list(json.loads(dialogue.messages[-1]["content"])) == dialogue.facts["keys"]


def test_classification_answers_are_letters_on_offer() -> None:
    random = Random(7)
    for _ in range(300):
        dialogue = classification.by_letter(random, Split.TRAIN)
        # Later questions of a training dialogue may ask for a category's name.
        first = next(message["content"] for message in dialogue.messages if message["role"] == "assistant")
        assert first == dialogue.facts["answer"]
        assert first in ascii_uppercase[: dialogue.facts["choices"]]


def test_names_put_together_are_not_those_of_the_evaluation() -> None:
    random = Random(8)
    for field, held_out in fields.HELD_OUT_FIELDS.items():
        assert not set(held_out) & {wording.field_name(random, field) for _ in range(500)}
        assert not set(fields.HELD_OUT_KEYS[field]) & {wording.key(random, field) for _ in range(500)}


def test_instructions_put_together_are_not_those_of_the_evaluation() -> None:
    random = Random(9)
    made = {wording.extraction(random) for _ in range(2000)}
    assert not made & set(instructions.HELD_OUT_EXTRACT)
    made = {wording.json_extraction(random, rambling=True) for _ in range(2000)}
    assert not made & set(instructions.HELD_OUT_EXTRACT_JSON)


def test_letters_are_asked_for_once_each() -> None:
    dialogue = classification.letters(Random(10), Split.TRAIN)
    answers = [message["content"] for message in dialogue.messages if message["role"] == "assistant"]
    assert sorted(answers) == list(ascii_uppercase[: len(answers)])


def test_sentences_of_the_evaluation_are_never_trained() -> None:
    random = Random(11)
    for kind in kinds.ALL:
        held_out = kinds.own_sentences(kind, Split.HELD_OUT)
        assert held_out
        assert not set(held_out) & set(kinds.own_sentences(kind, Split.TRAIN))
        made = {vary(random, pattern) for pattern in PHRASES[kind.name] for _ in range(200)}
        assert not made & set(held_out)


def test_more_names_for_categories_are_not_those_of_the_evaluation() -> None:
    for kind in kinds.ALL:
        assert not set(NAMES[kind.name]) & set(categories.side_names(kind.aliases, 2, Split.HELD_OUT))
    for domain in titles.DOMAINS:
        assert not set(FIELD_NAMES[domain.names[0]]) & set(categories.side_names(domain.names, 1, Split.HELD_OUT))


def test_shapes_of_lists_are_not_those_of_the_evaluation() -> None:
    random = Random(12)
    held_out = {item.format(letter="A", name="x") for item in classification._HELD_OUT_ITEMS}
    for _ in range(2000):
        assert not held_out & set(choices.listing(random, ["A", "B"], ["x", "y"]).splitlines())


@pytest.mark.parametrize("write", [free.pieces, free.form, free.sentence, blocks.long_page])
def test_free_layouts_state_what_they_say(write: Callable[..., tuple[str, frozenset[str]]]) -> None:
    random = Random(13)
    for _ in range(200):
        job = posting(random, Split.TRAIN)
        text, stated = write(random, job)
        for field in stated:
            assert job.facts[field] in text


def test_slips_change_the_words_and_leave_what_is_filled_in_later() -> None:
    random = Random(15)
    for pattern in ("Extract the {field} from: {text}", "Write a job posting for a {title}."):
        made = {mistyped(random, pattern) for _ in range(200)}
        assert len(made) > 50
        assert all(set(placeholders(request)) == set(placeholders(pattern)) for request in made)
    assert mistyped(random, "Hi") == "Hi"


def test_strange_messages_are_whole_and_have_no_alternatives_left() -> None:
    random = Random(16)
    made = [strange.message(random) for _ in range(2000)]
    assert all(made)
    assert not any("{w}" in message or "|]" in message for message in made)


def test_alternatives_are_chosen_one_by_one() -> None:
    random = Random(14)
    made = {vary(random, "[a|b] and [c|]") for _ in range(100)}
    assert made == {"a and c", "b and c", "a and ", "b and "}
