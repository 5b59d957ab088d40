"""Measure our server against vLLM's own API server: same model, same machine, same engine arguments, in turns.

    python scripts/bench/serving.py --write-docs

The model is tiny, so that what is measured is what stands in front of the engine. Both servers stay loaded; only one
is under load at a time, and they take turns so that a busy neighbour disturbs both alike. Each server has one core for
all its processes and the load generator another: what one process saves another can use, and the load disturbs nothing.
Every stream is checked to be whole and of the exact length. CPU times are the kernel's, of the process that talks HTTP
and of the engine's process.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from block import measured_block
from load import Block
from process import confine
from results import FIGURES, Repetition, machine, table, verdicts, write_docs
from server import MODEL, EngineLimits, Server, our_server, vllm_server
from tiny_model import write_tiny_model

from jobai_server.engines.platform import multiplies_bfloat16

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
TOKENIZER = ROOT / "src" / "jobai_server" / "embedded" / "jobai_nano"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="jobai-bench-") as temporary:
        folder = Path(temporary)
        limits = EngineLimits(dtype="bfloat16" if multiplies_bfloat16() else "float32")
        write_tiny_model(folder / "model", TOKENIZER, limits.context_length)
        servers = [make(folder / "model", folder, limits) for make in (our_server, vllm_server)]
        try:
            _start(servers, options)
            repetitions = _measure(servers, options)
        finally:
            for server in servers:
                server.stop()
    _publish(repetitions, options)


def _start(servers: Sequence[Server], options: argparse.Namespace) -> None:
    for server in servers:
        server.start()
    for server in servers:
        server.wait_ready()
        _say(f"{server.name} is ready: web process {server.web_processes()}, engine {server.engine_processes()}")
    if not options.all_cores:
        first, *others = sorted(os.sched_getaffinity(0))
        for server in servers:
            confine(server.processes(), first)
        confine([os.getpid()], (others or [first])[-1])


def _measure(servers: Sequence[Server], options: argparse.Namespace) -> list[Repetition]:
    repetitions = []
    for count in range(options.repetitions):
        for streams in options.streams:
            blocks = [_block(server, streams, options) for server in servers]
            repetitions.append(Repetition(streams, *blocks))
            _say(f"repetition {count + 1}/{options.repetitions}, {streams} streams")
            for server, block in zip(servers, blocks, strict=True):
                figures = (f"{label} {getattr(block, figure):.4g}" for figure, label in FIGURES.items())
                _say(f"  {server.name:5} {'  '.join(figures)}")
    return repetitions


def _block(server: Server, streams: int, options: argparse.Namespace) -> Block:
    """Load one server for about `--tokens` tokens."""
    tokens = _tokens(streams, options)
    return measured_block(server, MODEL, streams=streams, tokens=tokens, max_tokens=options.max_tokens)


def _tokens(streams: int, options: argparse.Namespace) -> int:
    # Few streams are slow: a twentieth of the tokens takes them about as long.
    tokens: int = options.tokens
    return tokens if streams >= 16 else tokens // 20


def _publish(repetitions: list[Repetition], options: argparse.Namespace) -> None:
    measured_on = machine()
    print("", table(repetitions), "", *verdicts(repetitions), sep="\n")
    if options.json:
        document = {**measured_on, "repetitions": [asdict(each) for each in repetitions]}
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    if options.write_docs:
        arguments = " ".join(shlex.quote(argument) for argument in sys.argv[1:])
        write_docs(PAGE, f"python scripts/bench/serving.py {arguments}", measured_on, repetitions)
        _say(f"wrote {PAGE.relative_to(ROOT)}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 16, 64], help="streams at a time (1 16 64)")
    parser.add_argument("--repetitions", type=int, default=5, help="turns of each server (5)")
    parser.add_argument("--max-tokens", type=int, default=256, help="tokens in every answer (256)")
    parser.add_argument(
        "--tokens", type=int, default=32768, help="tokens in one turn; a tenth below 16 streams (32768)"
    )
    parser.add_argument("--all-cores", action="store_true", help="leave it to the kernel which core runs what")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every turn's figures")
    parser.add_argument("--write-docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
