"""POST /v1/decisions in front of an engine that says what a test wants."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.stand_in_engine import CONTROL_TOKEN, StandInEngine, stand_in_card
from tests.web.served_app import ServedApp, served_app

from jobai_server.engines.next_token import NextTokenPrompt
from jobai_server.errors import EngineDied, Overloaded

PREDICATE = {"type": "predicate", "instructions": "Is it wet?", "name": "wet"}
CHOICE = {"type": "choice", "instructions": "Which?", "choices": [{"value": True}, {"value": "no"}, {"value": "b"}]}
SCORE = {"type": "score", "instructions": "How wet?", "levels": [{"label": "dry"}, {"label": "wet"}]}


def sure_of(letter: str) -> Any:
    """A judge that gives one token 0.6 and every other 0.1."""

    def judge(prompt: NextTokenPrompt) -> list[float]:
        return [math.log(0.6 if token_id == ord(letter) else 0.1) for token_id in prompt.next_token_ids]

    return judge


@pytest.fixture
async def app() -> AsyncIterator[ServedApp]:
    engine = StandInEngine(card=stand_in_card(roles=("primary", "classification")))
    async with served_app(engine) as served:
        yield served


async def asked(app: ServedApp, **changes: Any) -> Any:
    body = {"input": "It rains.", "questions": [PREDICATE]} | changes
    return await app.client.post("/v1/decisions", json=body)


async def test_answers_come_in_the_order_of_the_questions(app: ServedApp) -> None:
    app.engine.judge = sure_of("B")
    answer = (await asked(app, questions=[CHOICE, PREDICATE, SCORE])).json()
    assert answer["model"] == "stand-in"
    choice, predicate, score = answer["answers"]
    assert [one["value"] for one in choice["probabilities"]] == [True, "no", "b"]
    assert [one["probability"] for one in choice["probabilities"]] == pytest.approx([0.125, 0.75, 0.125])
    assert (choice["choice"], choice["name"]) == ("no", None)
    assert choice["confidence"] == pytest.approx((3 * 0.75 - 1) / 2)
    assert predicate == {"type": "predicate", "name": "wet", "probability": pytest.approx(0.5)}
    assert score["score"] == pytest.approx(0.5)
    assert answer["usage"]["output_tokens"] == 3


async def test_the_input_is_read_alone_and_first(app: ServedApp) -> None:
    await asked(app, questions=[PREDICATE] * 3)
    first, rest = app.engine.judged
    assert [len(first.prompts), len(rest.prompts)] == [1, 2]
    for prompt in (*first.prompts, *rest.prompts):
        token_ids = list(prompt.token_ids)
        assert bytes(token_ids[:-1]).startswith(b"It rains.\n\nIs it wet?")
        assert token_ids[-1] == CONTROL_TOKEN


async def test_what_prompts_have_in_common_is_counted_once(app: ServedApp) -> None:
    given = "It rains. " * 50
    one = (await asked(app, input=given)).json()["usage"]
    many = (await asked(app, input=given, questions=[PREDICATE, PREDICATE | {"instructions": "Is it dry?"}])).json()
    more = many["usage"]["input_tokens"] - one["input_tokens"]
    assert 0 < more < 50
    assert many["usage"]["total_tokens"] == many["usage"]["input_tokens"] + 2
    used = (await app.client.get("/v1/usage")).json()
    assert used["total"]["prompt_tokens"] in (0, one["input_tokens"] + many["usage"]["input_tokens"])


async def test_many_choices_are_judged_one_by_one(app: ServedApp) -> None:
    many = {"type": "choice", "instructions": "Which?", "choices": [{"value": f"v{n}"} for n in range(255)]}
    answer = (await asked(app, questions=[many])).json()["answers"][0]
    assert [one["probability"] for one in answer["probabilities"]] == pytest.approx([1 / 255] * 255)
    assert sum(len(request.prompts) for request in app.engine.judged) == 255
    refused = await asked(app, questions=[many] * 8)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "questions")


async def test_what_does_not_fit_is_refused_by_name(app: ServedApp) -> None:
    refused = await asked(app, input="x" * 5000)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert refused.json()["error"]["param"] == "input"
    refused = await asked(app, questions=[PREDICATE, PREDICATE | {"instructions": "x" * 5000}])
    assert refused.json()["error"]["param"] == "questions[1]"
    assert app.engine.judged == []


async def test_errors_of_the_engine_have_their_status(app: ServedApp) -> None:
    for error in (Overloaded("full"), EngineDied("dead")):
        app.engine.fail_before = error
        answer = await asked(app)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == error.code


async def test_a_key_pays_for_its_tokens(app: ServedApp) -> None:
    made = await app.client.post("/api-keys/create", json={"name": "small", "tokens_per_minute": 60})
    headers = {"X-API-Key": made.json()["key"]}
    body = {"input": "It rains.", "questions": [PREDICATE]}
    assert (await app.client.post("/v1/decisions", json=body, headers=headers)).status_code == 200
    refused = await app.client.post("/v1/decisions", json=body, headers=headers)
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "tokens")
