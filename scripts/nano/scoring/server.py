"""Ask a running server through the OpenAI client."""

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openai import OpenAI

from scoring.answer import Answer
from scoring.questions import Question

_LONGEST_ANSWER = 512  # tokens
_PARALLEL = 8


class Server:
    """A server, and the model asked for (None leaves the choice to the server)."""

    def __init__(self, base_url: str, api_key: str, model: str | None) -> None:
        self.client = OpenAI(base_url=base_url, api_key=api_key)
        self.extra: dict[str, Any] = {"model": model} if model else {}

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers in the order of the questions, all at temperature 0."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(self._one, questions))

    def _one(self, question: Question) -> Answer:
        letters = question.task == "classification"
        body = {
            "messages": list(question.messages),
            "temperature": 0,
            "max_tokens": _LONGEST_ANSWER,
            **self.extra,
            **({"logprobs": True, "top_logprobs": 20} if letters else {}),
        }
        # The client insists on a model name; a plain post lets the server use its default.
        response: Any = self.client.post("/chat/completions", body=body, cast_to=object)
        choice = response["choices"][0]
        first = ((choice.get("logprobs") or {}).get("content") or [{}])[0]
        return Answer(
            choice["message"].get("content") or "",
            choice["finish_reason"] != "length",
            _letters(first.get("top_logprobs") or ()),
        )


def _letters(top: Iterable[dict[str, Any]]) -> dict[str, float]:
    return {entry["token"]: math.exp(entry["logprob"]) for entry in top if len(entry["token"]) == 1}
