"""Kill and stop the engines of the embedded default under load, again and again, and see how it mends itself.

    python scripts/bench/repairs.py --write-docs

Eight clients keep asking for answers while one engine process gets a SIGKILL or a SIGSTOP. Every request has to end
within its deadline, as an answer or as an error that says so, and after every blow /health has to tell of one more
restart and a new request has to be answered. The time from the blow to that answer is what is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shlex
import signal
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from process import command_line
from ready import wait_for_all_models
from results import aligned, facts, machine, write_section
from server import Server, free_port, new_key

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
SCRIPT = "scripts/bench/repairs.py"
CLIENTS = 8
STALL_SECONDS = 5
DEADLINE_SECONDS = 60  # for every request; far more than any should need
MENDED_SECONDS = 180
SPARE_SECONDS = 70  # until a spare process has been started and has its imports behind it

Body = Callable[[], dict[str, Any]]


def _chat() -> dict[str, Any]:
    # Every one is new: what was there at two ends of an engine is refused.
    content = f"Write a job description for opening {secrets.token_hex(4)}."
    return {"model": "primary", "messages": [{"role": "user", "content": content}], "max_tokens": 64}


def _texts() -> dict[str, Any]:
    return {"model": "embedding", "input": [f"nurse {secrets.token_hex(4)}" for _ in range(8)]}


TARGETS: dict[str, tuple[str, str, Body]] = {
    "jobai-nano": ("EngineCore", "/v1/chat/completions", _chat),
    "all-MiniLM-L6-v2": ("embedding_process", "/v1/embeddings", _texts),
}
BLOWS = {"kill -9": signal.SIGKILL, "kill -STOP": signal.SIGSTOP}


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="jobai-bench-") as temporary:
        server = _server(Path(temporary))
        try:
            server.start()
            server.wait_ready()
            wait_for_all_models(server.port)
            rounds = {"jobai-nano": options.rounds, "all-MiniLM-L6-v2": options.embedding_rounds}
            rows = [_row(server, model, blow, rounds[model]) for model in TARGETS for blow in BLOWS]
        finally:
            server.stop()
    heading = ["", "rounds", "mended in s, median", "max", "answered", "refused or ended with an error", "hung"]
    report = aligned([heading, ["---", *["--:"] * 6], *rows])
    print(report)
    if options.write_docs:
        write_section(PAGE, SCRIPT, f"{facts(shlex.join(['python', SCRIPT, *sys.argv[1:]]), machine())}\n\n{report}")


def _server(folder: Path) -> Server:
    port, key = free_port(), new_key()
    environment = {
        "WORKERS": "2",
        "JOBAI_ADMIN_KEY": key,
        "JOBAI_DATA_DIRECTORY": str(folder / "data"),
        "JOBAI_STALL_SECONDS": str(STALL_SECONDS),
        "JOBAI_FAILED_AUTHENTICATIONS_PER_MINUTE": "1000",
    }
    arguments = ["-m", "jobai_server", "serve", "--host", "127.0.0.1", "--port", str(port)]
    return Server("ours", arguments, environment, port, key, folder / "ours.log", common={})


def _row(server: Server, model: str, blow: str, rounds: int) -> list[str]:
    mark, path, body = TARGETS[model]
    outcomes: Counter[str] = Counter()
    seconds = []
    for number in range(rounds):
        if model != "jobai-nano":
            time.sleep(SPARE_SECONDS)
        with _load(server, path, body, outcomes):
            time.sleep(1)
            seconds.append(_struck(server, model, mark, BLOWS[blow], lambda: _ask(server, path, body)))
        print(f"{model}, {blow}, {number + 1}: {seconds[-1]:.1f} s, {dict(outcomes)}", file=sys.stderr, flush=True)
    times = [f"{statistics.median(seconds):.1f}", f"{max(seconds):.1f}"]
    counts = [str(outcomes[one]) for one in ("answered", "refused", "hung")]
    return [f"{model}, {blow}", str(rounds), *times, *counts]


def _struck(server: Server, model: str, mark: str, number: signal.Signals, ask: Callable[[], str]) -> float:
    """Seconds from the blow to the first answer of a new run."""
    restarts = _health(server)["models"][model]["restarts"]
    [victim] = [one for one in server.processes() if mark in command_line(one) and _listens(one)]
    os.kill(victim, number)
    began = time.monotonic()
    while _health(server)["models"][model]["restarts"] == restarts or ask() != "answered":
        if time.monotonic() - began > MENDED_SECONDS:
            raise RuntimeError(f"{model} is not back after {MENDED_SECONDS} s")
        time.sleep(0.05)
    return time.monotonic() - began


def _listens(process: int) -> bool:
    """Whether it has sockets that it serves; a spare process has none yet."""
    sockets = {line.split()[6] for line in Path("/proc/net/unix").read_text().splitlines()[1:] if len(line.split()) > 7}
    held = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            held.add(os.readlink(descriptor).removeprefix("socket:[").removesuffix("]"))
    return bool(sockets & held)


@contextlib.contextmanager
def _load(server: Server, path: str, body: Body, outcomes: Counter[str]) -> Iterator[None]:
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            outcomes[_ask(server, path, body)] += 1

    threads = [threading.Thread(target=keep_asking) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _ask(server: Server, path: str, body: Body) -> str:
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", json.dumps(body()).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
            answer.read()
            return "answered"
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        time.sleep(0.2)  # Retry-After says more
        return "refused"
    except TimeoutError:
        return "hung"


def _health(server: Server) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/health", timeout=30) as answer:
        return json.load(answer)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="blows of each kind to the text engine (10)")
    parser.add_argument("--embedding-rounds", type=int, default=10, help="and to the embedding engine (10)")
    parser.add_argument("--write-docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
