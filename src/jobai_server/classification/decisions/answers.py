"""All questions about one input, put to the engine: the input is read once, then all questions at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import overload

from jobai_server.classification.decisions.question import DecisionQuestion, Prompt, probabilities, prompts
from jobai_server.classification.labels import TokenGroup, yes_no_groups
from jobai_server.classification.reading import Reading
from jobai_server.engines.next_token import NextTokenPrompt, NextTokenRequest, PromptReuse
from jobai_server.engines.owner import Owner
from jobai_server.engines.protocol import RequestTimes, TextEngine


class Joined(Sequence[int]):
    """Token ids in parts that many prompts share, so that no prompt is a copy of a long input."""

    def __init__(self, *parts: Sequence[int]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[int]:
        return chain(*self._parts)

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...

    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        return list(self)[place]


@dataclass(frozen=True, slots=True)
class Asked:
    """All questions about an input, as tokens.

    Attributes:
        questions: For every question what has to be read; all begin with the same tokens, those of the input.
        content: The input, and what is asked about it. The prompts are put together from these, and may be a hundred
            times as long.
        given_tokens: Tokens of the input alone.
        input_tokens: Tokens of all prompts, where what they have in common counts once.
    """

    questions: tuple[tuple[Reading, ...], ...]
    content: tuple[NextTokenPrompt, ...]
    given_tokens: int
    input_tokens: int

    @property
    def readings(self) -> list[Reading]:
        return [reading for question in self.questions for reading in question]


async def encoded(engine: TextEngine, given: str, questions: Sequence[DecisionQuestion]) -> Asked:
    """The questions about the input `given` as tokens.

    Raises:
        InvalidRequest: The model has no chat template.
    """
    asked = [prompts(question) for question in questions]
    parts = list(dict.fromkeys(part for of_question in asked for prompt in of_question for part in prompt.parts))
    # Cut after the empty line, where no token reaches across.
    message = await engine.encode_message(f"{given}\n\n", parts)
    tokens_of = dict(zip(parts, message.parts, strict=True))
    groups = _Groups(engine)
    read = tuple(
        tuple(
            Reading(Joined(message.before, *map(tokens_of.__getitem__, prompt.parts), message.after), groups.of(prompt))
            for prompt in of_question
        )
        for of_question in asked
    )
    endings = len(message.after) * sum(map(len, read))
    content = tuple(NextTokenPrompt(part, ()) for part in (message.before, *message.parts))
    return Asked(read, content, len(message.before), len(message.before) + sum(map(len, message.parts)) + endings)


async def answered(
    engine: TextEngine, request_id: str, asked: Asked, owner: Owner, times: RequestTimes, reuse: PromptReuse
) -> list[list[float]]:
    """For every question the probabilities of yes and no, or of its options in their order.

    Args:
        reuse: Counts what the engine knows of the input from earlier requests.

    Raises:
        RateLimited, Overloaded, EngineDied: As `TextEngine.next_token_logprobs`.
    """
    wanted = [reading.prompt() for reading in asked.readings]
    known_by = asked.content
    # The first goes alone: what it leaves in the engine's prefix cache, the input above all, the others find there.
    first = NextTokenRequest(f"{request_id}-first", wanted[:1], owner, times, reuse, known_by)
    found = await engine.next_token_logprobs(first)
    if len(wanted) > 1:
        others = NextTokenRequest(request_id, wanted[1:], owner, times, known_by=known_by)
        found += await engine.next_token_logprobs(others)
    answers = iter(found)
    return [probabilities([reading.logs(next(answers)) for reading in question]) for question in asked.questions]


class _Groups:
    """The tokens that stand for each possible answer; looked up once per request."""

    def __init__(self, engine: TextEngine) -> None:
        self._engine = engine
        self._yes_no = yes_no_groups(engine)
        self._known: dict[str, TokenGroup] = {}

    def of(self, prompt: Prompt) -> Sequence[TokenGroup]:
        return [self._of_mark(mark) for mark in prompt.marks] or self._yes_no

    def _of_mark(self, mark: str) -> TokenGroup:
        if mark not in self._known:
            tokens = self._engine.answer_tokens(mark)
            self._known[mark] = tokens.single or tokens.whole[:1]
        return self._known[mark]
