"""Ask the classification route of a server the held-out classification questions."""

from collections.abc import Sequence
from typing import Any

from openai import NotFoundError, OpenAI

from scoring.measures import judged
from scoring.questions import Question

# Rows of the table, with the options of the request that make them.
_WAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/classifications as it is", {}),
    ("/v1/classifications, two orders, prior kept", {"prior_correction": False}),
    ("/v1/classifications, one order, prior kept", {"permutations": 1, "prior_correction": False}),
)


def figures(client: OpenAI, model: dict[str, Any], asked: Sequence[Question]) -> dict[str, float]:
    """Accuracy and calibration of the route in each of its ways; nothing where a server has no such route."""
    chosen = [question for question in asked if question.task == "classification"]
    found: dict[str, float] = {}
    for name, options in _WAYS:
        try:
            shares = [_scores(client, model | options, question) for question in chosen]
        except NotFoundError:
            return {}
        found |= judged(name, shares, [str(question.facts["name"]) for question in chosen])
    return found


def _scores(client: OpenAI, options: dict[str, Any], question: Question) -> dict[str, float]:
    body = {"text": question.facts["text"], "categories": question.facts["names"], **options}
    answer: Any = client.post("/classifications", body=body, cast_to=object)
    return dict(answer["data"][0]["scores"])
