"""Measure embeddings: our server against what the model itself can do, and against Infinity. Same machine, same run.

    python scripts/bench/embeddings.py --write-docs

- 64 texts a request, 4 requests at a time, against a bare `SentenceTransformer.encode` at batch 64 in the same dtype:
  short (12-word) and long (120-word) texts.
- One short text a request, 32 requests at a time, against infinity-emb 0.0.78 (torch engine, its float32 default).

Ours runs twice, with `dtype: float32` and as it is (`auto`). Everything stays loaded, only one is under load at a time,
and they take turns so that a busy neighbour disturbs both alike. The vectors must agree: cosine at least 0.999.

Needs the extras `embeddings` and `embedded`, and an environment of its own for Infinity, whose dependencies do not go
together with ours: `--infinity FOLDER` names one, and where there is none it is made there by
`pip install 'infinity-emb[torch,server]==0.0.78' torch==2.13.0`, without torchvision (about 1 GB; pip's own settings,
PIP_FIND_LINKS say, lead it to the CPU build of PyTorch).
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bare_encode import BareJob
from embedding_load import EmbeddingBlock, EmbeddingPlan
from embedding_results import Contest, Turn, table, verdicts
from embedding_servers import MODEL, embedded_model, infinity_server, our_embedding_server
from embedding_texts import texts_of
from results import facts, machine, write_section
from server import Server

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
SCRIPT = "scripts/bench/embeddings.py"
SHORT, LONG = 12, 120
INPUTS, BATCHES_AT_A_TIME, SINGLES_AT_A_TIME = 64, 4, 32
LEAST_COSINE = 0.999

Run = Callable[[Sequence[str]], EmbeddingBlock]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two ways of embedding the same texts, measured one right after the other."""

    contest: Contest
    words: int
    texts: int
    ours: Run
    peer: Run


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers are to end with it
    with tempfile.TemporaryDirectory(prefix="jobai-bench-") as temporary:
        folder, model = Path(temporary), embedded_model()
        fp32 = our_embedding_server("float32", "float32", model, folder)
        auto = our_embedding_server("auto", "auto", model, folder)
        infinity = infinity_server(model, folder, options.infinity)
        servers = [fp32, auto, infinity]
        bare = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("bare_encode.py")), str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            for server in servers:
                server.start()
                server.wait_ready()
                _say(f"{server.name} is ready")
            turns = _measure(_pairings(fp32, auto, infinity, bare, options), options.repetitions)
        finally:
            bare.kill()
            for server in servers:
                server.stop()
    _publish(turns, options)


def _pairings(
    fp32: Server, auto: Server, infinity: Server, bare: subprocess.Popen[bytes], options: argparse.Namespace
) -> list[Pairing]:
    pairings = []
    for name, server in (("auto", auto), ("float32", fp32)):
        for words, texts in ((SHORT, options.texts), (LONG, options.texts // 4)):
            contest = Contest(f"{INPUTS} × {words} words, {name}", "encode", 0.9)
            ours = _batches(server)
            pairings.append(Pairing(contest, words, texts, ours, _bare(bare, name)))
    theirs = _singles(infinity, "/embeddings")
    for name, server, target in (("float32", fp32, 1.5), ("auto", auto, 2.0)):
        contest = Contest(f"1 × {SHORT} words, {name}", "Infinity", target)
        pairings.append(Pairing(contest, SHORT, options.texts // 2, _singles(server, "/v1/embeddings"), theirs))
    return pairings


def _measure(pairings: Sequence[Pairing], repetitions: int) -> list[Turn]:
    turns = []
    for count in range(repetitions):
        for pairing in pairings:
            texts = texts_of(pairing.texts, pairing.words, seed=count)
            # Whoever comes second finds the machine warmer, or busier.
            first, second = (pairing.ours, pairing.peer) if count % 2 == 0 else (pairing.peer, pairing.ours)
            blocks = {first: first(texts), second: second(texts)}
            ours, peer = blocks[pairing.ours], blocks[pairing.peer]
            cosine = _cosine(ours.first, peer.first)
            if cosine < LEAST_COSINE:
                raise SystemExit(f"{pairing.contest.name}: the vectors differ, cosine {cosine:.5f}")
            turns.append(Turn(pairing.contest, ours.texts_per_second, peer.texts_per_second))
            _say(
                f"{count + 1}/{repetitions} {pairing.contest.name:24} ours {ours.texts_per_second:6.0f}/s  "
                f"{pairing.contest.peer} {peer.texts_per_second:6.0f}/s  cosine {cosine:.5f}"
            )
    return turns


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    # In bfloat16 a vector is given length 1 only roughly.
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


def _batches(server: Server) -> Run:
    def run(texts: Sequence[str]) -> EmbeddingBlock:
        requests = [list(texts[start : start + INPUTS]) for start in range(0, len(texts), INPUTS)]
        return _load(server, "/v1/embeddings", BATCHES_AT_A_TIME, requests)

    return run


def _singles(server: Server, path: str) -> Run:
    return lambda texts: _load(server, path, SINGLES_AT_A_TIME, [[text] for text in texts])


def _load(server: Server, path: str, connections: int, requests: list[list[str]]) -> EmbeddingBlock:
    plan = EmbeddingPlan(server.port, path, server.key, MODEL, connections, requests)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("embedding_load.py"))],
        input=json.dumps(asdict(plan)).encode(),
        stdout=subprocess.PIPE,
        timeout=600,
        check=True,
    )
    return EmbeddingBlock(**json.loads(done.stdout))


def _bare(process: subprocess.Popen[bytes], dtype: str) -> Run:
    def run(texts: Sequence[str]) -> EmbeddingBlock:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asdict(BareJob(dtype, list(texts), INPUTS))).encode() + b"\n")
        process.stdin.flush()
        return EmbeddingBlock(**json.loads(process.stdout.readline()))

    return run


def _publish(turns: list[Turn], options: argparse.Namespace) -> None:
    measured_on = machine()
    print("", table(turns), "", *verdicts(turns), sep="\n")
    if options.write_docs:
        arguments = " ".join(shlex.quote(argument) for argument in sys.argv[1:] if argument != str(options.infinity))
        verdict = "\n".join(f"- {line}" for line in verdicts(turns))
        text = f"{facts(f'python {SCRIPT} {arguments}', measured_on)}\n\n{verdict}\n\n{table(turns)}"
        write_section(PAGE, SCRIPT, text)
        _say(f"wrote {PAGE.relative_to(ROOT)}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5, help="turns of each pair (5)")
    parser.add_argument("--texts", type=int, default=4096, help="short texts in one turn; fewer where they are slow")
    parser.add_argument(
        "--infinity",
        type=Path,
        metavar="FOLDER",
        default=Path(tempfile.gettempdir()) / "jobai-bench-infinity-0.0.78",
        help="virtual environment with infinity-emb; made where there is none (in the temporary folder)",
    )
    parser.add_argument("--write-docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
