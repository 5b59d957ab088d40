"""Questions about an input as they go to an engine."""

from __future__ import annotations

from collections.abc import Sequence

from tests.stand_in_engine import StandInEngine

from jobai_server.classification.decisions.answers import answered, encoded
from jobai_server.classification.decisions.question import DecisionQuestion, Option
from jobai_server.engines.content_digest import content_digest
from jobai_server.engines.next_token import PromptReuse
from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import RequestTimes

QUESTIONS = (
    DecisionQuestion("predicate", "It rains."),
    DecisionQuestion("choice", "Which?", (Option("a", "first"), Option("b"))),
)


async def digests(given: str, questions: Sequence[DecisionQuestion] = QUESTIONS) -> set[str]:
    """Of what the engine is asked, one part after another."""
    engine = StandInEngine()
    asked = await encoded(engine, given, questions)
    await answered(engine, "id", asked, Owner("key"), RequestTimes(), PromptReuse())
    assert len(engine.judged) == 2
    return {content_digest(request.content) for request in engine.judged}


async def test_equal_requests_are_known_by_the_same_digests_and_others_are_not() -> None:
    known = await digests("A wet day.")
    assert known == await digests("A wet day.")
    assert known.isdisjoint(await digests("A dry day."))
    assert known.isdisjoint(await digests("A wet day.", (DecisionQuestion("predicate", "It snows."), QUESTIONS[1])))
