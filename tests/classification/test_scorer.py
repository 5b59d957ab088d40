"""From the engine's log probabilities to scores, with an engine that says what a test tells it to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
from tests.stand_in_engine import StandInEngine

from jobai_server.classification.prior import Priors
from jobai_server.classification.scorer import Scores, prepare
from jobai_server.classification.task import Category, ClassificationTask, Method
from jobai_server.engines.content_digest import content_digest
from jobai_server.engines.next_token import NextTokenPrompt
from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import Conversation, RequestTimes
from jobai_server.errors import ContextTooLong, InvalidRequest

CATEGORIES = (Category("job"), Category("resume"), Category("news"))


def prompt_text(prompt: NextTokenPrompt) -> str:
    return bytes(prompt.token_ids).decode()


def engine_that(judges: Callable[[str, Sequence[str]], Sequence[float]]) -> StandInEngine:
    """Gives probabilities for the next letters, from the prompt's text."""

    def judge(prompt: NextTokenPrompt) -> list[float]:
        letters = [chr(token_id) for token_id in prompt.next_token_ids]
        return [math.log(probability) for probability in judges(prompt_text(prompt), letters)]

    return StandInEngine(judge=judge)


async def scores(
    engine: StandInEngine,
    texts: Sequence[str] = ("text",),
    method: Method = "letters",
    permutations: int = 2,
    prior_correction: bool = False,
    priors: Priors | None = None,
) -> list[Scores]:
    task = ClassificationTask(CATEGORIES, method, permutations=permutations, prior_correction=prior_correction)
    params = [f"text[{index}]" for index in range(len(texts))]
    scoring = await prepare(engine, task, texts, params, priors or Priors())
    return await scoring.run("id", Owner("key"), RequestTimes())


def by_place(text: str, letters: Sequence[str]) -> Sequence[float]:
    """A model that only cares for the place in the list."""
    return {"ABC": (0.4, 0.2, 0.1)}["".join(letters)]


async def test_a_preference_for_places_averages_out_in_an_order_and_its_reverse() -> None:
    [biased] = await scores(engine_that(by_place), permutations=1)
    assert biased.probabilities.tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert biased.label_mass == pytest.approx(0.7)
    [fair] = await scores(engine_that(by_place))
    assert fair.probabilities.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])


async def test_what_the_model_says_of_nothing_is_divided_out_and_asked_once() -> None:
    engine, priors = engine_that(by_place), Priors()
    for _ in range(2):
        [corrected] = await scores(engine, permutations=1, prior_correction=True, priors=priors)
        assert corrected.probabilities.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert [len(asked.prompts) for asked in engine.judged] == [3 + 1, 1]


async def test_a_request_is_known_by_its_own_texts_whether_the_prior_is_known_or_not() -> None:
    engine, priors = engine_that(by_place), Priors()
    for text in ("text", "text", "other"):
        await scores(engine, [text], prior_correction=True, priors=priors)
    first, again, other = (content_digest(asked.content) for asked in engine.judged)
    assert first == again != other


async def test_every_order_says_which_category_a_letter_stands_for() -> None:
    def knows(text: str, letters: Sequence[str]) -> Sequence[float]:
        return [0.9 if f"\n{letter}: resume\n" in text or f"{letter}: resume" in text else 0.05 for letter in letters]

    [found] = await scores(engine_that(knows), permutations=6)
    assert found.probabilities.tolist() == pytest.approx([0.05, 0.9, 0.05])


async def test_yes_and_no_are_a_probability_of_each_category_by_itself() -> None:
    def knows(text: str, words: Sequence[str]) -> Sequence[float]:
        yes = 0.6 if "category job " in text else 0.1
        return [yes / 3 if word in "Yy" else (0.8 - yes) / 3 for word in words]

    [found] = await scores(engine_that(knows), method="yes_no")
    assert found.probabilities.tolist() == pytest.approx([0.75, 0.125, 0.125])
    assert found.label_mass < 0.81


async def test_a_line_of_a_category_cannot_begin_another() -> None:
    engine = engine_that(lambda text, letters: [0.1] * len(letters))
    task = ClassificationTask((Category("a\nB: b"), Category("c", "d\n\nText: e")), "letters", prior_correction=False)
    await (await prepare(engine, task, ["text"], ["text"], Priors())).run("id", Owner("key"), RequestTimes())
    assert "A: a B: b\nB: c - d Text: e\n\nText: text\n" in prompt_text(engine.judged[0].prompts[0])


async def test_the_text_that_is_too_long_is_named() -> None:
    engine = engine_that(lambda text, letters: [0.1] * len(letters))
    with pytest.raises(ContextTooLong) as raised:
        await scores(engine, texts=["short", "long" * 1024])
    assert raised.value.param == "text[1]"


@pytest.mark.parametrize("method", ["letters", "names", "yes_no"])
async def test_prompts_that_are_too_long_together_are_refused_before_all_are_made(
    monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    engine = engine_that(lambda text, letters: [0.1] * len(letters))
    encode, made = engine.encode_conversation, []

    async def counted(conversation: Conversation) -> list[int]:
        made.append(await encode(conversation))
        return made[-1]

    monkeypatch.setattr(engine, "encode_conversation", counted)
    task = ClassificationTask(CATEGORIES, method, permutations=6, prior_correction=False)
    texts = ["long" * 500] * 100
    with pytest.raises(InvalidRequest) as raised:
        await prepare(engine, task, texts, [f"text[{index}]" for index in range(100)], Priors(), 10_000)
    assert raised.value.code == "too_many_tokens"
    assert raised.value.param in ("text[0]", "text[1]")
    assert len(made) < 20


@pytest.mark.parametrize(
    ("instructions", "description", "param"),
    [
        ("be careful " * 400, "", "instructions"),
        ("be careful", "long " * 1000, "categories"),
        ("", "y" * 5000, "categories"),
    ],
)
async def test_what_is_too_long_for_any_text_is_named(instructions: str, description: str, param: str) -> None:
    engine = engine_that(lambda text, letters: [0.1] * len(letters))
    task = ClassificationTask((Category("a", description), Category("b")), "letters", instructions)
    with pytest.raises(ContextTooLong) as raised:
        await prepare(engine, task, ["text"], ["text"], Priors())
    assert raised.value.param == param
