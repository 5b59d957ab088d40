"""Questions about an input as they go to an engine."""

from __future__ import annotations

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


async def digests(given: str) -> list[str]:
    """Of what the engine is asked, in that order."""
    engine = StandInEngine()
    asked = await encoded(engine, given, QUESTIONS)
    await answered(engine, "id", asked, Owner("key"), RequestTimes(), PromptReuse())
    return [content_digest(request.content) for request in engine.judged]


async def test_equal_requests_are_known_by_the_same_digests_and_others_are_not() -> None:
    first, rest = await digests("A wet day.")
    assert [first, rest] == await digests("A wet day.")
    assert {first, rest}.isdisjoint(await digests("A dry day."))
