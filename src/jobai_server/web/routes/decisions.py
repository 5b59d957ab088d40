"""POST /v1/decisions: questions about one input, as OpenAI's clients ask them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from jobai_server.auth.caller import Caller
from jobai_server.classification.decisions.answers import answered, encoded
from jobai_server.classification.decisions.question import DecisionQuestion, Option
from jobai_server.classification.labels import LETTERS
from jobai_server.engines.next_token import PromptReuse
from jobai_server.errors import InvalidRequest
from jobai_server.openai_format.decision_content import text_of
from jobai_server.openai_format.decision_input import transcript
from jobai_server.openai_format.decision_request import Choice, DecisionRequest, Question, Score
from jobai_server.openai_format.decision_response import answer_object, decision, usage_object
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.openai_format.sampling import check_context, check_prompt_length
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency, body_of
from jobai_server.web.json_response import model_response
from jobai_server.web.metering import meter_of
from jobai_server.web.owner import owner
from jobai_server.web.state import WebState
from jobai_server.web.streaming import until_disconnect
from jobai_server.web.woken_engine import woken_text

MAX_READINGS = 2000

router = APIRouter(dependencies=[requires("client")])

DecisionBody = Annotated[DecisionRequest, Depends(body_of(DecisionRequest))]


@router.post("/v1/decisions")
async def create_decision(
    request: Request, body: DecisionBody, caller: CallerDependency, state: StateDependency
) -> Response:
    return await until_disconnect(request, state.in_flight, _answer(request, body, caller, state))


async def _answer(request: Request, body: DecisionRequest, caller: Caller, state: WebState) -> Response:
    engine = await woken_text(state, body.model, "classification", caller)
    given = transcript(body.input)
    check_context(engine.card, len(given), "input")
    questions = [_plain(question) for question in body.questions]
    _check_readings(questions)
    asked = await encoded(engine, given, questions)
    check_prompt_length(engine.card, asked.given_tokens, "input")
    for number, one in enumerate(asked.questions):
        longest = max(len(reading.token_ids) for reading in one)
        check_prompt_length(engine.card, longest, f"questions[{number}]")
    usage = TokenUsage(asked.input_tokens)
    meter = meter_of(request)
    await meter.reserve(engine.card.name, usage, len(asked.readings))
    request_id = f"decision-{secrets.token_hex(16)}"
    reuse = PromptReuse()
    found = await answered(engine, request_id, asked, owner(caller, body), meter.times, reuse)
    usage.completion_tokens = len(asked.readings)
    answers = [
        answer_object(question, probabilities) for question, probabilities in zip(body.questions, found, strict=True)
    ]
    used = usage_object(usage.prompt_tokens, reuse.cached_tokens, usage.completion_tokens)
    return model_response(decision(engine.card.name, answers, used))


def _check_readings(questions: Sequence[DecisionQuestion]) -> None:
    if sum(question.readings for question in questions) > MAX_READINGS:
        raise InvalidRequest(
            f"Too many questions with more than {len(LETTERS)} choices: each of their choices is judged on its own, "
            f"and a request may come to {MAX_READINGS} judgements in all.",
            param="questions",
        )


def _plain(question: Question) -> DecisionQuestion:
    """The question as text; booleans among its choices as `true` and `false`."""
    instructions = text_of(question.instructions)
    options: tuple[Option, ...] = ()
    if isinstance(question, Choice):
        options = tuple(Option(_text(choice.value), choice.description) for choice in question.choices)
    elif isinstance(question, Score):
        options = tuple(Option(level.label, level.description) for level in question.levels)
    return DecisionQuestion(question.type, instructions, options)


def _text(value: str | bool) -> str:
    return value if isinstance(value, str) else str(value).lower()
