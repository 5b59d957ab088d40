"""The two servers under measurement, started as anybody would start them, with the same model and engine arguments."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from process import command_line, descendants, kill

MODEL = "tiny"
START_SECONDS = 300
STOP_SECONDS = 30
ENGINE = "VLLM::EngineCore"  # vLLM renames the process that runs the engine

# For both: nothing compiled, one thread and one process per engine, nothing fetched or reported.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TORCHDYNAMO_DISABLE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_NO_USAGE_STATS": "1",
}


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What both engines are told beside the model."""

    context_length: int = 1024
    max_num_seqs: int = 64
    max_num_batched_tokens: int = 2048
    kv_cache_bytes: int = 256 << 20
    dtype: str | None = None  # None leaves it to each server


@dataclass(slots=True)
class Server:
    """A server process and what it takes to reach and measure it.

    Attributes:
        name: How tables call it.
        arguments: Its command line after `python`.
        environment: Its variables beside the common ones.
        common: Variables that it shares with its peers.
        python: The interpreter to run it with.
        web: What the command lines of the processes that talk HTTP hold; None means the main process.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    port: int
    key: str = field(repr=False)
    log: Path
    web: str | None = None
    common: Mapping[str, str] = field(default_factory=lambda: ENVIRONMENT)
    python: str = sys.executable
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [self.python, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.common, **self.environment},
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Return when the server answers.

        Raises:
            RuntimeError: It ended, or took too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.25)
        tail = self.log.read_text(errors="replace")[-4000:]
        raise RuntimeError(f"{self.name} did not start:\n{tail}")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def processes(self) -> list[int]:
        """All of them."""
        return [self._pid, *descendants(self._pid)]

    def web_processes(self) -> list[int]:
        """The processes that talk HTTP."""
        return [self._pid] if self.web is None else self._children(self.web)

    def engine_processes(self) -> list[int]:
        return self._children(ENGINE)

    def stop(self) -> None:
        """End the process and whatever it leaves behind."""
        if self._process is None:
            return
        family = self.processes()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        kill(family)
        self._process.wait()

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _children(self, mark: str) -> list[int]:
        found = [child for child in descendants(self._pid) if mark in command_line(child)]
        if not found:
            raise RuntimeError(f"{self.name} has no process of the kind '{mark}'")
        return found


def our_server(model: Path, folder: Path, limits: EngineLimits) -> Server:
    """`jobai-server serve` with one web worker; `folder` takes its config, data and log."""
    config = folder / "jobai.yaml"
    entry = {
        "name": MODEL,
        "source": str(model),
        "context_length": limits.context_length,
        "engine_args": {
            "enforce_eager": True,
            "kv_cache_memory_bytes": limits.kv_cache_bytes,
            "max_num_seqs": limits.max_num_seqs,
            "max_num_batched_tokens": limits.max_num_batched_tokens,
            **({"dtype": limits.dtype} if limits.dtype else {}),
        },
    }
    config.write_text(json.dumps({"primary_model": entry}))  # JSON is YAML too
    port, key = free_port(), new_key()
    return Server(
        "ours",
        ["-m", "jobai_server", "serve", "--host", "127.0.0.1", "--port", str(port), "--config", str(config)],
        {"WORKERS": "1", "JOBAI_ADMIN_KEY": key, "JOBAI_DATA_DIRECTORY": str(folder / "data")},
        port,
        key,
        folder / "ours.log",
        web="jobai_server.web_process",
    )


def vllm_server(model: Path, folder: Path, limits: EngineLimits) -> Server:
    """vLLM's own API server; `folder` takes its log."""
    port, key = free_port(), new_key()
    arguments = ["-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1", "--port", str(port)]
    arguments += ["--api-key", key, "--model", str(model), "--served-model-name", MODEL, "--enforce-eager"]
    arguments += ["--max-model-len", str(limits.context_length), "--max-num-seqs", str(limits.max_num_seqs)]
    arguments += ["--max-num-batched-tokens", str(limits.max_num_batched_tokens)]
    arguments += ["--kv-cache-memory-bytes", str(limits.kv_cache_bytes)]
    arguments += ["--dtype", limits.dtype] if limits.dtype else []
    return Server("vLLM", arguments, {}, port, key, folder / f"vllm-{port}.log")


def new_key() -> str:
    return secrets.token_hex(32)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
