"""Measure classification against one chat completion per text, constrained to the categories' names, on vLLM's server.

    python scripts/bench/classification.py --write-docs

All servers run jobai-nano with the same engine arguments, and take turns. What to compute in is left to each server, as
it is for anybody who starts one; where that makes a difference (a CPU without instructions for bfloat16) vLLM's stands
there a second time, told to compute in float32. Ours gets 64 texts a request, four requests
at a time, order averaging off; vLLM's gets one chat per text, 64 at a time, the categories listed before the text, so
that either can share the list over all texts. Every turn has texts of its own, so that no text is in a cache. Every
answer is checked to be one of the categories.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from embedding_results import Contest, Turn, table, verdicts
from embedding_texts import texts_of
from results import facts, machine, write_section
from server import MODEL, EngineLimits, Server, our_server, vllm_server

from jobai_server.engines.platform import multiplies_bfloat16

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
CHECKPOINT = ROOT / "src" / "jobai_server" / "embedded" / "jobai_nano"
SCRIPT = "scripts/bench/classification.py"

POSTINGS = 256
TEXTS_A_REQUEST = 64
CHATS_AT_A_TIME = 64
CATEGORIES = (5, 50)
PEER = "vLLM, a chat with a structured choice"
SAME_DTYPE = "the same, told to use float32"


async def ours(http: httpx2.AsyncClient, texts: Sequence[str], names: Sequence[str]) -> list[str]:
    async def some(part: Sequence[str]) -> list[str]:
        body = {"model": MODEL, "text": part, "categories": names, "permutations": 1}
        answer = await http.post("/v1/classifications", json=body)
        return [one["category"] for one in answer.raise_for_status().json()["data"]]

    parts = [texts[start : start + TEXTS_A_REQUEST] for start in range(0, len(texts), TEXTS_A_REQUEST)]
    return [name for found in await asyncio.gather(*map(some, parts)) for name in found]


async def theirs(http: httpx2.AsyncClient, texts: Sequence[str], names: Sequence[str]) -> list[str]:
    places = asyncio.Semaphore(CHATS_AT_A_TIME)
    listing = "\n".join(["Classify the text into one of these categories:", *(f"- {name}" for name in names)])

    async def one(text: str) -> str:
        content = f"{listing}\n\nText: {text}\n\nAnswer with the name of the category only."
        body: dict[str, Any] = {
            "model": MODEL,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "structured_outputs": {"choice": names},
        }
        async with places:
            answer = await http.post("/v1/chat/completions", json=body)
        return str(answer.raise_for_status().json()["choices"][0]["message"]["content"])

    return list(await asyncio.gather(*map(one, texts)))


Way = Callable[[httpx2.AsyncClient, Sequence[str], Sequence[str]], Coroutine[Any, Any, list[str]]]


async def rate(server: Server, way: Way, texts: Sequence[str], names: Sequence[str]) -> float:
    """Texts a second."""
    headers = {"Authorization": f"Bearer {server.key}"}
    limits = httpx2.Limits(max_connections=CHATS_AT_A_TIME)
    url = f"http://127.0.0.1:{server.port}"
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=300, limits=limits) as http:
        began = time.perf_counter()
        found = await way(http, texts, names)
        seconds = time.perf_counter() - began
    if len(found) != len(texts) or not set(found) <= set(names):
        raise RuntimeError(f"{server.name} answered with something that is no category")
    return len(texts) / seconds


def measured(our: Server, peers: Mapping[str, Server], repetitions: int) -> list[Turn]:
    turns = []
    for turn in range(-1, repetitions):
        for count in CATEGORIES:
            names = texts_of(count, 2, seed=count)
            # The first turn warms up: it compiles, and it is where the categories are new.
            texts = texts_of(POSTINGS, 80, seed=1000 * count + turn)
            reached = asyncio.run(rate(our, ours, texts, names))
            print(f"turn {turn + 1}, {count} categories: {reached:.0f} texts/s", file=sys.stderr)
            for name, peer in peers.items():
                other = asyncio.run(rate(peer, theirs, texts, names))
                print(f"    {name}: {other:.0f} texts/s", file=sys.stderr)
                contest = Contest(f"{POSTINGS} postings, {count} categories", name, 2.0 if name == PEER else None)
                turns += [Turn(contest, reached, other)] if turn >= 0 else []
    return turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5, help="turns of each server (5)")
    parser.add_argument("--write-docs", action="store_true", help="put the results into docs/benchmarks.md")
    options = parser.parse_args()
    limits = EngineLimits(context_length=2048)
    with tempfile.TemporaryDirectory(prefix="jobai-bench-") as folder:
        our = our_server(CHECKPOINT, Path(folder), limits)
        peers = {PEER: vllm_server(CHECKPOINT, Path(folder), limits)}
        if not multiplies_bfloat16():
            peers[SAME_DTYPE] = vllm_server(CHECKPOINT, Path(folder), replace(limits, dtype="float32"))
        servers = [our, *peers.values()]
        try:
            for server in servers:
                server.start()
            for server in servers:
                server.wait_ready()
            turns = measured(our, peers, options.repetitions)
        finally:
            for server in servers:
                server.stop()
    print("", table(turns), "", *verdicts(turns), sep="\n")
    if options.write_docs:
        begin = facts(shlex.join(["python", SCRIPT, *sys.argv[1:]]), machine())
        verdict = "\n".join(f"- {line}" for line in verdicts(turns))
        write_section(PAGE, SCRIPT, f"{begin}\n\n{verdict}\n\n{table(turns)}")


if __name__ == "__main__":
    main()
