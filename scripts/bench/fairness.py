"""Measure how long one key waits for its first token while another holds 200 requests in flight.

    python scripts/bench/fairness.py --write-docs

The embedded default twice, once as it is and once with `contended_share: null`, which leaves everything to vLLM's own
queue, first come, first served. In turns, each server is asked by a polite key, one request at a time with short
pauses: first alone, and then while a greedy key keeps 200 long answers in flight, for which the greedy key has had the
server to itself for a while. The load comes from a process of its own. Ratios are of medians within one turn.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml
from chat_stream import chat_stream
from ready import new_key, wait_for_all_models
from results import machine
from server import Server, free_port

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: scripts/bench/fairness.py -->", "<!-- end of measured fairness -->"
TARGET = 2.0
POSTING = (
    "Extract the job title and the city: Senior Software Engineer at Example GmbH in Berlin. You build services in "
    "Python and Go, operate them on Kubernetes, review code and help younger colleagues. We ask for five years of "
    "experience, SQL and good English; German is welcome. 70,000 to 85,000 euros a year, 30 days of holiday."
)
PROMPTS = {"short question": "What does a nurse do?", "job posting": POSTING}
FORGOTTEN_SECONDS = 17  # by then the server has stopped to count the polite key as present


@dataclass(frozen=True, slots=True)
class Turn:
    """One server's figures: medians of the time to first token in seconds by prompt, and the greedy key's tokens/s."""

    unloaded: dict[str, float]
    loaded: dict[str, float]
    alone: float
    shared: float

    def ratio(self, prompt: str) -> float:
        return self.loaded[prompt] / self.unloaded[prompt]


def main() -> None:
    options = _options()
    turns: dict[str, list[Turn]] = {"fair sharing": [], "first come, first served": []}
    with tempfile.TemporaryDirectory(prefix="jobai-bench-") as temporary:
        servers = {name: _server(name, Path(temporary), fair=name == "fair sharing") for name in turns}
        try:
            for server in servers.values():
                server.start()
            for server in servers.values():
                server.wait_ready()
                wait_for_all_models(server.port)
            for number in range(options.turns):
                for name, server in servers.items():
                    turns[name].append(_turn(server, options))
                    print(f"turn {number + 1}, {name}: {turns[name][-1]}", file=sys.stderr, flush=True)
        finally:
            for server in servers.values():
                server.stop()
    report = _report(turns, options)
    print(report)
    if options.write_docs:
        before, begin, rest = PAGE.read_text().partition(BEGIN)
        _, end, after = rest.partition(END)
        assert end, f"{PAGE} lacks the marks"
        PAGE.write_text(f"{before}{BEGIN}\n\n{report}\n\n{END}{after}")


def _server(name: str, folder: Path, *, fair: bool) -> Server:
    config = yaml.safe_load((ROOT / "configs" / "embedded.yaml").read_text())
    if not fair:
        config["primary_model"]["contended_share"] = None
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML too
    port, key = free_port(), secrets.token_hex(32)
    return Server(
        name,
        ["-m", "jobai_server", "serve", "--host", "127.0.0.1", "--port", str(port), "--config", str(path)],
        {"WORKERS": "1", "JOBAI_ADMIN_KEY": key, "JOBAI_DATA_DIRECTORY": str(folder / name / "data")},
        port,
        key,
        folder / f"{name}.log",
        web="jobai_server.web_process",
    )


def _turn(server: Server, options: argparse.Namespace) -> Turn:
    greedy, polite = (new_key(server.port, server.key, name) for name in ("greedy", "polite"))
    unloaded = asyncio.run(_first_tokens(server.port, polite, options.seconds / 3))
    plan = {"port": server.port, "key": greedy, "streams": options.streams, "max_tokens": 512}
    load = [sys.executable, str(Path(__file__).with_name("greedy.py"))]
    with subprocess.Popen(load, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(plan) + "\n")
        process.stdin.flush()
        time.sleep(FORGOTTEN_SECONDS + options.seconds / 3)
        joined = time.monotonic()
        loaded = asyncio.run(_first_tokens(server.port, polite, options.seconds))
        samples = json.loads(process.communicate()[0])
    time.sleep(2)  # until the server has let go of all of them
    return Turn(
        unloaded,
        loaded,
        alone=_rate(samples, joined - options.seconds / 3, joined),
        shared=_rate(samples, joined, joined + options.seconds),
    )


async def _first_tokens(port: int, key: str, seconds: float) -> dict[str, float]:
    """Medians by prompt; the first of each is for warming up, where there is more than one."""
    times: dict[str, list[float]] = {name: [] for name in PROMPTS}
    end = time.monotonic() + seconds
    while time.monotonic() < end or not all(times.values()):
        for name, prompt in PROMPTS.items():
            began = time.perf_counter()
            events = chat_stream(port, key, prompt, 16)
            await anext(events)
            times[name].append(time.perf_counter() - began)
            async for _ in events:
                pass
            await asyncio.sleep(random.uniform(0.02, 0.2))
    return {name: statistics.median(values[1:] or values) for name, values in times.items()}


def _rate(samples: list[tuple[float, int]], since: float, until: float) -> float:
    within = [sample for sample in samples if since <= sample[0] <= until]
    (first, before), (last, after) = within[0], within[-1]
    return (after - before) / (last - first)


def _report(turns: dict[str, list[Turn]], options: argparse.Namespace) -> str:
    lines = [f"- {name}: {value}" for name, value in machine().items()]
    lines.append(f"- command: `{shlex.join(['python', 'scripts/bench/fairness.py', *sys.argv[1:]])}`")
    lines += [f"- {options.turns} turns; the time to first token in ms, medians; the ratio's smallest and largest", ""]
    lines += ["| | prompt | unloaded | loaded | ratio | min | max |", "|---|---|--:|--:|--:|--:|--:|"]
    for name, done in turns.items():
        for prompt in PROMPTS:
            before, after = (
                1000 * statistics.median(getattr(turn, side)[prompt] for turn in done)
                for side in ("unloaded", "loaded")
            )
            ratios = [turn.ratio(prompt) for turn in done]
            spread = f"{statistics.median(ratios):.2f} | {min(ratios):.2f} | {max(ratios):.2f}"
            lines.append(f"| {name} | {prompt} | {before:.1f} | {after:.1f} | {spread} |")
    fair, unfair = turns.values()
    alone, shared = (
        statistics.median(getattr(one, side) / getattr(other, side) for one, other in zip(fair, unfair, strict=True))
        for side in ("alone", "shared")
    )
    worst = max(statistics.median(turn.ratio(prompt) for turn in fair) for prompt in PROMPTS)
    verdict = "met" if worst <= TARGET else "MISSED"
    lines += [
        "",
        f"With fair sharing the greedy key gets {alone:.2f} × the tokens/s of first come, first served while it is "
        f"alone, and {shared:.2f} × while the polite key is there.",
        "",
        f"Loaded over unloaded with fair sharing: {worst:.2f}, at most {TARGET:g} asked: {verdict}.",
    ]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=200, help="requests that the greedy key has in flight (200)")
    parser.add_argument("--turns", type=int, default=3, help="turns of each server (3)")
    parser.add_argument("--seconds", type=float, default=30, help="how long the polite key asks under load (30)")
    parser.add_argument("--write-docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
