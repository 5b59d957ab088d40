"""Turns of embedding contests as ratios with their spread, and as text."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from results import Spread, aligned


@dataclass(frozen=True, slots=True)
class Contest:
    """What is compared with whom, and the ratio ours/theirs that is asked for, if any."""

    name: str
    peer: str
    target: float | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Texts a second, one measured right after the other."""

    contest: Contest
    ours: float
    theirs: float


def table(turns: Sequence[Turn]) -> str:
    """A Markdown table, one line for each contest."""
    rows = [
        ["texts/s", "ours", "peer", "", "ratio", "min", "max", "asked"],
        ["---", "--:", "--:", "---", *["--:"] * 4],
    ]
    for contest in dict.fromkeys(turn.contest for turn in turns):
        chosen = [turn for turn in turns if turn.contest == contest]
        spread = ratio(chosen)
        rows.append(
            [
                contest.name,
                f"{statistics.median(turn.ours for turn in chosen):,.0f}",
                f"{statistics.median(turn.theirs for turn in chosen):,.0f}",
                contest.peer,
                *(f"{part:.2f}" for part in (spread.median, spread.low, spread.high)),
                "" if contest.target is None else f"{contest.target:g}",
            ]
        )
    return aligned(rows)


def verdicts(turns: Sequence[Turn]) -> list[str]:
    """One line for each contest of which something is asked."""
    lines = []
    for contest in dict.fromkeys(turn.contest for turn in turns):
        if contest.target is None:
            continue
        reached = ratio([turn for turn in turns if turn.contest == contest]).median
        verdict = "met" if reached >= contest.target else "MISSED"
        lines.append(f"{contest.name}: {reached:.2f} × {contest.peer}, at least {contest.target:g} asked: {verdict}")
    return lines


def ratio(turns: Sequence[Turn]) -> Spread:
    """Ours over theirs, within each turn."""
    return Spread.of([turn.ours / turn.theirs for turn in turns])
